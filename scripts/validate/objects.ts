import type { IContainer } from "kubernetes-models/v1/Container";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: the schema check runs first and proves the types of each kind's fields
  readonly [field: string]: any;
}

/** One rendered overlay, or the chart rendered with one set of values files. */
export interface Rendering {
  readonly name: string;
  readonly objects: readonly KubernetesObject[];
  /** Names in the user's values files of Secrets and middlewares, which the user creates. */
  readonly given: readonly string[];
}

/** The path is a field of the object, such as `spec.template.spec.containers[0].image`. */
export type Finding = readonly [object: KubernetesObject, path: string, message: string];
export type Findings = Generator<Finding, void>;

export const ofKind = ({ objects }: Rendering, kind: string) => objects.filter((object) => object.kind === kind);
export const titleOf = ({ kind, metadata }: KubernetesObject) => `${kind}/${metadata.name}`;

/** The template of all pods that an object creates. */
export interface PodTemplate {
  readonly object: KubernetesObject;
  readonly labels: Record<string, string>;
  readonly spec: IPodSpec;
  /** Path of the spec in the object. */
  readonly path: string;
  readonly containers: readonly PlacedContainer[];
  /** False for pods that run to completion, such as those of a CronJob. */
  readonly serves: boolean;
}
export interface PlacedContainer {
  readonly container: IContainer;
  readonly path: string;
  /** False for other containers that an overlay adds. */
  readonly isApp: boolean;
}

export function podTemplates({ objects }: Rendering): PodTemplate[] {
  return objects.flatMap((object) => {
    const parent = { CronJob: "spec.jobTemplate.spec.template.", Pod: "" }[object.kind] ?? "spec.template.";
    const template = parent.split(".").reduce((value, key) => (key ? value?.[key] : value), object);
    const spec: IPodSpec | undefined = template?.spec;
    if (!spec?.containers) return [];
    const path = `${parent}spec`;
    const containers = (["initContainers", "containers"] as const).flatMap((list) =>
      (spec[list] ?? []).map((container, index) => {
        return { container, path: `${path}.${list}[${index}]`, isApp: container.name === "taskflow" };
      }),
    );
    const serves = !["CronJob", "Job", "Pod"].includes(object.kind);
    return { object, labels: template?.metadata?.labels ?? {}, spec, path, containers, serves };
  });
}

/** Returns whether a container of the pod declares a port, given its name or number. */
export const hasPort = ({ containers }: PodTemplate, port: number | string) =>
  containers.some(({ container }) =>
    container.ports?.some((each) => port === each.name || port === each.containerPort),
  );

export interface Selector {
  readonly matchLabels?: Record<string, string>;
  readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

/** Returns whether a label selector matches a set of labels. An empty selector matches everything. */
export function selects(selector: Selector | undefined, labels: Record<string, string>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      const matches = key in labels && (values?.includes(labels[key] ?? "") ?? true);
      return matches === (operator === "In" || operator === "Exists");
    })
  );
}

/** Yields all fields below a value, with their paths. */
// biome-ignore lint/suspicious/noExplicitAny: as in KubernetesObject
export function* fieldsOf(value: any, path: string): Generator<{ path: string; key: string; value: any }> {
  if (value === null || typeof value !== "object") return;
  for (const [key, child] of Object.entries(value)) {
    const at = Array.isArray(value) ? `${path}[${key}]` : path ? `${path}.${key}` : key;
    yield { path: at, key, value: child };
    yield* fieldsOf(child, at);
  }
}
