#!/usr/bin/env bun
import { Problem, runScript } from "./lib/script.ts";
import { namesOf, openStack, stageOf } from "./lib/stack.ts";

const HELP = `bun scripts/logs.ts [prod|dev] [SERVICE]: what a service has written

  SERVICE           taskflow-app (the default), taskflow-backup, taskflow-postgres or taskflow-litestream
  --follow          goes on until Ctrl+C
  --tail N          only the last N lines
  --dry-run         prints the command
  --help`;

await runScript({
  help: HELP,
  options: { follow: { type: "boolean" }, tail: { type: "string" } },
  async main({ follow = false, tail }, [stage = "prod", service = "taskflow-app", ...more], steps) {
    if (tail !== undefined && !/^\d+$/.test(tail)) throw new Problem(`--tail: “${tail}” is no number; see --help`, 2);
    const stack = await openStack(stageOf([stage, ...more]), steps);
    const name = stack.container(service);
    if (!steps.dryRun && !(await namesOf(stack, "container", steps)).includes(name))
      throw new Problem(`there is no ${service} here; start it with: bun scripts/up.ts ${stage}`);
    const options = [...(follow ? ["--follow"] : []), ...(tail === undefined ? [] : ["--tail", tail])];
    await steps.run(`What ${service} wrote`, [stack.engine.command, "logs", ...options, name], { loud: true });
  },
});
