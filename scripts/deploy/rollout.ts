import { type Cluster, getJson, PODS } from "../lib/cluster.ts";
import type { Steps } from "../lib/script.ts";

const APP = "deployment/taskflow";
const REVISION = "deployment.kubernetes.io/revision";

/** @returns the revision that serves now, or undefined before the first deployment and while one is under way */
export async function goodRevision(steps: Steps, cluster: Cluster): Promise<string | undefined> {
  const app = await getJson<{
    metadata: { annotations?: Record<string, string> };
    spec: { replicas?: number };
    status?: { updatedReplicas?: number; availableReplicas?: number };
  }>(steps, cluster, APP);
  const wanted = app?.spec.replicas ?? 0;
  const { updatedReplicas = 0, availableReplicas = 0 } = app?.status ?? {};
  const serves = wanted > 0 && updatedReplicas >= wanted && availableReplicas >= wanted;
  return serves ? app?.metadata.annotations?.[REVISION] : undefined;
}

/** @throws Problem when the new pods are not ready in time */
export const awaitRollout = (steps: Steps, { kubectl }: Cluster) =>
  steps.run("Waiting for the rollout", kubectl("rollout", "status", APP, "--timeout=10m"), { loud: true });

/** Prints what somebody needs who asks why: the newest events, and the last lines of each pod. */
export async function explain(steps: Steps, { kubectl }: Cluster): Promise<void> {
  const events = await steps.ask(kubectl("get", "events", "--sort-by=.lastTimestamp"));
  const logs = await steps.ask(kubectl("logs", `--selector=${PODS}`, "--all-containers", "--prefix", "--tail=30"));
  console.error(`\nEvents:\n${(events ?? "").trimEnd().split("\n").slice(-20).join("\n")}`);
  console.error(`\nThe pods' last lines:\n${(logs ?? "").trimEnd()}\n`);
}

/** Back to a revision that served. @throws Problem when that does not come up either */
export async function undoRollout(steps: Steps, cluster: Cluster, revision?: string): Promise<void> {
  const to = revision ? [`--to-revision=${revision}`] : [];
  await steps.run("Rolling back", cluster.kubectl("rollout", "undo", APP, ...to));
  await awaitRollout(steps, cluster);
}
