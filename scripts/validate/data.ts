import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import { type Findings, named, ofKind, type Rendering, selects } from "./objects.ts";
import { containersOf, environmentOf, type PodTemplate, podTemplates, runsTaskFlow } from "./pods.ts";
import { quantity } from "./quantities.ts";
import { replicasOf } from "./rollout.ts";

/** Storage classes that a cluster brings: k3s has this one. */
const STORAGE_CLASSES = ["local-path"];
const HOST = "kubernetes.io/hostname";
/** Where the image keeps its data, unless DATA_DIR says otherwise. */
const DATA_DIR = "/data";

/** There is one database, whoever asks: no replica has its own, and the pods may write it. */
export function* checkData(rendering: Rendering): Findings {
  for (const template of podTemplates(rendering)) {
    yield* checkRights(template);
    yield* checkPlace(rendering, template);
    const peak = peakOf(rendering, template);
    if (peak > 1) yield* checkSharing(rendering, template, peak);
  }
  yield* checkClaims(rendering);
}

const claimsOf = ({ spec }: PodTemplate) =>
  (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }, index) =>
    persistentVolumeClaim ? [{ name: persistentVolumeClaim.claimName, index }] : [],
  );

/** How many pods of a template may run at one time, a rollout's included. */
function peakOf(rendering: Rendering, { object, lasting }: PodTemplate): number {
  const deployment = ofKind(rendering, "Deployment").find((each) => each === object);
  if (deployment) return replicasOf(rendering, deployment).peak;
  const set = ofKind(rendering, "StatefulSet").find((each) => each === object);
  return set ? (set.spec?.replicas ?? 1) : lasting ? Number.POSITIVE_INFINITY : 1;
}

/** A volume belongs to root until fsGroup gives it to the pod's group. */
function* checkRights(template: PodTemplate): Findings {
  const { spec, path, object } = template;
  const hasTemplates = object.kind === "StatefulSet";
  if (claimsOf(template).length === 0 && !hasTemplates) return;
  const { fsGroup, runAsGroup, runAsUser } = spec.securityContext ?? {};
  const at = `${path}.securityContext`;
  if (fsGroup === undefined)
    yield {
      object,
      path: `${at}.fsGroup`,
      message: `has to be the pod's group, or user ${runAsUser ?? 1000} can't write`,
    };
  for (const { container, path: place } of containersOf(template)) {
    const group = container.securityContext?.runAsGroup ?? runAsGroup;
    if (group === undefined)
      yield {
        object,
        path: `${at}.runAsGroup`,
        message: "has to be said, and to equal fsGroup, where there is a volume",
      };
    else if (fsGroup !== undefined && group !== fsGroup)
      yield { object, path: `${at}.fsGroup`, message: `is ${fsGroup}, but ${place} runs as group ${group}` };
  }
}

/** Where the data is when no DATABASE_URL leads elsewhere: on a volume that outlives the pod. */
function* checkPlace(rendering: Rendering, template: PodTemplate): Findings {
  if (!template.lasting) return;
  for (const { container, path } of containersOf(template)) {
    if (!runsTaskFlow(container) || !usesSqlite(rendering, template)) continue;
    const folder = environmentOf(rendering, template, container).get("DATA_DIR") ?? DATA_DIR;
    const mount = (container.volumeMounts ?? []).find(({ mountPath }) => mountPath === folder);
    const volume = (template.spec.volumes ?? []).find(({ name }) => name === mount?.name);
    const own = template.object.kind === "StatefulSet" && mount !== undefined && volume === undefined;
    if (volume?.persistentVolumeClaim || own) continue;
    const message = `the database in ${folder} goes when the pod goes: mount a PersistentVolumeClaim there, or set DATABASE_URL`;
    yield { object: template.object, path: `${path}.volumeMounts`, message };
  }
}

/** PostgreSQL is told by the presence of an address, which comes from a Secret. */
function usesSqlite(rendering: Rendering, template: PodTemplate): boolean {
  return !containersOf(template).some(({ container }) => {
    const environment = environmentOf(rendering, template, container);
    return environment.has("DATABASE_URL") || environment.has("DATABASE_URL_FILE");
  });
}

function* checkSharing(rendering: Rendering, template: PodTemplate, peak: number): Findings {
  const { object, path, spec } = template;
  const many = `up to ${peak === Number.POSITIVE_INFINITY ? "one on each node" : peak} pods`;
  const each = "each node would have a database of its own";
  for (const [index, { hostPath }] of (spec.volumes ?? []).entries())
    if (hostPath) yield { object, path: `${path}.volumes[${index}].hostPath`, message: `${many}: ${each}` };
  const sqlite =
    usesSqlite(rendering, template) && containersOf(template).some(({ container }) => runsTaskFlow(container));
  if (object.kind === "StatefulSet" && sqlite) {
    const message = `${many}, each with a volume of its own: only PostgreSQL is shared by them`;
    yield { object, path: "spec.volumeClaimTemplates", message };
  }
  for (const { name, index } of claimsOf(template)) {
    const claim = named(rendering, "PersistentVolumeClaim", name, template.namespace);
    const modes = claim?.spec?.accessModes ?? [];
    if (modes.includes("ReadWriteOncePod")) {
      const at = `${path}.volumes[${index}].persistentVolumeClaim`;
      yield { object, path: at, message: `${many} want ${name}, which only one may have` };
    } else if (sqlite || !modes.includes("ReadWriteMany")) yield* checkOneNode(template, many, name);
  }
}

/** All pods of one volume on one node, said aloud: SQLite is shared by processes of one host only. */
function* checkOneNode({ object, path, spec, labels }: PodTemplate, many: string, claim: string): Findings {
  const spread = [
    ...(spec.topologySpreadConstraints ?? []).map((_, index) => `${path}.topologySpreadConstraints[${index}]`),
    ...(spec.affinity?.podAntiAffinity ? [`${path}.affinity.podAntiAffinity`] : []),
  ];
  for (const at of spread) {
    const message = `spreads ${many} over nodes, but ${claim} is on one of them: use PostgreSQL for many nodes`;
    yield { object, path: at, message };
  }
  if (spread.length === 0 && !staysOnOneNode(spec, labels)) {
    const message = `nothing keeps ${many} on the node of ${claim}: require podAffinity to each other on ${HOST}`;
    yield { object, path: `${path}.affinity.podAffinity`, message };
  }
}

function staysOnOneNode({ affinity, nodeSelector }: IPodSpec, labels: Record<string, string>): boolean {
  if (nodeSelector?.[HOST]) return true;
  return (affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some(
    ({ topologyKey, labelSelector }) => topologyKey === HOST && selects(labelSelector, labels),
  );
}

/** A claim finds a class, or a volume that is large enough and stands on a node that is named. */
function* checkClaims(rendering: Rendering): Findings {
  const classes = new Map(ofKind(rendering, "StorageClass").map((each) => [each.metadata.name, each]));
  const volumes = ofKind(rendering, "PersistentVolume");
  for (const object of ofKind(rendering, "PersistentVolumeClaim")) {
    const { storageClassName: name, resources, accessModes = [] } = object.spec ?? {};
    const found = name === undefined || STORAGE_CLASSES.includes(name) || classes.has(name);
    if (!found) yield { object, path: "spec.storageClassName", message: `there is no StorageClass ${name}` };
    if (!name || classes.get(name)?.provisioner !== "kubernetes.io/no-provisioner") continue;
    const wanted = quantity(resources?.requests?.storage) ?? 0;
    const fits = volumes.some(
      ({ spec }) =>
        spec?.storageClassName === name &&
        accessModes.every((mode) => spec.accessModes?.includes(mode)) &&
        (quantity(spec.capacity?.storage) ?? 0) >= wanted &&
        (!spec.claimRef?.name || spec.claimRef.name === object.metadata.name),
    );
    const message = `no PersistentVolume of class ${name} holds ${resources?.requests?.storage} with ${accessModes}`;
    if (!fits) yield { object, path: "spec.storageClassName", message };
  }
  for (const object of volumes) {
    const { hostPath, storageClassName: name = "" } = object.spec ?? {};
    if (hostPath)
      yield { object, path: "spec.hostPath", message: "is another folder on each node: use local with nodeAffinity" };
    if (name && !classes.has(name) && !STORAGE_CLASSES.includes(name))
      yield { object, path: "spec.storageClassName", message: `there is no StorageClass ${name}` };
  }
}
