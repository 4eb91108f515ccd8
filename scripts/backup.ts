#!/usr/bin/env bun
import { backUp } from "./deploy/job.ts";
import { openCluster } from "./lib/cluster.ts";
import { Problem, runScript } from "./lib/script.ts";

const HELP = `Usage: bun scripts/backup.ts [options]

Makes a verified backup in a cluster now, and prints its name.

  --context NAME    cluster; default: the current context
  --dry-run         print the commands
  --help

With containers: podman exec taskflow-backup taskflow backup (or docker).`;

await runScript({
  help: HELP,
  options: { context: { type: "string" } },
  async main({ context }, [argument], steps) {
    if (argument !== undefined) throw new Problem(`Unexpected argument “${argument}”; see --help`, 2);
    console.log(await backUp(steps, await openCluster(steps, context)));
  },
});
