#!/usr/bin/env bun
import { find } from "./deploy/objects.ts";
import { describeProven, keepProven, listProven } from "./deploy/proven.ts";
import { findApp, goBack, isByChart } from "./deploy/rollout.ts";
import { refuseOtherEngine } from "./deploy/split.ts";
import { openCluster } from "./lib/cluster.ts";
import { confirm, need, Problem, runScript } from "./lib/script.ts";

const HELP = `bun scripts/rollback.ts [NUMBER]: back to the deployment that was proven before, or to one that is named

  --context NAME    the cluster; without, the current one
  --yes             does not ask
  --dry-run         prints the commands
  --help

Shows which ones there are: five are kept in the cluster, and the last of them is what is to be there now. All objects
of the one that is chosen are put back, and it has to be ready by way of the ingress; then it is the last one.
An older version does not start on a database that a newer one has changed: then put back a backup, too
(bun scripts/restore.ts).`;

await runScript({
  help: HELP,
  options: { context: { type: "string" }, yes: { type: "boolean" } },
  async main({ context, yes = false }, [number, ...more], steps) {
    if (more.length > 0 || (number !== undefined && !/^\d+$/.test(number)))
      throw new Problem("say a number, or nothing; see --help", 2);
    const cluster = await openCluster(steps, context);
    const live = await findApp(steps, cluster);
    const byChart = live !== undefined && isByChart(live);
    if (byChart) await need("helm", "https://helm.sh/docs/intro/install says how to install it");
    const kept = await listProven(steps, cluster, byChart);
    console.error(describeProven(kept));
    const chosen = number === undefined ? kept.at(-2) : kept.find((each) => each.number === Number(number));
    if (!chosen) {
      if (steps.dryRun) return;
      throw new Problem(
        number === undefined
          ? "nothing was proven before what is to be there now: bun scripts/deploy.ts with an older --image goes further back"
          : `there is no ${number} to go back to`,
      );
    }
    const app = find(chosen.manifests, "Deployment");
    if (app) refuseOtherEngine(cluster, live, app);
    if (!yes && !steps.dryRun) await confirm(`Go back to ${chosen.number} in ${cluster.context}?`);
    const back = await goBack(steps, cluster, chosen, kept.at(-1)?.manifests, kept);
    await keepProven(steps, cluster, back, kept, chosen);
    if (!steps.dryRun) console.log(chosen.entrance.address);
  },
});
