import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import { type Cluster, getJson } from "../lib/cluster.ts";
import { Problem, type Steps } from "../lib/script.ts";
import { usesSqlite } from "./objects.ts";

/** Helm and `kubectl apply` don't take over each other's objects. @throws Problem */
export function refuseOtherTool(live: IDeployment | undefined, byChart: boolean): void {
  if (!live || (live.metadata?.labels?.["app.kubernetes.io/managed-by"] === "Helm") === byChart) return;
  const option = byChart ? "without --chart" : "with --chart";
  throw new Problem(`TaskFlow was deployed here with the ${byChart ? "overlay" : "chart"}. Deploy ${option}.`);
}

/**
 * SQLite is one file on one node. In production a second node means that pods are expected to run there; elsewhere it
 * is enough that the pods must share a node, as the overlays and the chart say.
 * @throws Problem for a deployment that would split the data
 */
export async function refuseSplit(...[steps, cluster, app, stage]: [Steps, Cluster, IDeployment | undefined, string]) {
  if (stage !== "prod" || !usesSqlite(app) || steps.dryRun) return;
  // Somebody with permissions for the namespace only can't list nodes.
  const list = await getJson<{ items: unknown[] }>(steps, cluster, "nodes").catch(() => undefined);
  const nodes = list?.items.length;
  if (nodes === 1) return;
  const count = nodes === undefined ? "does not list its nodes" : `has ${nodes} nodes`;
  throw new Problem(
    `The cluster ${count}, and a SQLite file can only be on one of them. Use PostgreSQL (--postgres), or a cluster of one node.`,
  );
}

/**
 * In a rollout to the other engine, old and new pods would write to different databases.
 * @throws Problem unless TaskFlow is stopped or keeps its engine
 */
export function refuseOtherEngine(
  ...[{ kubectl }, live, wanted]: [Cluster, IDeployment | undefined, IDeployment | undefined]
): void {
  if (!live || usesSqlite(live) === usesSqlite(wanted)) return;
  if ((live.spec?.replicas ?? 1) === 0 && !live.status?.replicas) return;
  const [now, next] = usesSqlite(live) ? ["SQLite", "PostgreSQL"] : ["PostgreSQL", "SQLite (without --postgres)"];
  const stop = kubectl("scale", "deployment/taskflow", "--replicas=0").join(" ");
  throw new Problem(
    `TaskFlow runs on ${now} here, and this deployment uses ${next}, which has none of its data. To move the data: run bun scripts/backup.ts, then ${stop}, deploy, and run bun scripts/restore.ts. See docs/kubernetes.md.`,
  );
}
