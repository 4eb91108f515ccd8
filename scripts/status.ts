#!/usr/bin/env bun
import { type Cluster, getJson, openCluster, PODS } from "./lib/cluster.ts";
import { Problem, runScript, type Steps } from "./lib/script.ts";

const HELP = `bun scripts/status.ts: how TaskFlow is in a cluster

  --context NAME    the cluster; without, the current one
  --dry-run         the same: it only asks
  --help

Pods, rollout, ingress, volumes, the last proven backup and what is used. Exit code 1 when something is wrong.`;

const DAY_MS = 26 * 60 * 60 * 1000;

/** Each part prints what is so. @returns what is wrong with it */
type Part = (steps: Steps, cluster: Cluster) => Promise<string[]>;

const rollout: Part = async (steps, cluster) => {
  const app = await getJson<{
    spec: { replicas?: number };
    status?: { updatedReplicas?: number; availableReplicas?: number };
  }>(steps, cluster, "deployment/taskflow");
  if (!app) return [`There is no TaskFlow in ${cluster.context}: bun scripts/deploy.ts`];
  const { replicas: wanted = 1 } = app.spec;
  const { updatedReplicas: updated = 0, availableReplicas: available = 0 } = app.status ?? {};
  console.log(`Pods: ${available} of ${wanted} serve, ${updated} of them as they are to be`);
  const pods = await steps.ask(cluster.kubectl("get", "pods", `--selector=${PODS}`, "--output=wide"));
  console.log((pods ?? "").trimEnd());
  if (wanted === 0) {
    const start = cluster.kubectl("scale", "deployment/taskflow", "--replicas=NUMBER").join(" ");
    return [`TaskFlow is stopped, as no pods are wanted: ${start}`];
  }
  return available < wanted || updated < wanted ? [`${wanted - Math.min(available, updated)} pods are missing`] : [];
};

const ingress: Part = async (steps, cluster) => {
  const found = await getJson<{
    spec: { rules?: { host?: string }[] };
    status?: { loadBalancer?: { ingress?: object[] } };
  }>(steps, cluster, "ingress/taskflow");
  if (!found) return ["There is no Ingress"];
  const hosts = found.spec.rules?.map(({ host }) => host ?? "*").join(", ");
  const served = (found.status?.loadBalancer?.ingress?.length ?? 0) > 0;
  console.log(`Ingress: ${hosts}`);
  return served ? [] : ["No controller serves the Ingress"];
};

const volumes: Part = async (steps, cluster) => {
  const claims = await getJson<{
    items: { metadata: { name: string }; status: { phase: string; capacity?: { storage?: string } } }[];
  }>(steps, cluster, "persistentvolumeclaims");
  const pods = await getJson<{ items: { spec: { volumes?: { persistentVolumeClaim?: { claimName: string } }[] } }[] }>(
    steps,
    cluster,
    "pods",
  );
  const wanted = (pods?.items ?? []).flatMap(({ spec }) =>
    (spec.volumes ?? []).map((volume) => volume.persistentVolumeClaim?.claimName),
  );
  return (claims?.items ?? []).flatMap(({ metadata: { name }, status: { phase, capacity } }) => {
    // Most classes make a volume for the first pod that asks for it.
    const waits = phase === "Pending" && !wanted.includes(name);
    console.log(
      `Volume: ${name} ${waits ? "is made when it is first used" : phase} ${capacity?.storage ?? ""}`.trimEnd(),
    );
    return waits || phase === "Bound" ? [] : [`The volume ${name} is ${phase}`];
  });
};

/** The job ends well only when the backup was proven. */
const backup: Part = async (steps, cluster) => {
  const job = await getJson<{ metadata: { creationTimestamp: string }; status?: { lastSuccessfulTime?: string } }>(
    steps,
    cluster,
    "cronjob/taskflow-backup",
  );
  if (!job) return ["There are no backups: the CronJob taskflow-backup is missing"];
  const last = job.status?.lastSuccessfulTime;
  console.log(`Last proven backup: ${last ?? "none yet"}`);
  const since = Date.parse(last ?? job.metadata.creationTimestamp);
  return Date.now() - since > DAY_MS ? ["The last proven backup is over a day old: bun scripts/backup.ts"] : [];
};

const use: Part = async (steps, cluster) => {
  const top = await steps.ask(cluster.kubectl("top", "pods", `--selector=${PODS}`));
  console.log(top?.trimEnd() ?? "What is used: the cluster has no metrics server");
  return [];
};

await runScript({
  help: HELP,
  options: { context: { type: "string" } },
  async main({ context }, words, steps) {
    if (words.length > 0) throw new Problem(`there is no “${words[0]}” here; see --help`, 2);
    const cluster = await openCluster(steps, context);
    const wrong: string[] = [];
    for (const part of [rollout, ingress, volumes, backup, use]) wrong.push(...(await part(steps, cluster)));
    if (wrong.length > 0) throw new Problem(`\n${wrong.join("\n")}`);
  },
});
