import { isIP } from "node:net";
import { type Findings, type KubernetesObject, ofKind, type Rendering } from "./objects.ts";
import { podTemplates } from "./pods.ts";
import { scheduleFault, timeZoneFault } from "./schedules.ts";

const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/;
const NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
/** Roles and bindings have colons in theirs. */
const FREELY_NAMED = /^(?:Cluster)?Role(?:Binding)?$/;
const SHORT_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const CONFIG_KEY = /^[\w.-]{1,253}$/;
/** A Job made by a CronJob adds eleven letters to its name, and a pod's label takes 63. */
const CRON_JOB_LETTERS = 52;
/** How often Kubernetes looks for CronJobs that are due, in seconds. */
const SHORTEST_DELAY = 10;

/** What the API server refuses though its schema lets it pass: names, what comes twice, and what excludes another. */
export function* checkRules(rendering: Rendering): Findings {
  for (const object of rendering.objects) {
    yield* checkMetadata(object);
    yield* checkSigns(object, object, "");
  }
  for (const { object, metadata, labels, annotations } of podTemplates(rendering))
    if (metadata !== "metadata") yield* checkKeys(object, metadata, labels, annotations);
  for (const object of ofKind(rendering, "CronJob")) yield* checkCronJob(object);
  for (const object of ofKind(rendering, "PodDisruptionBudget"))
    if (object.spec?.minAvailable !== undefined && object.spec.maxUnavailable !== undefined)
      yield { object, path: "spec.maxUnavailable", message: "excludes minAvailable: say one of them" };
  for (const object of ofKind(rendering, "Service")) yield* checkService(object);
  for (const object of ofKind(rendering, "ConfigMap"))
    for (const field of ["data", "binaryData"] as const)
      for (const key of Object.keys(object[field] ?? {}))
        if (!CONFIG_KEY.test(key))
          yield { object, path: `${field}.${key}`, message: `“${key}” is no key: letters, digits, - _ and .` };
}

function* checkMetadata(object: KubernetesObject): Findings {
  const { kind, metadata } = object;
  const { name = "", labels = {}, annotations = {}, namespace } = metadata;
  const fits = kind === "Service" || kind === "Namespace" ? SHORT_NAME : FREELY_NAMED.test(kind) ? /./ : NAME;
  if (!fits.test(name) || name.length > 253)
    yield { object, path: "metadata.name", message: `“${name}” is no name: small letters, digits and hyphens` };
  if (namespace !== undefined && !SHORT_NAME.test(namespace))
    yield { object, path: "metadata.namespace", message: `“${namespace}” is no name of a namespace` };
  yield* checkKeys(object, "metadata", labels, annotations);
}

function* checkKeys(
  object: KubernetesObject,
  at: string,
  labels: Record<string, string>,
  annotations: Record<string, string>,
): Findings {
  for (const [key, value] of Object.entries(labels))
    if (!LABEL_KEY.test(key) || !LABEL_VALUE.test(value))
      yield { object, path: `${at}.labels.${key}`, message: `“${key}: ${value}” is no label` };
  for (const key of Object.keys(annotations))
    if (!LABEL_KEY.test(key.toLowerCase()))
      yield { object, path: `${at}.annotations.${key}`, message: `“${key}” is no name of an annotation` };
}

/** Counts and times that may be 0, but not less. */
const COUNTS =
  /^(?:replicas|(?:min|max)Replicas|\w+Seconds|seconds|\w+Limit|parallelism|completions|failureThreshold|successThreshold|runAsUser|runAsGroup|fsGroup)$/;
/** The operators of selectors: of labels, and those that only nodes have; true where they take values. */
const OPERATORS: Record<string, boolean> = { In: true, NotIn: true, Exists: false, DoesNotExist: false };
const OF_NODES: Record<string, boolean> = { ...OPERATORS, Gt: true, Lt: true };

function* checkSigns(object: KubernetesObject, value: unknown, path: string): Findings {
  if (value === null || typeof value !== "object") return;
  for (const [key, child] of Object.entries(value)) {
    const at = Array.isArray(value) ? `${path}[${key}]` : path ? `${path}.${key}` : key;
    if (typeof child === "number" && child < 0 && COUNTS.test(key))
      yield { object, path: at, message: `${child} has to be at least 0` };
    if (key === "matchExpressions" && Array.isArray(child))
      yield* checkExpressions(object, at, child as Expression[], path.includes(".nodeAffinity"));
    yield* checkSigns(object, child, at);
  }
}

interface Expression {
  readonly operator?: string;
  readonly values?: readonly string[];
}

function* checkExpressions(
  object: KubernetesObject,
  at: string,
  all: readonly Expression[],
  ofNodes: boolean,
): Findings {
  const known = ofNodes ? OF_NODES : OPERATORS;
  for (const [index, { operator = "", values = [] }] of all.entries()) {
    const path = `${at}[${index}]`;
    if (!Object.hasOwn(known, operator))
      yield { object, path: `${path}.operator`, message: `has to be one of ${Object.keys(known).join(", ")}` };
    else if (known[operator] !== values.length > 0) {
      const message = known[operator] ? `${operator} takes values: name one` : `${operator} takes no values`;
      yield { object, path: `${path}.values`, message };
    }
  }
}

function* checkCronJob(object: ReturnType<typeof ofKind<"CronJob">>[number]): Findings {
  const { schedule = "", timeZone, startingDeadlineSeconds: late } = object.spec ?? {};
  if (late !== undefined && late < SHORTEST_DELAY) {
    const message = `${late} s are fewer than the ${SHORTEST_DELAY} between two looks at the clock: it may never run`;
    yield { object, path: "spec.startingDeadlineSeconds", message };
  }
  const fault = scheduleFault(schedule);
  if (fault) yield { object, path: "spec.schedule", message: fault };
  const zone = timeZone === undefined ? undefined : timeZoneFault(timeZone);
  if (zone) yield { object, path: "spec.timeZone", message: zone };
  const { name } = object.metadata;
  if (name.length > CRON_JOB_LETTERS)
    yield {
      object,
      path: "metadata.name",
      message: `has ${name.length} letters: a CronJob's may have ${CRON_JOB_LETTERS}`,
    };
}

function* checkService(object: ReturnType<typeof ofKind<"Service">>[number]): Findings {
  const { ports = [], clusterIP, type = "ClusterIP" } = object.spec ?? {};
  if (clusterIP && clusterIP !== "None" && !isIP(clusterIP))
    yield { object, path: "spec.clusterIP", message: `${clusterIP} is no address: leave it out, or say None` };
  yield* twice(object, "spec.ports", ports, ({ name }) => name);
  yield* twice(object, "spec.ports", ports, ({ port, protocol = "TCP" }) => `${port}/${protocol}`);
  for (const [index, { port, name, nodePort }] of ports.entries()) {
    if (nodePort && !["NodePort", "LoadBalancer"].includes(type)) {
      const message = `goes with the types NodePort and LoadBalancer, not with ${type}: leave it out`;
      yield { object, path: `spec.ports[${index}].nodePort`, message };
    }
    if (!isPort(port)) yield { object, path: `spec.ports[${index}].port`, message: `${port} is no port` };
    if (ports.length > 1 && !name)
      yield { object, path: `spec.ports[${index}].name`, message: "has to be said where there are several ports" };
  }
  if (ports.length === 0 && object.spec?.type !== "ExternalName" && object.spec?.clusterIP !== "None")
    yield { object, path: "spec.ports", message: "is empty: say which port leads to which of the pods" };
}

export const isPort = (port: number | undefined) => port !== undefined && port >= 1 && port <= 65535;

/** An apply on the server refuses a list in which a key comes twice. */
export function* twice<Item>(
  object: KubernetesObject,
  path: string,
  list: readonly Item[] | undefined,
  keyOf: (item: Item) => string | undefined,
): Findings {
  const seen = new Set<string>();
  for (const item of list ?? []) {
    const key = keyOf(item);
    if (key !== undefined && seen.has(key)) yield { object, path, message: `${key} comes twice` };
    else if (key !== undefined) seen.add(key);
  }
}
