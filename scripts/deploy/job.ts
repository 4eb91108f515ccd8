import type { Cluster } from "../lib/cluster.ts";
import { Problem, type Steps } from "../lib/script.ts";

const PATIENCE_MS = 15 * 60 * 1000;

/** @returns a name that no other Job has */
export const jobName = (what: string) => `taskflow-${what}-${Date.now().toString(36)}`;

/** Words for the pod that did it: by the Job's own name kubectl takes the oldest, which may have failed. */
const succeeded = (name: string) => [
  `--selector=batch.kubernetes.io/job-name=${name}`,
  "--field-selector=status.phase=Succeeded",
];

interface Making {
  readonly title: string;
  /** Words for kubectl that make the Job. */
  readonly words: readonly string[];
  readonly input?: string;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
}

/**
 * Makes a Job, waits for it, whichever way it ends, and removes it: nothing of it runs any more then.
 * @returns the last line that it printed, in the try that went well
 * @throws Problem with its log when it fails, and the signal's reason
 */
export async function runJob(
  steps: Steps,
  { kubectl }: Cluster,
  name: string,
  { title, words, input = "", signal }: Making,
): Promise<string> {
  const ended = (condition: string) =>
    steps.ask(kubectl("wait", `--for=condition=${condition}`, `job/${name}`, "--timeout=2s"));
  try {
    await steps.run(title, kubectl(...words), { input });
    if (steps.dryRun) {
      await steps.run("Waiting for it", kubectl("wait", "--for=condition=complete", `job/${name}`));
      return "";
    }
    let failed = false;
    for (const end = performance.now() + PATIENCE_MS; ; ) {
      signal?.throwIfAborted();
      if ((await ended("complete")) !== undefined) break;
      failed = (await ended("failed")) !== undefined;
      if (failed || performance.now() > end) break;
    }
    const complete = !failed && (await ended("complete")) !== undefined;
    const pod = complete ? await steps.ask(kubectl("get", "pods", ...succeeded(name), "--output=name")) : undefined;
    const log = (await steps.ask(kubectl("logs", pod?.trim() || `job/${name}`, "--all-containers"))) ?? "";
    if (!complete) throw new Problem(`${log.trimEnd()}\n${name} ${failed ? "failed" : "did not end in 15 minutes"}`);
    return log.trimEnd().split("\n").at(-1) ?? "";
  } finally {
    const words = ["delete", "job", name, "--ignore-not-found", "--cascade=foreground", "--timeout=90s"];
    if (!steps.dryRun) await steps.ask(kubectl(...words));
  }
}

/** Makes a backup and proves it, as the CronJob does. @returns its name @throws Problem */
export async function backUp(steps: Steps, cluster: Cluster): Promise<string> {
  const name = jobName("backup");
  const words = ["create", "job", name, "--from=cronjob/taskflow-backup"];
  return runJob(steps, cluster, name, { title: "Starting a backup", words });
}
