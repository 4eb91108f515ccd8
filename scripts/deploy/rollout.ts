import { type Cluster, getJson, PODS } from "../lib/cluster.ts";
import { NAMESPACE } from "../lib/deployment.ts";
import { Problem, type Steps } from "../lib/script.ts";

const APP = "deployment/taskflow";
const REVISION = "deployment.kubernetes.io/revision";

interface App {
  readonly metadata: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly replicas?: number };
  readonly status?: { readonly updatedReplicas?: number; readonly availableReplicas?: number };
}

const findApp = (steps: Steps, cluster: Cluster) => getJson<App>(steps, cluster, APP);
const isByChart = ({ metadata }: App) => metadata.labels?.["app.kubernetes.io/managed-by"] === "Helm";

/** @returns whether what is there came by the chart, or undefined when nothing is */
export async function deployedByChart(steps: Steps, cluster: Cluster): Promise<boolean | undefined> {
  const app = await findApp(steps, cluster);
  return app && isByChart(app);
}

/** Helm refuses objects that others made, and never hears of what others do to its own. @throws Problem */
export async function refuseOtherTool(steps: Steps, cluster: Cluster, byChart: boolean): Promise<void> {
  const before = await deployedByChart(steps, cluster);
  if (before === undefined || before === byChart) return;
  throw new Problem(
    byChart
      ? "TaskFlow is here by the overlay: go on without --chart, or hand it over once by `helm upgrade --install --take-ownership`"
      : "TaskFlow is here by the chart: go on with --chart",
  );
}

/**
 * @returns the revision that serves now, as whatever deployed it counts; undefined before the first deployment and while
 * one is under way
 */
export async function goodRevision(steps: Steps, cluster: Cluster): Promise<string | undefined> {
  const app = await findApp(steps, cluster);
  const wanted = app?.spec.replicas ?? 0;
  const { updatedReplicas = 0, availableReplicas = 0 } = app?.status ?? {};
  if (!app || wanted === 0 || updatedReplicas < wanted || availableReplicas < wanted) return undefined;
  if (!isByChart(app)) return app.metadata.annotations?.[REVISION];
  const history = await steps.ask(helm(cluster, "history", "taskflow", "--output=json"));
  const releases = JSON.parse(history || "[]") as { revision: number; status: string }[];
  return releases.findLast(({ status }) => status === "deployed")?.revision.toString();
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

/** @returns the revisions that there are, for a person who has to choose, and whether Helm counts them */
export async function listRevisions(steps: Steps, cluster: Cluster): Promise<{ text: string; byChart: boolean }> {
  const byChart = (await deployedByChart(steps, cluster)) === true;
  const columns = {
    REVISION: String.raw`.metadata.annotations.deployment\.kubernetes\.io/revision`,
    IMAGE: ".spec.template.spec.containers[0].image",
    PODS: ".status.replicas",
    MADE: ".metadata.creationTimestamp",
  };
  const named = Object.entries(columns).map((column) => column.join(":"));
  const command = byChart
    ? helm(cluster, "history", "taskflow")
    : cluster.kubectl(
        ...["get", "replicasets", `--selector=${PODS}`, `--output=custom-columns=${named.join()}`],
        `--sort-by=${columns.MADE}`,
      );
  return { text: (await steps.ask(command))?.trimEnd() ?? "", byChart };
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

/**
 * Back to a revision that served, or else to the one before.
 * @throws Problem when that does not come up either
 */
export async function rollBack(steps: Steps, cluster: Cluster, revision?: string): Promise<void> {
  // Helm's own --wait would wait for the backups' volume too, which there is none of before the first backup.
  const command = (await deployedByChart(steps, cluster))
    ? helm(cluster, "rollback", "taskflow", ...(revision ? [revision] : []), ...(await helmForce(steps)))
    : cluster.kubectl("rollout", "undo", APP, ...(revision ? [`--to-revision=${revision}`] : []));
  await steps.run("Rolling back", command);
  await awaitRollout(steps, cluster);
}
