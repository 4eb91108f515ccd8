#!/usr/bin/env bun
import { Problem, runScript } from "./lib/script.ts";
import { containerOf, openStack, stageOf } from "./lib/stack.ts";

const HELP = `Usage: bun scripts/logs.ts [prod|dev] [SERVICE] [options]

Prints the log of a service in containers. In a cluster, use kubectl (docs/kubernetes.md).

  SERVICE           a service of deploy/compose.yaml (default: taskflow-app)
  --follow          keep printing until Ctrl+C
  --tail N          print the last N lines only
  --dry-run         print the command
  --help`;

await runScript({
  help: HELP,
  options: { follow: { type: "boolean" }, tail: { type: "string" } },
  async main({ follow = false, tail }, [stage = "prod", service = "taskflow-app", ...others], steps) {
    if (tail !== undefined && !/^\d+$/.test(tail)) throw new Problem(`--tail: “${tail}” is not a number.`, 2);
    const options = [...(follow ? ["--follow"] : []), ...(tail === undefined ? [] : [`--tail=${tail}`])];
    const stack = await openStack(stageOf([stage, ...others]), steps);
    const name = containerOf(stack, service);
    await steps.run(`Log of ${service}`, [stack.engine, "logs", ...options, name], { loud: true });
  },
});
