#!/usr/bin/env bun
import { version } from "../package.json";
import { referenceOf } from "./lib/image.ts";
import { confirm, runScript } from "./lib/script.ts";
import { DEFAULT_PROJECT, namesOf, openStack, stageOf, takeDown } from "./lib/stack.ts";

const HELP = `Usage: bun scripts/clean.ts [prod|dev] [options]

Removes the containers, data, backups and images (default: prod). This can't be undone. The secrets in .secrets stay,
and with COMPOSE_PROJECT_NAME set also the images.

  --yes             do not ask
  --dry-run         print the commands
  --help`;

await runScript({
  help: HELP,
  options: { yes: { type: "boolean" } },
  async main({ yes = false }, words, steps) {
    const stack = await openStack(stageOf(words), steps);
    const { engine, stage, project } = stack;
    const containers = await namesOf(stack, "container", steps);
    const volumes = await namesOf(stack, "volume", steps);
    const networks = await namesOf(stack, "network", steps);
    // Projects with another name share the images.
    const tags = project !== DEFAULT_PROJECT[stage] ? [] : stage === "prod" ? ["latest", version] : ["development"];
    const images: string[] = [];
    for (const name of tags.map((tag) => referenceOf(engine, tag)))
      if ((await steps.ask([engine, "image", "inspect", name])) !== undefined) images.push(name);
    if ([...containers, ...volumes, ...networks, ...images].length === 0) return console.log("Nothing to remove.");
    console.log(`This removes ${[...containers, ...volumes, ...images].join(", ")}`);
    if (!yes && !steps.dryRun) await confirm("This can't be undone.");

    if (containers.length > 0) await takeDown(stack, steps);
    if (volumes.length > 0) await steps.run("Removing the volumes", [engine, "volume", "rm", ...volumes]);
    const left = steps.dryRun ? networks : await namesOf(stack, "network", steps);
    if (left.length > 0) await steps.run("Removing the networks", [engine, "network", "rm", ...left]);
    if (images.length > 0) await steps.run("Removing the images", [engine, "image", "rm", ...images]);
  },
});
