#!/usr/bin/env bun
import { openCluster, PODS } from "./lib/cluster.ts";
import { Problem, runScript, type Steps } from "./lib/script.ts";
import { openStack, serviceOf, stageOf } from "./lib/stack.ts";

const HELP = `bun scripts/logs.ts [prod|dev] [SERVICE]: what a service in containers has written
bun scripts/logs.ts cluster: what TaskFlow's pods have written

  cluster           in the current context, or in --context NAME
  SERVICE           taskflow-app (the default), taskflow-backup, taskflow-postgres or taskflow-litestream
  --follow          goes on until Ctrl+C
  --tail N          only the last N lines
  --dry-run         prints the command
  --help`;

await runScript({
  help: HELP,
  options: { follow: { type: "boolean" }, tail: { type: "string" }, context: { type: "string" } },
  async main({ follow = false, tail, context }, [stage = "prod", ...more], steps) {
    if (tail !== undefined && !/^\d+$/.test(tail)) throw new Problem(`--tail: “${tail}” is no number; see --help`, 2);
    const options = [...(follow ? ["--follow"] : []), ...(tail === undefined ? [] : [`--tail=${tail}`])];
    if (stage === "cluster") {
      if (more.length > 0) throw new Problem(`there is no “${more[0]}” in cluster: say cluster alone; see --help`, 2);
      return ofCluster(steps, context, options);
    }
    if (context !== undefined) throw new Problem("--context goes with cluster only; see --help", 2);
    const [service = "taskflow-app", ...others] = more;
    const stack = await openStack(stageOf([stage, ...others]), steps);
    const name = await serviceOf(stack, service, steps, "there");
    await steps.run(`What ${service} wrote`, [stack.engine.command, "logs", ...options, name], { loud: true });
  },
});

async function ofCluster(steps: Steps, context: string | undefined, options: string[]) {
  const { kubectl } = await openCluster(steps, context);
  // Told apart by --prefix; without --tail kubectl shows ten lines of each.
  const all = options.some((option) => option.startsWith("--tail")) ? [] : ["--tail=-1"];
  const command = kubectl("logs", `--selector=${PODS}`, "--prefix", "--max-log-requests=20", ...all, ...options);
  await steps.run("What the pods wrote", command, { loud: true });
}
