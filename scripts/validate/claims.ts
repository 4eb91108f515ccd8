import { type Findings, ofKind, type Rendering } from "./objects.ts";
import { quantity } from "./quantities.ts";

/** Storage classes that a cluster brings: k3s has this one, whose volumes are folders of one node. */
const STORAGE_CLASSES = ["local-path"];
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
    const found = name === undefined || name === "" || STORAGE_CLASSES.includes(name) || classes.has(name);
    if (!found) yield { object, path: "spec.storageClassName", message: `there is no StorageClass ${name}` };
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
        (!spec.claimRef?.name || spec.claimRef.name === object.metadata.name),
    );
    const message = `no PersistentVolume of class ${name} holds ${storage} with ${accessModes}`;
    if (!fits) yield { object, path: "spec.storageClassName", message };
  }
  for (const object of volumes) {
    const { hostPath, local, nodeAffinity, capacity, storageClassName: name = "" } = object.spec ?? {};
    if (hostPath)
      yield { object, path: "spec.hostPath", message: "is another folder on each node: use local with nodeAffinity" };
    if (local && !nodeAffinity?.required)
      yield { object, path: "spec.nodeAffinity", message: "has to name the node whose folder it is" };
    if (!quantity(capacity?.storage))
      yield { object, path: "spec.capacity.storage", message: "has to be said, such as 1Gi" };
    if (name && !classes.has(name) && !STORAGE_CLASSES.includes(name))
      yield { object, path: "spec.storageClassName", message: `there is no StorageClass ${name}` };
  }
}
