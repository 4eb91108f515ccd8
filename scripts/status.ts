#!/usr/bin/env bun
import type { IIngress } from "kubernetes-models/networking.k8s.io/v1/Ingress";
import { findCronJob } from "./deploy/job.ts";
import { APP, findApp } from "./deploy/rollout.ts";
import { getJson, openCluster, PODS } from "./lib/cluster.ts";
import { Problem, runScript } from "./lib/script.ts";

const HELP = `Usage: bun scripts/status.ts [options]

Prints the state of TaskFlow in a cluster: rollout, pods, Ingress, volumes, backups and resource use.
The exit code is 1 if pods are missing, no controller serves the Ingress, or the last backup is over 26 hours old.

  --context NAME    cluster; default: the current context
  --dry-run         print the commands
  --help`;

const MOST_HOURS = 26;

await runScript({
  help: HELP,
  options: { context: { type: "string" } },
  async main({ context }, [argument], steps) {
    if (argument !== undefined) throw new Problem(`Unexpected argument “${argument}”; see --help`, 2);
    const cluster = await openCluster(steps, context);
    const kinds = "deployments,pods,ingresses,persistentvolumeclaims,cronjobs";
    await steps.run("Reading the state", cluster.kubectl("get", kinds, "--output=wide"), { loud: true });
    if (steps.dryRun) return;
    const use = await steps.ask(cluster.kubectl("top", "pods", "--containers", `--selector=${PODS}`));
    console.log(use ?? "CPU and memory are not shown: the cluster has no metrics-server.");
    const [app, ingress, backups] = await Promise.all([
      findApp(steps, cluster),
      getJson<IIngress>(steps, cluster, "ingress/taskflow"),
      findCronJob(steps, cluster),
    ]);
    if (!app) throw new Problem(`TaskFlow is not deployed in ${cluster.context}. Deploy it: bun scripts/deploy.ts`);
    const { replicas = 1 } = app.spec ?? {};
    const { updatedReplicas: updated = 0, availableReplicas: available = 0 } = app.status ?? {};
    const last = backups?.status?.lastSuccessfulTime ?? backups?.metadata?.creationTimestamp ?? "";
    const hours = (Date.now() - Date.parse(last)) / (60 * 60 * 1000);
    const problems = [
      replicas === 0 &&
        `TaskFlow is stopped. Start it: ${cluster.kubectl("scale", APP, "--replicas=NUMBER").join(" ")}`,
      Math.min(updated, available) < replicas && `${replicas - Math.min(updated, available)} pods are missing.`,
      !ingress?.status?.loadBalancer?.ingress?.length && "No ingress controller serves the Ingress.",
      !backups && "There are no backups: the CronJob taskflow-backup is missing.",
      hours > MOST_HOURS && `The last verified backup is over ${MOST_HOURS} hours old. Make one: bun scripts/backup.ts`,
    ].filter((each) => each !== false);
    if (problems.length > 0) throw new Problem(problems.join("\n"));
    console.log("Everything is up to date.");
  },
});
