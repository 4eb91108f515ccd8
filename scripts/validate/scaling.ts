import { type Findings, named, ofKind, type Rendering } from "./objects.ts";

type Scaler = ReturnType<typeof ofKind<"HorizontalPodAutoscaler">>[number];
type Metric = NonNullable<NonNullable<Scaler["spec"]>["metrics"]>[number];

/** Kubernetes' own names for where a metric comes from, by its type. */
const SOURCES = {
  Resource: "resource",
  ContainerResource: "containerResource",
  Pods: "pods",
  Object: "object",
  External: "external",
} as const;
const TARGETS = { Utilization: "averageUtilization", AverageValue: "averageValue", Value: "value" } as const;

/** What scales has something to scale, by a measure that the API server takes, and nobody works against it. */
export function* checkScaling(rendering: Rendering): Findings {
  for (const scaler of ofKind(rendering, "HorizontalPodAutoscaler")) {
    yield* checkScaler(rendering, scaler);
    for (const [index, metric] of (scaler.spec?.metrics ?? []).entries())
      for (const [path, message] of metricFaults(metric))
        yield { object: scaler, path: `spec.metrics[${index}]${path}`, message };
  }
}

function* metricFaults(metric: Metric): Generator<[path: string, message: string]> {
  const source = SOURCES[metric.type as keyof typeof SOURCES];
  const measure = source && metric[source];
  if (!measure) {
    yield source
      ? [`.${source}`, `has to be said, as the type is ${metric.type}`]
      : [".type", `has to be one of ${Object.keys(SOURCES).join(", ")}`];
    return;
  }
  const { target } = measure;
  if ("name" in measure && !["cpu", "memory"].includes(measure.name))
    yield [`.${source}.name`, `there is no measure ${measure.name} of a pod: cpu or memory`];
  const field = TARGETS[target.type as keyof typeof TARGETS];
  const at = `.${source}.target`;
  if (!field) yield [`${at}.type`, `has to be one of ${Object.keys(TARGETS).join(", ")}`];
  else if (!(Number.parseFloat(String(target[field])) > 0))
    yield [`${at}.${field}`, `has to be said and over 0, as the type is ${target.type}`];
}

function* checkScaler(rendering: Rendering, object: Scaler): Findings {
  const { scaleTargetRef, minReplicas = 1, maxReplicas = 1 } = object.spec ?? {};
  if (maxReplicas < 1) yield { object, path: "spec.maxReplicas", message: "has to be at least 1" };
  if (minReplicas < 1) yield { object, path: "spec.minReplicas", message: "has to be at least 1" };
  const { kind, name = "" } = scaleTargetRef ?? {};
  const target =
    kind === "Deployment" || kind === "StatefulSet"
      ? named(rendering, kind, name, object.metadata.namespace)
      : undefined;
  if (!target) {
    yield { object, path: "spec.scaleTargetRef.name", message: `there is no ${kind} ${name}` };
    return;
  }
  if (scaleTargetRef?.apiVersion !== target.apiVersion) {
    const message = `${scaleTargetRef?.apiVersion ?? "nothing"} has no ${kind}: say ${target.apiVersion}`;
    yield { object, path: "spec.scaleTargetRef.apiVersion", message };
  }
  const others = ofKind(rendering, "HorizontalPodAutoscaler").filter(
    (each) => each.spec?.scaleTargetRef.kind === kind && each.spec.scaleTargetRef.name === name,
  );
  if (others[0] !== object)
    yield {
      object,
      path: "spec.scaleTargetRef",
      message: `HorizontalPodAutoscaler/${others[0]?.metadata.name} scales it, too`,
    };
  if (minReplicas > maxReplicas)
    yield { object, path: "spec.minReplicas", message: `${minReplicas} is over maxReplicas, ${maxReplicas}` };
  if (target.spec?.replicas !== undefined)
    yield {
      object: target,
      path: "spec.replicas",
      message: `each apply would undo what HorizontalPodAutoscaler/${object.metadata.name} has set: leave it out (the component postgres does, named after what says it)`,
    };
}
