#!/usr/bin/env bun
import { version } from "../package.json";
import { referenceOf } from "./lib/image.ts";
import { confirm, runScript, type Steps } from "./lib/script.ts";
import { namesOf, openStack, type Stack, stageOf, takeDown, USUAL_PROJECT } from "./lib/stack.ts";

const HELP = `bun scripts/clean.ts [prod|dev]: removes the containers, the data, the backups and the images

  prod              the default
  dev
  --yes             does not ask
  --dry-run         prints the commands
  --help

Nothing brings the data back. The secrets in .secrets stay, and where COMPOSE_PROJECT_NAME is set, the images.`;

await runScript({
  help: HELP,
  options: { yes: { type: "boolean" } },
  async main({ yes = false }, words, steps) {
    const stack = await openStack(stageOf(words), steps);
    const { engine } = stack;
    const images = await imagesOf(stack, steps);
    const containers = await namesOf(stack, "container", steps);
    const volumes = await namesOf(stack, "volume", steps);
    const networks = await namesOf(stack, "network", steps);
    if ([...containers, ...volumes, ...networks, ...images].length === 0)
      return console.log("There is nothing to remove.");
    console.log(`This removes, for good: ${[...containers, ...volumes, ...images].join(", ")}`);
    if (!yes && !steps.dryRun) await confirm("Nothing brings it back.");

    if (containers.length > 0) await takeDown(stack, steps);
    if (volumes.length > 0) await steps.run("Removing the volumes", [engine.command, "volume", "rm", ...volumes]);
    const left = steps.dryRun ? networks : await namesOf(stack, "network", steps);
    if (left.length > 0) await steps.run("Removing the networks", [engine.command, "network", "rm", ...left]);
    if (images.length > 0) await steps.run("Removing the images", [engine.command, "image", "rm", ...images]);
  },
});

/** @returns the images that up.ts builds, which a project by another name shares with the one by the usual name */
async function imagesOf({ engine, stage, project }: Stack, steps: Steps): Promise<string[]> {
  if (project !== USUAL_PROJECT[stage]) return [];
  const tags = stage === "prod" ? ["latest", version] : ["development"];
  const images: string[] = [];
  for (const tag of tags) {
    const name = referenceOf(engine, tag);
    if ((await steps.ask([engine.command, "image", "inspect", name])) !== undefined) images.push(name);
  }
  return images;
}
