#!/usr/bin/env bun
import { runScript } from "./lib/script.ts";
import { openStack, serviceOf, stageOf } from "./lib/stack.ts";

const IMAGE = "docker.io/library/debian:bookworm-slim";

const HELP = `bun scripts/shell.ts [prod|dev] [SERVICE] [-- COMMAND]: a shell beside a service, as its image has none

It is a container of its own that shares the service's processes, network and volumes, and goes when the shell ends.
/proc/1/root is the service's file system.

  SERVICE           taskflow-app (the default), taskflow-backup, taskflow-postgres or taskflow-litestream
  -- COMMAND        runs this instead of a shell
  --dry-run         prints the command
  --help

TASKFLOW_DEBUG_IMAGE is what it is made of (${IMAGE}).`;

// Words behind "--" are the command's: they are no options of ours, nor a stage.
const at = process.argv.indexOf("--");
const command = at < 0 ? [] : process.argv.splice(at).slice(1);

await runScript({
  help: HELP,
  options: {},
  async main(_, [stage = "prod", service = "taskflow-app", ...more], steps) {
    const stack = await openStack(stageOf([stage, ...more]), steps);
    const name = await serviceOf(stack, service, steps, "running");
    const line = [
      stack.engine.command,
      "run",
      "--rm",
      "--interactive",
      ...(process.stdin.isTTY && command.length === 0 ? ["--tty"] : []),
      `--pid=container:${name}`,
      `--network=container:${name}`,
      `--volumes-from=${name}`,
      "--cap-add=SYS_PTRACE",
      process.env.TASKFLOW_DEBUG_IMAGE || IMAGE,
      ...(command.length > 0 ? command : ["bash"]),
    ];
    if (steps.dryRun || command.length > 0) return void (await steps.run("Running it", line, { loud: true }));
    process.exit(await Bun.spawn(line, { stdio: ["inherit", "inherit", "inherit"] }).exited);
  },
});
