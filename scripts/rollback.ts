#!/usr/bin/env bun
import { undoRollout } from "./deploy/rollout.ts";
import { confirm, openCluster } from "./lib/cluster.ts";
import { Problem, runScript } from "./lib/script.ts";

const HELP = `bun scripts/rollback.ts [REVISION]: back to the version that served before, or to one that is named

  --context NAME    the cluster; without, the current one
  --yes             does not ask
  --dry-run         prints the commands
  --help

kubectl rollout history deployment/taskflow --namespace taskflow lists the revisions. An older version does not start on
a database that a newer one has changed: then put back a backup, too (bun scripts/restore.ts).`;

await runScript({
  help: HELP,
  options: { context: { type: "string" }, yes: { type: "boolean" } },
  async main({ context, yes = false }, [revision, ...more], steps) {
    if (more.length > 0 || (revision !== undefined && !/^\d+$/.test(revision)))
      throw new Problem("say the number of a revision, or nothing; see --help", 2);
    const cluster = await openCluster(steps, context);
    if (!yes && !steps.dryRun) await confirm(`Roll back in ${cluster.context}?`);
    await undoRollout(steps, cluster, revision);
  },
});
