import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import type { IReplicaSet } from "kubernetes-models/apps/v1/ReplicaSet";
import type { IEvent } from "kubernetes-models/v1/Event";
import type { IPod } from "kubernetes-models/v1/Pod";
import { type Cluster, getJson, PODS } from "../lib/cluster.ts";
import type { Steps } from "../lib/script.ts";

/** States that a new pod does not leave by itself, with the seconds after which they count. */
const GRACE_SECONDS: Record<string, number> = {
  CrashLoopBackOff: 20,
  ImagePullBackOff: 20,
  ErrImagePull: 60,
  InvalidImageName: 0,
  CreateContainerConfigError: 20,
  CreateContainerError: 60,
  Unschedulable: 120, // an autoscaler may add a node
};
const MOST_EVENTS = 15;
const SELECTOR = `--selector=${PODS}`;

const containersOf = ({ status }: IPod) => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

/** Returns why a pod does not run, and the message of the kubelet or the scheduler. */
function reasonOf(pod: IPod): { reason?: string; message?: string } {
  const waiting = containersOf(pod).find(({ state }) => state?.waiting?.reason)?.state?.waiting;
  return (
    waiting ?? pod.status?.conditions?.find((each) => each.type === "PodScheduled" && each.status === "False") ?? {}
  );
}

/**
 * Returns why the newest pods of the Deployment will not become ready, or undefined while they still may. Pods of older
 * ReplicaSets don't count: a deployment may well replace pods that crash.
 */
export async function findFailure(steps: Steps, cluster: Cluster): Promise<string | undefined> {
  type Items = { items: (IDeployment | IReplicaSet | IPod)[] };
  const { items = [] } = (await getJson<Items>(steps, cluster, "deployments,replicasets,pods", SELECTOR)) ?? {};
  const app = items.find((each) => each.kind === "Deployment");
  if (!app || (app.status?.observedGeneration ?? 0) < (app.metadata?.generation ?? 0)) return undefined;
  const refused = app.status?.conditions?.find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  if (refused) return `The cluster refuses the pods: ${refused.message}`;
  const revision = ({ metadata }: IReplicaSet) =>
    Number(metadata?.annotations?.["deployment.kubernetes.io/revision"] ?? 0);
  const sets = items.filter((each) => each.kind === "ReplicaSet").sort((one, other) => revision(other) - revision(one));
  const hash = sets[0]?.metadata?.labels?.["pod-template-hash"];
  for (const pod of items) {
    if (pod.kind !== "Pod" || pod.metadata?.labels?.["pod-template-hash"] !== hash) continue;
    const { reason = "", message = "" } = reasonOf(pod);
    const age = (Date.now() - Date.parse(pod.metadata?.creationTimestamp ?? "")) / 1000;
    if (age >= (GRACE_SECONDS[reason] ?? Number.POSITIVE_INFINITY))
      return `${pod.metadata?.name}: ${reason}. ${message}`;
  }
  return undefined;
}

/** Prints the state of the pods, the newest events of what fails, and the logs of each container. */
export async function explain(steps: Steps, cluster: Cluster): Promise<void> {
  const pods = (await getJson<{ items: IPod[] }>(steps, cluster, "pods", SELECTOR))?.items ?? [];
  const nameOf = ({ metadata }: IPod) => metadata?.name ?? "";
  console.error("\nPods:");
  for (const pod of pods) {
    const containers = containersOf(pod);
    const ready = `${containers.filter((each) => each.ready).length}/${pod.spec?.containers.length} ready`;
    const restarts = `${containers.reduce((sum, { restartCount }) => sum + restartCount, 0)} restarts`;
    const { reason, message } = reasonOf(pod);
    console.error([nameOf(pod), pod.status?.phase, ready, restarts, reason, message].filter(Boolean).join("  "));
  }

  const isReady = ({ status }: IPod) =>
    status?.conditions?.some((each) => each.type === "Ready" && each.status === "True");
  const failing = pods.filter((pod) => !isReady(pod)).map(nameOf);
  const events = (await getJson<{ items: IEvent[] }>(steps, cluster, "events"))?.items ?? [];
  const newest = events
    .filter(({ type, involvedObject }) => type === "Warning" || failing.includes(involvedObject.name ?? ""))
    .sort((one, other) => timeOf(one).localeCompare(timeOf(other)))
    .slice(-MOST_EVENTS);
  console.error("\nEvents:");
  for (const event of newest) {
    const { type, reason, message, involvedObject } = event;
    console.error([timeOf(event), type, reason, `${involvedObject.kind}/${involvedObject.name}`, message].join("  "));
  }

  // One command a container: for a selector, kubectl prints nothing if a single container has no log yet.
  for (const pod of pods)
    for (const { name, restartCount } of containersOf(pod))
      for (const previous of restartCount > 0 ? [["--previous"], []] : [[]]) {
        const words = ["logs", nameOf(pod), `--container=${name}`, "--tail=30", ...previous];
        const log = await steps.ask(cluster.kubectl(...words));
        if (log?.trim()) console.error(`\n${words.join(" ")}:\n${log.trimEnd()}`);
      }
}

/** The scheduler's events have no `lastTimestamp`. */
const timeOf = ({ lastTimestamp, series, eventTime, metadata }: IEvent): string =>
  (series?.lastObservedTime || lastTimestamp || eventTime || metadata.creationTimestamp || "").slice(0, 19);
