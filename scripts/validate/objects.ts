import type { ICertificate } from "@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate";
import type { IPodMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor";
import type { IProbe } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/Probe";
import type { IServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";
import type { IDaemonSet } from "kubernetes-models/apps/v1/DaemonSet";
import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import type { IStatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import type { IHorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import type { ICronJob } from "kubernetes-models/batch/v1/CronJob";
import type { IJob } from "kubernetes-models/batch/v1/Job";
import type { IEndpointSlice } from "kubernetes-models/discovery.k8s.io/v1/EndpointSlice";
import type { IIngress } from "kubernetes-models/networking.k8s.io/v1/Ingress";
import type { INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import type { IPodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import type { IClusterRoleBinding } from "kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRoleBinding";
import type { IRoleBinding } from "kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding";
import type { IStorageClass } from "kubernetes-models/storage.k8s.io/v1/StorageClass";
import type { IConfigMap } from "kubernetes-models/v1/ConfigMap";
import type { IPersistentVolume } from "kubernetes-models/v1/PersistentVolume";
import type { IPersistentVolumeClaim } from "kubernetes-models/v1/PersistentVolumeClaim";
import type { ISecret } from "kubernetes-models/v1/Secret";
import type { IService } from "kubernetes-models/v1/Service";
import type { IServiceAccount } from "kubernetes-models/v1/ServiceAccount";

/** What every object has. Its kind tells the rest: see `ofKind`. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
}

/** Something wrong, and where. */
export interface Finding {
  /** A file, where the fault is in one as it is written; otherwise the rendering's name is told. */
  readonly file?: string;
  readonly object?: KubernetesObject;
  /** Such as `spec.template.spec.containers[0].image`. */
  readonly path: string;
  readonly message: string;
}

/** What one overlay, or the chart with one file of values, comes to. */
export interface Rendering {
  /** The folder or files that it is made of. */
  readonly name: string;
  readonly objects: readonly KubernetesObject[];
  /** The file that each object comes from, as far as the tool that rendered it tells. */
  readonly sources: ReadonlyMap<KubernetesObject, string>;
  /** The namespace that is there before, as Helm does not make the one of a release. */
  readonly namespace?: string;
  /** The Secrets that a chart's values name: who sets such a value says that it is there. */
  readonly secrets?: ReadonlySet<string>;
}

export type Findings = Generator<Finding, void>;

interface Kinds {
  Certificate: ICertificate;
  ClusterRoleBinding: IClusterRoleBinding;
  ConfigMap: IConfigMap;
  CronJob: ICronJob;
  DaemonSet: IDaemonSet;
  Deployment: IDeployment;
  EndpointSlice: IEndpointSlice;
  HorizontalPodAutoscaler: IHorizontalPodAutoscaler;
  Ingress: IIngress;
  Job: IJob;
  NetworkPolicy: INetworkPolicy;
  PersistentVolume: IPersistentVolume;
  PersistentVolumeClaim: IPersistentVolumeClaim;
  PodDisruptionBudget: IPodDisruptionBudget;
  PodMonitor: IPodMonitor;
  Probe: IProbe;
  RoleBinding: IRoleBinding;
  Secret: ISecret;
  Service: IService;
  ServiceAccount: IServiceAccount;
  ServiceMonitor: IServiceMonitor;
  StatefulSet: IStatefulSet;
  StorageClass: IStorageClass;
}

/** The objects of a kind, typed. The schema check has proven the types before any other check runs. */
export function ofKind<Kind extends keyof Kinds>({ objects }: Rendering, kind: Kind) {
  return objects.filter((object): object is KubernetesObject & Kinds[Kind] => object.kind === kind);
}

/** @returns the object of a kind with a name, in a namespace unless the kind knows none */
export function named<Kind extends keyof Kinds>(rendering: Rendering, kind: Kind, name: string, namespace?: string) {
  return ofKind(rendering, kind).find(
    ({ metadata }) => metadata.name === name && (!namespace || !metadata.namespace || metadata.namespace === namespace),
  );
}

/** An annotation that lists what an object names though nothing here makes it: `Secret/ghcr, PriorityClass/high`. */
const MADE_ELSEWHERE = "taskflow.local/made-elsewhere";

/** Whether the manifests say that somebody else makes an object. */
export function isMadeElsewhere({ objects }: Rendering, kind: string, name: string): boolean {
  return objects.some(({ metadata }) =>
    (metadata.annotations?.[MADE_ELSEWHERE] ?? "").split(/[\s,]+/).includes(`${kind}/${name}`),
  );
}

export interface Selector {
  readonly matchLabels?: Record<string, string>;
  readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

/** Whether a label selector takes something with these labels. One that is empty takes everything. */
export function selects(selector: Selector | undefined, labels: Record<string, string> = {}): boolean {
  return (
    Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      const among = value !== undefined && values.includes(value);
      return operator === "In" ? among : !among;
    })
  );
}

/** @returns the known word that another one is a slip of the hand away from, unless it is known itself */
export function misspelt(word: string, known: readonly string[]): string | undefined {
  if (known.includes(word)) return undefined;
  return known.find((each) => each.length > 3 && distance(word, each) <= (each.length > 6 ? 2 : 1));
}

/** How many letters have to be added, taken away or changed to get from one word to another (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [place, other] of [...to].entries())
      next.push(
        Math.min((next[place] ?? 0) + 1, (row[place + 1] ?? 0) + 1, (row[place] ?? 0) + (letter === other ? 0 : 1)),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}
