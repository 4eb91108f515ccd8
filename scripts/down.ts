#!/usr/bin/env bun
import { runScript } from "./lib/script.ts";
import { openStack, stageOf, takeDown } from "./lib/stack.ts";

const HELP = `bun scripts/down.ts [prod|dev]: ends the containers that up.ts started, in good order

  prod              the default
  dev
  --dry-run         prints the commands
  --help

What is in the volumes stays: up.ts starts on it again. clean.ts removes it.`;

await runScript({
  help: HELP,
  options: {},
  async main(_, words, steps) {
    const stack = await openStack(stageOf(words), steps);
    await takeDown(stack, steps);
  },
});
