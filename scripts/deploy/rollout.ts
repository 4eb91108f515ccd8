import { type Cluster, getJson, PODS, SERVER_SIDE } from "../lib/cluster.ts";
import { NAMESPACE } from "../lib/deployment.ts";
import { Problem, type Steps } from "../lib/script.ts";
import { awaitReady } from "./entrance.ts";
import { type App, find, type KubeObject, objectsOf } from "./objects.ts";
import type { Proven } from "./proven.ts";

export const APP = "deployment/taskflow";
/** How many releases Helm keeps at the least. */
const HISTORY = 10;

/** @returns the Deployment that is there now */
export const findApp = (steps: Steps, cluster: Cluster) => getJson<App>(steps, cluster, APP);

export const isByChart = ({ metadata }: App): boolean => metadata.labels?.["app.kubernetes.io/managed-by"] === "Helm";

/** Helm refuses objects that others made, and never hears of what others do to its own. @throws Problem */
export function refuseOtherTool(live: App | undefined, byChart: boolean): void {
  if (!live || isByChart(live) === byChart) return;
  throw new Problem(
    byChart
      ? "TaskFlow is here by the overlay: go on without --chart, or hand it over once by `helm upgrade --install --take-ownership`"
      : "TaskFlow is here by the chart: go on with --chart",
  );
}

/** @returns a command of Helm in our namespace */
export const helm = ({ context }: Cluster, ...words: string[]): string[] => [
  ...["helm", "--kube-context", context, "--namespace", NAMESPACE],
  ...words,
];

/** What SERVER_SIDE is for kubectl. Helm 3 has no such words: it compares by itself, and nothing conflicts. */
export async function helmForce(steps: Steps): Promise<string[]> {
  const version = await steps.ask(["helm", "version", "--template", "{{.Version}}"]);
  return version?.startsWith("v3.") ? [] : ["--server-side=true", "--force-conflicts"];
}

/** @returns Helm's releases, the oldest first */
async function releases(steps: Steps, cluster: Cluster): Promise<{ revision: number; status: string }[]> {
  return JSON.parse((await steps.ask(helm(cluster, "history", "taskflow", "--output=json"))) || "[]");
}

/** @returns what Helm counts as its newest release that is deployed */
export const newestRelease = async (steps: Steps, cluster: Cluster): Promise<string | undefined> =>
  (await releases(steps, cluster)).findLast(({ status }) => status === "deployed")?.revision.toString();

/**
 * By itself Helm forgets all but ten releases, of which each deployment that fails takes two.
 * @returns the word that has it make the next one and forget none since the oldest that is proven
 */
export async function helmHistory(steps: Steps, cluster: Cluster, kept: readonly Proven[]): Promise<string> {
  const newest = (await releases(steps, cluster)).at(-1)?.revision ?? 0;
  const oldest = Number(kept[0]?.release ?? newest);
  return `--history-max=${Math.max(HISTORY, newest - oldest + 2)}`;
}

export const apply = (steps: Steps, { kubectl }: Cluster, yaml: string) =>
  steps.run("Applying", kubectl("apply", ...SERVER_SIDE, "--filename=-"), { input: yaml });

/**
 * Starts what somebody has scaled to 0, where the manifests leave the number to an autoscaler: that leaves 0 alone.
 * @param manifests what is applied
 */
export async function start(steps: Steps, cluster: Cluster, manifests: string): Promise<void> {
  if (find(manifests, "Deployment")?.spec.replicas !== undefined) return;
  if ((await findApp(steps, cluster))?.spec.replicas !== 0) return;
  const count = find(manifests, "HorizontalPodAutoscaler")?.spec.minReplicas ?? 1;
  await steps.run("Starting TaskFlow", cluster.kubectl("scale", APP, `--replicas=${count}`));
}

/** @throws Problem when the new pods are not ready in time */
export const awaitRollout = (steps: Steps, { kubectl }: Cluster) =>
  steps.run("Waiting for the rollout", kubectl("rollout", "status", APP, "--timeout=10m"), { loud: true });

/** What holds data or other people's objects is nobody's to remove but a person's. */
const NEVER_REMOVED = ["Namespace", "PersistentVolume", "PersistentVolumeClaim", "Secret", "StorageClass"];

/** @returns what one rendering has and the other has not: an apply leaves it there */
export function droppedFrom(before: string | undefined, now: string): KubeObject[] {
  const nameOf = ({ apiVersion, kind, metadata }: KubeObject) =>
    [apiVersion.split("/").slice(0, -1).join(), kind, metadata.name].join();
  const there = new Set(objectsOf(now).map(nameOf));
  // Old pods, and ReplicaSets of the past, have the ConfigMap of their own time.
  return objectsOf(before ?? "").filter(
    (each) => !there.has(nameOf(each)) && ![...NEVER_REMOVED, "ConfigMap"].includes(each.kind),
  );
}

/** Removes objects, those that are gone already too. */
export async function remove(steps: Steps, { kubectl }: Cluster, objects: readonly KubeObject[]): Promise<void> {
  if (objects.length === 0) return;
  const items = objects.map(({ apiVersion, kind, metadata: { name, namespace } }) => ({
    ...{ apiVersion, kind, metadata: { name, ...(namespace && { namespace }) } },
  }));
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const words = ["delete", "--ignore-not-found", "--filename=-"];
  await steps.run("Removing what is not in it any more", kubectl(...words), { input });
}

/**
 * Removes the generated ConfigMaps that nobody names any more: each change makes one with a name of its own. Those of
 * ReplicaSets of the past stay with them, for `kubectl rollout undo`.
 * @param now what is there now
 */
export async function removeOldConfig(steps: Steps, cluster: Cluster, now: string): Promise<void> {
  const selector = "--selector=app.kubernetes.io/name=taskflow";
  const there = await getJson<{ items: KubeObject[] }>(steps, cluster, "configmaps", selector);
  const past = await getJson(steps, cluster, "replicasets", `--selector=${PODS}`);
  const named = now + JSON.stringify(past ?? {});
  const names = there?.items.map(({ metadata }) => metadata.name) ?? [];
  const old = names.filter((name) => /^taskflow-config-\w+$/.test(name) && !named.includes(name));
  if (old.length > 0)
    await steps.run("Removing old configuration", cluster.kubectl("delete", "configmap", ...old, "--ignore-not-found"));
}

/** Prints what somebody needs who asks why: the newest events, and the last lines of each pod. */
export async function explain(steps: Steps, { kubectl }: Cluster): Promise<void> {
  const events = await steps.ask(kubectl("get", "events", "--sort-by=.lastTimestamp"));
  const logs = await steps.ask(kubectl("logs", `--selector=${PODS}`, "--all-containers", "--prefix", "--tail=30"));
  console.error(`\nEvents:\n${(events ?? "").trimEnd().split("\n").slice(-20).join("\n")}`);
  console.error(`\nThe pods' last lines:\n${(logs ?? "").trimEnd()}\n`);
}

/**
 * Puts back all objects of a deployment that was proven, and waits until it is ready by way of the Ingress.
 * @param from the rendering that is there now: what only it has is removed
 * @param kept all that is proven
 * @returns what was put back, as it is counted now
 * @throws Problem when it does not come up
 */
export async function goBack(
  ...[steps, cluster, to, from, kept]: [Steps, Cluster, Proven, string | undefined, readonly Proven[]]
): Promise<Proven> {
  if (to.release !== undefined) {
    // Helm's own --wait would wait for the backups' volume too, which there is none of before the first backup.
    const words = [...(await helmForce(steps)), await helmHistory(steps, cluster, kept)];
    await steps.run("Going back", helm(cluster, "rollback", "taskflow", to.release, ...words));
  } else {
    await apply(steps, cluster, to.manifests);
    // Before the rollout: a policy that should not be there may be what the pods fail by.
    await remove(steps, cluster, droppedFrom(from, to.manifests));
  }
  await start(steps, cluster, to.manifests);
  await awaitRollout(steps, cluster);
  await awaitReady(steps, to.entrance);
  return to.release === undefined ? to : { ...to, release: (await newestRelease(steps, cluster)) ?? to.release };
}
