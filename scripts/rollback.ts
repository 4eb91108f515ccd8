#!/usr/bin/env bun
import { awaitReady, endpointOf } from "./deploy/endpoint.ts";
import { isByChart, refuseOtherEngine } from "./deploy/guards.ts";
import { find, imageOf } from "./deploy/objects.ts";
import { apply, awaitRollout, findApp, helmRollback, keepPassed, readPassed, removeOnlyIn } from "./deploy/rollout.ts";
import { openCluster, SERVER_SIDE } from "./lib/cluster.ts";
import { confirm, need, Problem, runScript } from "./lib/script.ts";

const HELP = `Usage: bun scripts/rollback.ts [REVISION] [options]

Returns to the last deployment that passed its check or, if that is what runs now, to the one before it.
For the chart, REVISION is one of \`helm history taskflow\`.

  --context NAME    cluster; default: the current context
  --url URL         where the cluster is reached; default: the host of the Ingress
  --yes             don't ask
  --dry-run         print the commands
  --help

To go further back, deploy an older image: bun scripts/deploy.ts STAGE --image REF.
An older version does not start on a database that a newer one has migrated: restore a backup too.`;

await runScript({
  help: HELP,
  options: { context: { type: "string" }, url: { type: "string" }, yes: { type: "boolean" } },
  async main({ context, url, yes = false }, [revision, ...more], steps) {
    if (more.length > 0 || (revision !== undefined && !/^\d+$/.test(revision)))
      throw new Problem("Usage: bun scripts/rollback.ts [REVISION]; see --help", 2);
    const cluster = await openCluster(steps, context);
    const live = await findApp(steps, cluster);
    if (revision !== undefined || (live && isByChart(live))) {
      await need("helm", "see https://helm.sh/docs/intro/install");
      if (revision === undefined) {
        console.error(await steps.ask(cluster.helm("history", "taskflow")));
        throw new Problem("Choose a revision: bun scripts/rollback.ts REVISION", 2);
      }
      if (!yes && !steps.dryRun) await confirm(`Return to revision ${revision} in ${cluster.context}?`);
      await helmRollback(steps, cluster, revision);
      return awaitRollout(steps, cluster);
    }

    if (steps.dryRun) {
      const read = cluster.kubectl("get", "configmap/taskflow-last-passed", "--output=jsonpath={.data.previous}");
      const apply = cluster.kubectl("apply", ...SERVER_SIDE, "--filename=-");
      await steps.run("Rolling back", apply, { inputFrom: read });
      return awaitRollout(steps, cluster);
    }
    const passed = await readPassed(steps, cluster);
    const isCurrent = passed.last !== undefined && imageOf(live) === imageOf(find(passed.last, "Deployment"));
    const chosen = isCurrent ? passed.previous : passed.last;
    if (!chosen) throw new Problem("No earlier deployment passed here. Deploy an older image: bun scripts/deploy.ts.");
    const app = find(chosen, "Deployment");
    refuseOtherEngine(cluster, live, app);
    if (!yes) await confirm(`Return to ${imageOf(app)} in ${cluster.context}?`);
    await apply(steps, cluster, "-", chosen);
    if (isCurrent && passed.last) await removeOnlyIn(steps, cluster, passed.last, chosen);
    await awaitRollout(steps, cluster, chosen);
    const endpoint = endpointOf(chosen, cluster, url);
    await awaitReady(steps, endpoint);
    await keepPassed(steps, cluster, { yaml: chosen, file: "-" }, passed);
    console.log(endpoint.address);
  },
});
