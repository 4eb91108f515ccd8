import type { IContainer } from "kubernetes-models/v1/Container";
import { type Findings, type KubernetesObject, ofKind, type Rendering } from "./objects.ts";
import { containersOf, type PodTemplate, podTemplates } from "./pods.ts";

const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/;
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
/** Roles and bindings have colons in theirs. */
const FREELY_NAMED = /^(?:Cluster)?Role(?:Binding)?$/;
const SHORT_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const PORT_NAME = /^(?=.*[a-z])(?!.*--)[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?$/;
const CRON =
  /^(?:@(?:yearly|annually|monthly|weekly|daily|hourly)|(?:[\d*/,-]+\s+){2}[\d*/,?-]+\s+[\w*/,-]+\s+[\w*/,?-]+)$/;

/** What the API server refuses though its schema lets it pass: names, what comes twice, and what excludes another. */
export function* checkRules(rendering: Rendering): Findings {
  for (const object of rendering.objects) yield* checkNames(object);
  for (const template of podTemplates(rendering)) yield* checkPod(template);
  for (const object of ofKind(rendering, "CronJob"))
    if (!CRON.test(object.spec?.schedule ?? ""))
      yield { object, path: "spec.schedule", message: `“${object.spec?.schedule}” is no schedule` };
  for (const object of ofKind(rendering, "PodDisruptionBudget"))
    if (object.spec?.minAvailable !== undefined && object.spec.maxUnavailable !== undefined)
      yield { object, path: "spec.maxUnavailable", message: "excludes minAvailable: say one of them" };
  for (const object of ofKind(rendering, "Service")) {
    yield* twice(object, "spec.ports", object.spec?.ports, ({ name }) => name);
    for (const [index, { port }] of (object.spec?.ports ?? []).entries())
      if (!isPort(port)) yield { object, path: `spec.ports[${index}].port`, message: `${port} is no port` };
  }
}

function* checkNames(object: KubernetesObject): Findings {
  const { kind, metadata } = object;
  const { name, labels = {} } = metadata;
  const fits = kind === "Service" || kind === "Namespace" ? SHORT_NAME : FREELY_NAMED.test(kind) ? /./ : NAME;
  if (!fits.test(name ?? "")) yield { object, path: "metadata.name", message: `“${name}” is no name` };
  for (const [key, value] of Object.entries(labels ?? {}))
    if (!LABEL_KEY.test(key) || !LABEL_VALUE.test(value))
      yield { object, path: `metadata.labels.${key}`, message: `“${key}: ${value}” is no label` };
}

function* checkPod(template: PodTemplate): Findings {
  const { object, spec, path, labels, lasting } = template;
  const metadata = object.kind === "Pod" ? "metadata" : path.replace(/spec$/, "metadata");
  for (const [key, value] of Object.entries(labels))
    if (!LABEL_KEY.test(key) || !LABEL_VALUE.test(value))
      yield { object, path: `${metadata}.labels.${key}`, message: `“${key}: ${value}” is no label` };

  const { restartPolicy = "Always" } = spec;
  if (object.kind !== "Pod" && lasting !== (restartPolicy === "Always")) {
    const message = `has to be ${lasting ? "Always" : "Never or OnFailure"} in a ${object.kind}`;
    yield { object, path: `${path}.restartPolicy`, message };
  }
  if (spec.containers.length === 0) yield { object, path: `${path}.containers`, message: "is empty" };
  yield* twice(object, `${path}.volumes`, spec.volumes, ({ name }) => name);
  for (const [index, { name, ...kinds }] of (spec.volumes ?? []).entries())
    if (Object.keys(kinds).length !== 1)
      yield { object, path: `${path}.volumes[${index}]`, message: `${name} has to be of one kind` };
  const containers = containersOf(template);
  yield* twice(object, `${path}.containers`, containers, ({ container }) => container.name);
  for (const { container, path: at } of containers) yield* checkContainer(object, at, container);
}

function* checkContainer(object: KubernetesObject, at: string, container: IContainer): Findings {
  if (!SHORT_NAME.test(container.name))
    yield { object, path: `${at}.name`, message: `“${container.name}” is no name of a container` };
  yield* twice(object, `${at}.env`, container.env, ({ name }) => name);
  yield* twice(object, `${at}.volumeMounts`, container.volumeMounts, ({ mountPath }) => mountPath);
  yield* twice(object, `${at}.ports`, container.ports, ({ name }) => name);
  for (const [index, { value, valueFrom }] of (container.env ?? []).entries())
    if (value && valueFrom) yield { object, path: `${at}.env[${index}]`, message: "has both value and valueFrom" };
  for (const [index, { name, containerPort }] of (container.ports ?? []).entries()) {
    if (name !== undefined && !PORT_NAME.test(name))
      yield { object, path: `${at}.ports[${index}].name`, message: `“${name}” is no name of a port (15 letters)` };
    if (!isPort(containerPort))
      yield { object, path: `${at}.ports[${index}].containerPort`, message: `${containerPort} is no port` };
  }
  for (const name of ["startupProbe", "livenessProbe", "readinessProbe"] as const) {
    const { exec, grpc, httpGet, tcpSocket, successThreshold = 1 } = container[name] ?? {};
    const ways = [exec, grpc, httpGet, tcpSocket].filter(Boolean).length;
    if (container[name] && ways !== 1) yield { object, path: `${at}.${name}`, message: "has to ask in one way" };
    if (name !== "readinessProbe" && successThreshold !== 1)
      yield { object, path: `${at}.${name}.successThreshold`, message: "has to be 1" };
  }
}

const isPort = (port: number | undefined) => port !== undefined && port >= 1 && port <= 65535;

/** An apply on the server refuses a list in which a key comes twice. */
function* twice<Item>(
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
