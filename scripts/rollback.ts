#!/usr/bin/env bun
import { listRevisions, rollBack } from "./deploy/rollout.ts";
import { openCluster } from "./lib/cluster.ts";
import { confirm, need, Problem, runScript } from "./lib/script.ts";

const HELP = `bun scripts/rollback.ts [REVISION]: back to the version that served before, or to one that is named

  --context NAME    the cluster; without, the current one
  --yes             does not ask
  --dry-run         prints the commands
  --help

The revisions are shown first; where the chart was deployed they are Helm's. After a deployment that failed, the one
before is the one that failed. An older version does not start on a database that a newer one has changed: then put back
a backup, too (bun scripts/restore.ts).`;

await runScript({
  help: HELP,
  options: { context: { type: "string" }, yes: { type: "boolean" } },
  async main({ context, yes = false }, [revision, ...more], steps) {
    if (more.length > 0 || (revision !== undefined && !/^\d+$/.test(revision)))
      throw new Problem("say the number of a revision, or nothing; see --help", 2);
    const cluster = await openCluster(steps, context);
    const { text, byChart } = await listRevisions(steps, cluster);
    if (byChart) await need("helm", "https://helm.sh/docs/intro/install says how to install it");
    console.error(text);
    if (!yes && !steps.dryRun)
      await confirm(`Roll back in ${cluster.context} to ${revision ?? "the revision before"}?`);
    await rollBack(steps, cluster, revision);
  },
});
