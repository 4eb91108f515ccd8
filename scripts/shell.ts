#!/usr/bin/env bun
import { runScript } from "./lib/script.ts";
import { containerOf, openStack, stageOf } from "./lib/stack.ts";

const IMAGE = "docker.io/library/debian:bookworm-slim";

const HELP = `Usage: bun scripts/shell.ts [prod|dev] [SERVICE] [options] [-- COMMAND]

Opens a shell next to a service, as its image has none: a temporary container with the service's processes, network and
volumes. The service's file system is /proc/1/root.

  SERVICE           a service of deploy/compose.yaml (default: taskflow-app)
  -- COMMAND        run this instead of a shell
  --dry-run         print the command
  --help

Environment: TASKFLOW_DEBUG_IMAGE (${IMAGE}).`;

// What follows "--" is not for this script's own parser.
const at = process.argv.indexOf("--");
const command = at < 0 ? [] : process.argv.splice(at).slice(1);

await runScript({
  help: HELP,
  options: {},
  async main(_, [stage = "prod", service = "taskflow-app", ...more], steps) {
    const stack = await openStack(stageOf([stage, ...more]), steps);
    const name = containerOf(stack, service);
    const line = [
      ...[stack.engine, "run", "--rm", "--interactive"],
      ...(process.stdin.isTTY && command.length === 0 ? ["--tty"] : []),
      ...[`--pid=container:${name}`, `--network=container:${name}`, `--volumes-from=${name}`, "--cap-add=SYS_PTRACE"],
      process.env.TASKFLOW_DEBUG_IMAGE || IMAGE,
      ...(command.length > 0 ? command : ["bash"]),
    ];
    if (steps.dryRun || command.length > 0) return void (await steps.run("Running it", line, { loud: true }));
    process.exit(await Bun.spawn(line, { stdio: ["inherit", "inherit", "inherit"] }).exited);
  },
});
