import { type Findings, type KubernetesObject, misspelt, named, ofKind, type Rendering } from "./objects.ts";
import { quantity } from "./quantities.ts";

/** k3s brings this class, whose volumes are folders of one node. Others are the cluster's: only a slip is told. */
const STORAGE_CLASSES = ["local-path"];
/** The fields of a volume that are storage: all but those that say something about it. */
const SOURCE =
  /^(?!(?:accessModes|capacity|claimRef|mountOptions|nodeAffinity|persistentVolumeReclaimPolicy|storageClassName|volumeMode|volumeAttributesClassName)$)/;
/** Nothing brings this one but these manifests. */
const OWN_CLASS = "local-storage";
const ONE_NODE = ["ReadWriteOnce", "ReadWriteOncePod"];

/** A claim finds a class, or a volume that is large enough and stands on a node that is named. */
export function* checkClaims(rendering: Rendering): Findings {
  const classes = new Map(ofKind(rendering, "StorageClass").map((each) => [each.metadata.name, each]));
  const volumes = ofKind(rendering, "PersistentVolume");
  for (const object of ofKind(rendering, "PersistentVolumeClaim")) {
    const { storageClassName: name, resources, accessModes = [] } = object.spec ?? {};
    const storage = resources?.requests?.storage;
    if (!quantity(storage)) {
      const message = storage === undefined ? "has to be said, such as 1Gi" : `${storage} is no size`;
      yield { object, path: "spec.resources.requests.storage", message };
    }
    if (accessModes.length === 0) yield { object, path: "spec.accessModes", message: "has to be said: ReadWriteOnce" };
    yield* checkClass(object, name, classes);
    const { volumeName } = object.spec ?? {};
    if (volumeName && !volumes.some(({ metadata }) => metadata.name === volumeName))
      yield { object, path: "spec.volumeName", message: `there is no PersistentVolume ${volumeName}` };
    const far = accessModes.filter((mode) => !ONE_NODE.includes(mode));
    if (name === "local-path" && far.length > 0) {
      const message = `a folder of one node can't be ${far.join(", ")}: say ReadWriteOnce`;
      yield { object, path: "spec.accessModes", message };
    }
    if (!name || classes.get(name)?.provisioner !== "kubernetes.io/no-provisioner") continue;
    const fits = volumes.some(
      ({ spec }) =>
        spec?.storageClassName === name &&
        accessModes.every((mode) => spec.accessModes?.includes(mode)) &&
        (quantity(spec.capacity?.storage) ?? 0) >= (quantity(storage) ?? 0) &&
        (!spec.claimRef?.name || spec.claimRef.name === object.metadata.name) &&
        (!spec.claimRef?.namespace || spec.claimRef.namespace === object.metadata.namespace),
    );
    const message = `no PersistentVolume of class ${name} holds ${storage} with ${accessModes}`;
    if (!fits) yield { object, path: "spec.storageClassName", message };
  }
  for (const object of volumes) {
    const { hostPath, local, nodeAffinity, capacity, storageClassName: name = "", claimRef } = object.spec ?? {};
    const nodes = nodeAffinity?.required?.nodeSelectorTerms;
    if (!Object.keys(object.spec ?? {}).some((field) => SOURCE.test(field)))
      yield { object, path: "spec", message: "names no storage, such as local, nfs or csi" };
    if (local && !local.path.startsWith("/"))
      yield { object, path: "spec.local.path", message: `“${local.path}” has to begin with a slash` };
    if (nodes && !nodes.some(({ matchExpressions, matchFields }) => matchExpressions?.length || matchFields?.length))
      yield { object, path: "spec.nodeAffinity.required.nodeSelectorTerms", message: "names no node" };
    const claim = claimRef?.name && named(rendering, "PersistentVolumeClaim", claimRef.name, claimRef.namespace);
    if (claim && (claim.spec?.storageClassName ?? name) !== name) {
      const message = `is ${claim.spec?.storageClassName}, but the volume that is kept for it is ${name || "of no class"}`;
      yield { object: claim, path: "spec.storageClassName", message };
    }
    if (hostPath)
      yield { object, path: "spec.hostPath", message: "is another folder on each node: use local with nodeAffinity" };
    if (local && !nodeAffinity?.required)
      yield { object, path: "spec.nodeAffinity", message: "has to name the node whose folder it is" };
    if (!quantity(capacity?.storage))
      yield { object, path: "spec.capacity.storage", message: "has to be said, such as 1Gi" };
    yield* checkClass(object, name, classes);
  }
}

function* checkClass(object: KubernetesObject, name = "", classes: ReadonlyMap<string, unknown>): Findings {
  const path = "spec.storageClassName";
  const meant = misspelt(name, [...STORAGE_CLASSES, ...classes.keys()]);
  if (meant) yield { object, path, message: `there is no StorageClass ${name}: say ${meant}` };
  else if (name === OWN_CLASS && !classes.has(name)) {
    const message = `there is no StorageClass ${name}: take the component ${name}, in the chart persistence.local.enabled`;
    yield { object, path, message };
  }
}
