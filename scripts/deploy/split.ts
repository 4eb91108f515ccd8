import type { Cluster } from "../lib/cluster.ts";
import { Problem } from "../lib/script.ts";
import { type App, isOnFile } from "./objects.ts";

/**
 * SQLite is one file on one node. In production a second node means that somebody expects pods on it; elsewhere it is
 * enough that the pods keep together, which the manifests say (required pod affinity).
 * @param nodes undefined where the cluster does not tell how many it has
 * @throws Problem for a combination that would split the data
 */
export function refuseSplit(app: App, stage: string, nodes: number | undefined): void {
  if (!isOnFile(app) || (nodes !== undefined && nodes <= 1)) return;
  const count = nodes === undefined ? "does not tell its nodes (kubectl get nodes)" : `has ${nodes} nodes`;
  if (stage === "prod")
    throw new Problem(
      `this cluster ${count}, and SQLite's one file can be on one of them only: use PostgreSQL (--postgres), or a cluster of one node. Nothing was changed`,
    );
  const { affinity, nodeSelector } = app.spec.template.spec;
  const together = affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.some(
    ({ topologyKey }) => topologyKey === "kubernetes.io/hostname",
  );
  if (!together && !nodeSelector?.["kubernetes.io/hostname"])
    throw new Problem(
      `this cluster ${count}, and nothing keeps the pods that share the SQLite file on one of them. Nothing was changed`,
    );
}

/**
 * A rollout onto the other engine would have old pods write into one database and new ones into the other.
 * @throws Problem unless TaskFlow is stopped, or stays on its engine
 */
export function refuseOtherEngine({ kubectl }: Cluster, live: App | undefined, wanted: App): void {
  if (!live || isOnFile(live) === isOnFile(wanted)) return;
  if ((live.spec.replicas ?? 1) === 0 && !live.status?.replicas) return;
  const [here, there] = isOnFile(live) ? ["SQLite", "PostgreSQL"] : ["PostgreSQL", "SQLite"];
  const stop = kubectl("scale", "deployment/taskflow", "--replicas=0").join(" ");
  throw new Problem(
    `TaskFlow runs here on ${here}, and this would put it on ${there}, which has none of its data${there === "SQLite" ? " (was --postgres forgotten?)" : ""}. To move it: bun scripts/backup.ts, then ${stop}, then deploy again and bring the data over by bun scripts/restore.ts (or taskflow copy: see deploy/README.md). Nothing was changed`,
  );
}
