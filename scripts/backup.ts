#!/usr/bin/env bun
import { backUp } from "./deploy/job.ts";
import { openCluster } from "./lib/cluster.ts";
import { Problem, runScript } from "./lib/script.ts";

const HELP = `bun scripts/backup.ts: a proven backup in a cluster, now, and prints its name

  --context NAME    the cluster; without, the current one
  --dry-run         prints the commands
  --help

In containers: podman exec taskflow-backup taskflow backup (or docker).`;

await runScript({
  help: HELP,
  options: { context: { type: "string" } },
  async main({ context }, words, steps) {
    if (words.length > 0) throw new Problem(`there is no “${words[0]}” here; see --help`, 2);
    const cluster = await openCluster(steps, context);
    console.log(await backUp(steps, cluster));
  },
});
