import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import type { IHorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import type { IIngress } from "kubernetes-models/networking.k8s.io/v1/Ingress";

interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

interface Kinds {
  readonly Deployment: IDeployment;
  readonly Ingress: IIngress;
  readonly HorizontalPodAutoscaler: IHorizontalPodAutoscaler;
}

const objectsOf = (yaml: string) =>
  ([Bun.YAML.parse(yaml)].flat(2) as (KubernetesObject | null)[]).filter((each) => each !== null);

/** Returns the rendering's one object of a kind, or undefined. */
export const find = <Kind extends keyof Kinds>(yaml: string, kind: Kind): Kinds[Kind] | undefined =>
  objectsOf(yaml).find((each) => each.kind === kind) as Kinds[Kind] | undefined;

export const imageOf = (app: IDeployment | undefined) => app?.spec?.template.spec?.containers[0]?.image;

/** Whether the pods mount a volume for data: SQLite's file. */
export const usesSqlite = (app: IDeployment | undefined): boolean =>
  app?.spec?.template.spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim) === true;

/** Kinds that hold data, or that others may use. Only a person removes them. */
const NEVER_REMOVED = ["Namespace", "PersistentVolume", "PersistentVolumeClaim", "Secret", "StorageClass"];

/** Returns the objects that only the first rendering has. `kubectl apply` leaves them in the cluster. */
export function onlyIn(first: string, second: string): KubernetesObject[] {
  const keyOf = ({ apiVersion, kind, metadata }: KubernetesObject) =>
    [apiVersion.split("/").slice(0, -1).join(), kind, metadata.name].join();
  const kept = new Set(objectsOf(second).map(keyOf));
  return objectsOf(first)
    .filter((each) => !kept.has(keyOf(each)) && !NEVER_REMOVED.includes(each.kind))
    .map(({ apiVersion, kind, metadata: { name, namespace } }) => ({
      apiVersion,
      kind,
      metadata: { name, namespace },
    }));
}
