#!/usr/bin/env bun
import { createInterface } from "node:readline/promises";
import { referenceOf } from "./lib/image.ts";
import { Problem, runScript } from "./lib/script.ts";
import { namesOf, openStack, stageOf, takeDown } from "./lib/stack.ts";

const HELP = `bun scripts/clean.ts [prod|dev]: removes the containers, the data, the backups and the images

  prod              the default
  dev
  --yes             does not ask
  --dry-run         prints the commands
  --help

Nothing brings the data back. The secrets in .secrets stay.`;

await runScript({
  help: HELP,
  options: { yes: { type: "boolean" } },
  async main({ yes = false }, words, steps) {
    const stack = await openStack(stageOf(words), steps);
    const { engine, stage } = stack;
    const tags = stage === "prod" ? ["latest", (await import("../package.json")).version] : ["development"];
    const images: string[] = [];
    for (const tag of tags) {
      const name = referenceOf(engine, tag);
      if ((await steps.ask([engine.command, "image", "inspect", name])) !== undefined) images.push(name);
    }
    const containers = await namesOf(stack, "container", steps);
    const volumes = await namesOf(stack, "volume", steps);
    const networks = await namesOf(stack, "network", steps);
    if ([...containers, ...volumes, ...networks, ...images].length === 0)
      return console.log("There is nothing to remove.");
    console.log(`This removes, for good: ${[...containers, ...volumes, ...images].join(", ")}`);
    if (!yes && !steps.dryRun) await confirm();

    if (containers.length > 0) await takeDown(stack, steps);
    if (volumes.length > 0) await steps.run("Removing the volumes", [engine.command, "volume", "rm", ...volumes]);
    const left = steps.dryRun ? networks : await namesOf(stack, "network", steps);
    if (left.length > 0) await steps.run("Removing the networks", [engine.command, "network", "rm", ...left]);
    if (images.length > 0) await steps.run("Removing the images", [engine.command, "image", "rm", ...images]);
  },
});

/** @throws Problem unless somebody says yes */
async function confirm() {
  if (!process.stdin.isTTY) throw new Problem("nothing was removed: say --yes where nobody can be asked");
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await asking.question("Go on? Type yes: ");
  asking.close();
  if (answer.trim() !== "yes") throw new Problem("nothing was removed");
}
