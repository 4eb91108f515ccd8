import { type Findings, ofKind, type Rendering, selects } from "./objects.ts";
import { containersOf, environmentOf, type PodTemplate, podTemplates, runsTaskFlow } from "./pods.ts";
import { patienceOf } from "./probes.ts";
import { share } from "./quantities.ts";
import { servedBy } from "./traffic.ts";

/** Until everybody who sends requests has heard that a pod goes. */
const NOTICE_SECONDS = 3;
/** How long TaskFlow goes on with what is under way once it has stopped listening: see src/serve.ts. */
const DRAIN_SECONDS = 10;

type Deployment = ReturnType<typeof ofKind<"Deployment">>[number];

/** How many pods a Deployment has at the least and at the most, with what scales it; a rollout adds its surge. */
export function replicasOf(rendering: Rendering, { spec, metadata }: Deployment) {
  const scaler = ofKind(rendering, "HorizontalPodAutoscaler").find(
    (each) => each.spec?.scaleTargetRef.kind === "Deployment" && each.spec.scaleTargetRef.name === metadata.name,
  );
  const replicas = spec?.replicas ?? 1;
  const least = scaler ? (scaler.spec?.minReplicas ?? 1) : replicas;
  const most = scaler?.spec?.maxReplicas ?? replicas;
  const { type, rollingUpdate } = spec?.strategy ?? {};
  const surge = type === "Recreate" ? 0 : share(rollingUpdate?.maxSurge ?? "25%", most, Math.ceil);
  return { scaler, least, most, peak: most + surge };
}

/** A rollout, the end of a pod and a drained node lose no request, and are not blocked for ever either. */
export function* checkRollout(rendering: Rendering): Findings {
  const templates = podTemplates(rendering);
  const serving = new Set(
    ofKind(rendering, "Service").flatMap((service) => servedBy(service, templates).map(({ object }) => object)),
  );
  for (const template of templates) yield* checkEnd(rendering, template, serving.has(template.object));
  for (const deployment of ofKind(rendering, "Deployment"))
    if (serving.has(deployment)) {
      yield* checkStrategy(deployment);
      yield* checkDrains(rendering, deployment);
    }
  for (const deployment of ofKind(rendering, "Deployment")) yield* checkDeadline(deployment);
  for (const budget of ofKind(rendering, "PodDisruptionBudget")) yield* checkBudget(rendering, budget);
}

/** The grace period holds the pause before the pod stops, the delay in which it still serves, and the drain. */
function* checkEnd(rendering: Rendering, template: PodTemplate, served: boolean): Findings {
  const { spec, object, path, lasting } = template;
  if (!lasting) return;
  for (const { container, path: at } of containersOf(template)) {
    if (!runsTaskFlow(container) || at.includes(".initContainers[")) continue;
    const delay = Number(environmentOf(rendering, template, container).get("SHUTDOWN_DELAY") ?? 0);
    const pause = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
    const needed = pause + delay + DRAIN_SECONDS;
    const grace = spec.terminationGracePeriodSeconds ?? 30;
    if (served && pause + delay < NOTICE_SECONDS) {
      const message = `loses requests in a rollout, as some still come when the pod stops: say “sleep: { seconds: 5 }”, or SHUTDOWN_DELAY`;
      yield { object, path: `${at}.lifecycle.preStop`, message };
    }
    if (grace > needed) continue;
    const message = `${grace} s are not over the ${needed} s that a pod takes to end: ${pause} of preStop, ${delay} of SHUTDOWN_DELAY, ${DRAIN_SECONDS} to drain`;
    yield { object, path: `${path}.terminationGracePeriodSeconds`, message };
  }
}

function* checkStrategy(object: Deployment): Findings {
  const { type = "RollingUpdate", rollingUpdate } = object.spec?.strategy ?? {};
  if (type !== "RollingUpdate") {
    yield { object, path: "spec.strategy.type", message: `${type} stops the old pods before there are new ones` };
    return;
  }
  if (share(rollingUpdate?.maxUnavailable ?? "25%", 100, Math.floor) !== 0)
    yield {
      object,
      path: "spec.strategy.rollingUpdate.maxUnavailable",
      message: "has to be 0: an old pod goes when a new one is ready",
    };
  else if (!(share(rollingUpdate?.maxSurge ?? "25%", 100, Math.ceil) > 0))
    yield {
      object,
      path: "spec.strategy.rollingUpdate.maxSurge",
      message: "has to be over 0 where maxUnavailable is 0, or no rollout ever begins",
    };
}

/** A rollout is given up when no pod is ready for this long, which a start may take. */
function* checkDeadline(object: Deployment): Findings {
  const { progressDeadlineSeconds: deadline = 600, minReadySeconds = 0, template } = object.spec ?? {};
  const path = "spec.progressDeadlineSeconds";
  if (minReadySeconds >= deadline) {
    const message = `${deadline} s have to be over minReadySeconds, ${minReadySeconds}`;
    yield { object, path, message };
  }
  for (const { startupProbe } of template?.spec?.containers ?? []) {
    const start = startupProbe ? patienceOf(startupProbe) : 0;
    if (start + minReadySeconds < deadline) continue;
    const message = `${deadline} s have to be over the ${start + minReadySeconds} s that a start may take by its startupProbe`;
    yield { object, path, message };
  }
}

/** Whoever drains a node takes all of its pods at once, unless a budget says otherwise. */
function* checkDrains(rendering: Rendering, object: Deployment): Findings {
  const { least } = replicasOf(rendering, object);
  const labels = object.spec?.template.metadata?.labels;
  const kept = ofKind(rendering, "PodDisruptionBudget").some(
    ({ spec, metadata }) => metadata.namespace === object.metadata.namespace && selects(spec?.selector, labels),
  );
  if (least < 2 || kept) return;
  const message = `a drained node may take all ${least} pods at once: add a PodDisruptionBudget for them`;
  yield { object, path: "spec.replicas", message };
}

function* checkBudget(
  rendering: Rendering,
  object: ReturnType<typeof ofKind<"PodDisruptionBudget">>[number],
): Findings {
  const { selector, minAvailable, maxUnavailable } = object.spec ?? {};
  if (minAvailable === undefined && maxUnavailable === undefined) {
    yield { object, path: "spec.maxUnavailable", message: "has to be said, or nothing is kept: 1" };
    return;
  }
  for (const deployment of ofKind(rendering, "Deployment")) {
    if (!selects(selector, deployment.spec?.template.metadata?.labels)) continue;
    const { least } = replicasOf(rendering, deployment);
    const mayGo =
      minAvailable !== undefined
        ? least - share(minAvailable, least, Math.ceil)
        : share(maxUnavailable ?? 1, least, Math.ceil);
    const path = minAvailable !== undefined ? "spec.minAvailable" : "spec.maxUnavailable";
    if (least > 1 && mayGo >= least)
      yield { object, path, message: `lets a drained node take all ${least} pods at once` };
    if (mayGo > 0) continue;
    const message = `with ${least} pod${least === 1 ? "" : "s"} it forbids every eviction: no node can be drained`;
    yield { object, path, message };
  }
}
