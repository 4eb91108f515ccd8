#!/usr/bin/env bun
import { jobName, runJob } from "./deploy/job.ts";
import { awaitRollout } from "./deploy/rollout.ts";
import { type Cluster, getJson, openCluster, PODS } from "./lib/cluster.ts";
import { confirm, Problem, runScript, type Steps } from "./lib/script.ts";

const HELP = `bun scripts/restore.ts FILE|latest: puts a backup in the place of a cluster's database, which is kept aside

  --context NAME    the cluster; without, the current one
  --yes             does not ask
  --dry-run         prints the commands
  --help

FILE is a name in the volume taskflow-backups. TaskFlow stops meanwhile, and is started again also after Ctrl+C.
In containers: bun scripts/up.ts prod --restore FILE.`;

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

await runScript({
  help: HELP,
  options: { context: { type: "string" }, yes: { type: "boolean" } },
  async main({ context, yes = false }, [file = "", ...more], steps) {
    if (!/^[\w.-]+$/.test(file) || more.length > 0) throw new Problem("say which backup, or latest; see --help", 2);
    const cluster = await openCluster(steps, context);
    const job = await restoreJob(steps, cluster, file === "latest" ? file : `/backups/${file}`);
    if (!yes && !steps.dryRun) await confirm(`Put ${file} in the place of the database in ${cluster.context}?`);
    const scaler = await getJson<{ spec: { minReplicas?: number } }>(
      steps,
      cluster,
      "horizontalpodautoscaler/taskflow",
    );
    const app = await getJson<{ spec: { replicas?: number } }>(steps, cluster, "deployment/taskflow");
    const replicas = app?.spec.replicas || scaler?.spec.minReplicas || 1;
    await stopped(steps, cluster, replicas, async (signal) => {
      const making = { title: "Restoring", words: ["create", "--filename=-"], input: JSON.stringify(job), signal };
      console.log(await runJob(steps, cluster, job.metadata.name, making));
    });
    await awaitRollout(steps, cluster);
  },
});

/**
 * Does something while no pod of TaskFlow runs, and starts as many as there were, whatever becomes of it: what is there
 * then is whole, the old or the new. Ctrl+C and SIGTERM end it the same way.
 * @throws Problem
 */
async function stopped(
  ...[steps, cluster, replicas, work]: [Steps, Cluster, number, (signal: AbortSignal) => Promise<void>]
): Promise<void> {
  const scale = (count: number) => cluster.kubectl("scale", "deployment/taskflow", `--replicas=${count}`);
  const interruption = new AbortController();
  const { signal } = interruption;
  const interrupt = () => interruption.abort(new Problem("interrupted: TaskFlow was started again", 130));
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    await steps.run("Stopping TaskFlow", scale(0));
    signal.throwIfAborted();
    const gone = ["wait", "--for=delete", "pod", `--selector=${PODS}`, "--timeout=120s"];
    await steps.run("Waiting until it has stopped", cluster.kubectl(...gone));
    signal.throwIfAborted();
    await work(signal);
  } catch (error) {
    // Ctrl+C reaches kubectl, too, which then fails without a word of it, and may be heard of first.
    await new Promise(setImmediate);
    signal.throwIfAborted();
    throw error;
  } finally {
    await steps.run("Starting TaskFlow", scale(replicas));
    for (const name of SIGNALS) process.off(name, interrupt);
  }
}

interface Job {
  readonly metadata?: { readonly labels?: Record<string, string> };
  readonly spec: { template: { spec: { containers: { args?: string[] }[] } } };
}

/** @returns a Job like those of the backups, which has their volumes and rights, with another command */
async function restoreJob(steps: Steps, cluster: Cluster, file: string) {
  const cron = await getJson<{ spec: { jobTemplate: Job } }>(steps, cluster, "cronjob/taskflow-backup");
  if (!cron && !steps.dryRun) throw new Problem("there is no CronJob taskflow-backup, whose volumes hold the backups");
  const { spec = { template: { spec: { containers: [] } } } } = cron?.spec.jobTemplate ?? {};
  const pod = spec.template.spec;
  const containers = pod.containers.map((each) => ({ ...each, args: ["restore", file, "--yes"] }));
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: jobName("restore"), labels: cron?.spec.jobTemplate.metadata?.labels },
    spec: { ...spec, backoffLimit: 0, template: { ...spec.template, spec: { ...pod, containers } } },
  };
}
