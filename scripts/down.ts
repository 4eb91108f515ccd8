#!/usr/bin/env bun
import { runScript } from "./lib/script.ts";
import { openStack, stageOf, takeDown } from "./lib/stack.ts";

const HELP = `Usage: bun scripts/down.ts [prod|dev] [options]

Stops and removes the containers that up.ts started (default: prod). The volumes stay; clean.ts removes them.

  --dry-run         print the commands
  --help`;

await runScript({
  help: HELP,
  options: {},
  async main(_, words, steps) {
    await takeDown(await openStack(stageOf(words), steps), steps);
  },
});
