import type { Cluster } from "../lib/cluster.ts";
import { Problem, type Steps } from "../lib/script.ts";

const PATIENCE_MS = 15 * 60 * 1000;

/** @returns a name that no other Job has */
export const jobName = (what: string) => `taskflow-${what}-${Date.now().toString(36)}`;

/**
 * Waits for a Job, whichever way it ends, and removes it.
 * @returns the last line that it printed
 * @throws Problem with its log when it fails
 */
export async function runJob(steps: Steps, { kubectl }: Cluster, name: string): Promise<string> {
  if (steps.dryRun) {
    await steps.run("Waiting for it", kubectl("wait", "--for=condition=complete", `job/${name}`));
    return "";
  }
  const ended = (condition: string) =>
    steps.ask(kubectl("wait", `--for=condition=${condition}`, `job/${name}`, "--timeout=2s"));
  let failed = false;
  for (const end = performance.now() + PATIENCE_MS; ; ) {
    if ((await ended("complete")) !== undefined) break;
    failed = (await ended("failed")) !== undefined;
    if (failed || performance.now() > end) break;
  }
  const log = (await steps.ask(kubectl("logs", `job/${name}`, "--all-containers"))) ?? "";
  const complete = !failed && (await ended("complete")) !== undefined;
  await steps.ask(kubectl("delete", "job", name, "--wait=false"));
  if (!complete) throw new Problem(`${log.trimEnd()}\n${name} ${failed ? "failed" : "did not end in 15 minutes"}`);
  return log.trimEnd().split("\n").at(-1) ?? "";
}

/** Makes a backup and proves it, as the CronJob does. @returns its name @throws Problem */
export async function backUp(steps: Steps, cluster: Cluster): Promise<string> {
  const name = jobName("backup");
  await steps.run("Starting a backup", cluster.kubectl("create", "job", name, "--from=cronjob/taskflow-backup"));
  return runJob(steps, cluster, name);
}
