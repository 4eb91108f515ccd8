import type { ICronJob } from "kubernetes-models/batch/v1/CronJob";
import { type Cluster, getJson } from "../lib/cluster.ts";
import { Problem, type Steps } from "../lib/script.ts";

const TIMEOUT_MS = 15 * 60 * 1000;
const CRON = "cronjob/taskflow-backup";

/** Returns the CronJob of the backups, if there is one. */
export const findCronJob = (steps: Steps, cluster: Cluster) => getJson<ICronJob>(steps, cluster, CRON);

/**
 * Runs a TaskFlow command in a Job with the volumes and permissions of the backups.
 * @param signal ends the Job early
 * @returns the log
 * @throws Problem with the log when the command fails
 */
export async function runCommand(
  ...[steps, cluster, title, args, signal]: [Steps, Cluster, string, string[], AbortSignal?]
): Promise<string> {
  const template = (await findCronJob(steps, cluster))?.spec?.jobTemplate;
  const pod = template?.spec?.template.spec;
  if (!pod && !steps.dryRun)
    throw new Problem("The CronJob taskflow-backup, whose volume has the backups, is missing.");
  const name = jobName(args[0] ?? "");
  const containers = pod?.containers.map((each) => ({ ...each, args }));
  const spec = {
    ...template?.spec,
    backoffLimit: 0,
    template: { ...template?.spec?.template, spec: { ...pod, containers } },
  };
  const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name, labels: template?.metadata?.labels }, spec };
  return runJob(steps, cluster, title, name, ["create", "--filename=-"], JSON.stringify(job), signal);
}

/** Makes a verified backup, as the CronJob does. @returns the name of its file @throws Problem */
export async function backUp(steps: Steps, cluster: Cluster): Promise<string> {
  const name = jobName("backup");
  const log = await runJob(steps, cluster, "Making a backup", name, ["create", "job", name, `--from=${CRON}`]);
  // In the log of a Job, stdout and stderr arrive in any order.
  const [, file = ""] = /^\{"backup":"(?:[^"]*\/)?([^"/]+)"/m.exec(log) ?? [];
  if (!file && !steps.dryRun) throw new Problem(`${log.trim()}\nThe name of the backup is not in the log of ${name}.`);
  return file;
}

const jobName = (what: string) => `taskflow-${what}-${Date.now().toString(36)}`;

/** Creates a Job, waits until it ends, and deletes it. @returns the log of the pod that succeeded @throws Problem */
async function runJob(
  ...[steps, { kubectl }, title, name, create, input, signal]: [
    ...[Steps, Cluster, string, string, string[], string?, AbortSignal?],
  ]
): Promise<string> {
  const has = (condition: string) => ["wait", `--for=condition=${condition}`, `job/${name}`];
  const ended = (condition: string) => steps.ask(kubectl(...has(condition), "--timeout=2s"));
  try {
    await steps.run(title, kubectl(...create), { input });
    if (steps.dryRun) return await steps.run(title, kubectl(...has("complete")));
    let [complete, failed] = [false, false];
    for (const end = performance.now() + TIMEOUT_MS; !complete && !failed && performance.now() < end; ) {
      signal?.throwIfAborted();
      complete = (await ended("complete")) !== undefined;
      failed = !complete && (await ended("failed")) !== undefined;
    }
    // For a Job's own name, kubectl takes the oldest pod, which may be an attempt that failed.
    const pods = [`--selector=batch.kubernetes.io/job-name=${name}`, "--field-selector=status.phase=Succeeded"];
    const pod = complete ? await steps.ask(kubectl("get", "pods", ...pods, "--output=name")) : undefined;
    const log = (await steps.ask(kubectl("logs", pod?.trim() || `job/${name}`, "--all-containers"))) ?? "";
    if (complete) return log;
    throw new Problem(`${log.trimEnd()}\n${name} ${failed ? "failed" : "did not end within 15 minutes"}.`);
  } finally {
    const remove = ["delete", "job", name, "--ignore-not-found", "--cascade=foreground", "--timeout=90s"];
    if (!steps.dryRun) await steps.ask(kubectl(...remove));
  }
}
