import type { IProbe } from "kubernetes-models/v1/Probe";
import { type Findings, ofKind, type Rendering } from "./objects.ts";
import { containersOf, isProgram, type PlacedContainer, podTemplates, runsTaskFlow } from "./pods.ts";
import type { Program } from "./program.ts";
import { servedBy } from "./traffic.ts";

const PROBES = ["startupProbe", "livenessProbe", "readinessProbe"] as const;
const HOOKS = ["preStop", "postStart"] as const;
type ProbeName = (typeof PROBES)[number];
/** A pod that takes no requests is to be noticed within a minute. */
const LONGEST_READINESS = 60;
/** A pod may stand still for a moment, while a disk or a neighbour is busy. */
const LONGEST_HICCUP = 20;
/** Nobody waits longer than that for a pod that has stopped to work. */
const LONGEST_LIVENESS = 600;
/** A start opens the database, and may bring it up to date. */
const SHORTEST_START = 10;

/** The paths that the probes of TaskFlow's containers ask for. */
export function probedPaths(renderings: readonly Rendering[]): string[] {
  return renderings
    .flatMap(podTemplates)
    .flatMap(containersOf)
    .filter(({ container }) => runsTaskFlow(container))
    .flatMap(({ container }) => [
      ...PROBES.flatMap((name) => pathOf(container[name]) ?? []),
      ...HOOKS.flatMap((name) => pathOf(container.lifecycle?.[name]) ?? []),
    ]);
}

/** One that is left out is the front page. */
const pathOf = (probe: Pick<IProbe, "httpGet"> | undefined) => probe?.httpGet && (probe.httpGet.path || "/");

/** How long a probe goes on asking before it gives up, in seconds. */
export function patienceOf({ initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 }: IProbe): number {
  return initialDelaySeconds + periodSeconds * failureThreshold;
}

/** Every probe asks what TaskFlow answers, what it is meant to ask, and neither too often nor too seldom. */
export function* checkProbes(rendering: Rendering, program: Program): Findings {
  const templates = podTemplates(rendering);
  const served = new Set(ofKind(rendering, "Service").flatMap((service) => servedBy(service, templates)));
  for (const template of templates)
    for (const placed of containersOf(template)) {
      const { container, path } = placed;
      for (const [at, message] of probeFaults(placed, program)) yield { object: template.object, path: at, message };
      for (const [at, message] of hookFaults(placed, program)) yield { object: template.object, path: at, message };
      if (!served.has(template) || !template.lasting || path.includes(".initContainers[")) continue;
      if (!container.ports?.length && !runsTaskFlow(container)) continue;
      for (const name of PROBES)
        if (!container[name])
          yield {
            object: template.object,
            path: `${path}.${name}`,
            message: "is missing: say what to ask, and how often",
          };
    }
}

function* probeFaults({ container, path }: PlacedContainer, program: Program): Generator<[string, string]> {
  for (const name of PROBES) {
    const probe = container[name];
    if (!probe) continue;
    const at = `${path}.${name}`;
    const { httpGet, tcpSocket, exec, grpc, periodSeconds = 10, timeoutSeconds = 1 } = probe;
    for (const [way, port] of Object.entries({ httpGet: httpGet?.port, tcpSocket: tcpSocket?.port, grpc: grpc?.port }))
      if (port !== undefined && !container.ports?.some((each) => each.name === port || each.containerPort === port))
        yield [`${at}.${way}.port`, `the container has no port ${port}`];
    if (timeoutSeconds > periodSeconds)
      yield [
        `${at}.timeoutSeconds`,
        `${timeoutSeconds} s are longer than the ${periodSeconds} s between two questions`,
      ];
    yield* budgetFaults(name, probe, at);
    if (!runsTaskFlow(container)) continue;
    if (exec) {
      const [command, word] = exec.command ?? [];
      if (!isProgram(command) || word !== "health")
        yield [`${at}.exec.command`, `the image has no ${command}, only taskflow: use httpGet, or [taskflow, health]`];
      else if (name === "livenessProbe")
        yield [`${at}.exec.command`, "asks whether TaskFlow is ready, which would kill a pod that drains: use httpGet"];
    }
    if (grpc) yield [`${at}.grpc`, "TaskFlow speaks HTTP, not gRPC: use httpGet"];
    if (tcpSocket && name !== "startupProbe")
      yield [`${at}.tcpSocket`, "an open port does not say that TaskFlow works: use httpGet"];
    if (httpGet?.scheme === "HTTPS") yield [`${at}.httpGet.scheme`, "TaskFlow speaks plain HTTP inside the cluster"];
    const asked = pathOf(probe);
    const answer = asked && program.answer(asked);
    const fault = answer && faultOf(name, answer);
    if (fault) yield [`${at}.httpGet.path`, `${asked} ${fault}`];
  }
}

/** How long each may go on: what is left out is Kubernetes' own. */
function* budgetFaults(name: ProbeName, probe: IProbe, at: string): Generator<[string, string]> {
  for (const field of ["periodSeconds", "timeoutSeconds", "failureThreshold", "successThreshold"] as const)
    if ((probe[field] ?? 1) < 1) yield [`${at}.${field}`, "has to be at least 1"];
  const patience = patienceOf(probe);
  if (name === "readinessProbe" && patience - (probe.initialDelaySeconds ?? 0) > LONGEST_READINESS)
    yield [
      `${at}.failureThreshold`,
      `a pod that answers nothing is sent requests for ${patience} s: ask more often, ${LONGEST_READINESS} s at most`,
    ];
  if (name === "livenessProbe" && patience > LONGEST_LIVENESS)
    yield [
      `${at}.failureThreshold`,
      `leaves a pod that hangs as it is for ${patience} s: ask more often, ${LONGEST_LIVENESS} s at most`,
    ];
  if (name === "startupProbe" && patience < SHORTEST_START)
    yield [
      `${at}.failureThreshold`,
      `kills a pod that takes over ${patience} s to start: allow at least ${SHORTEST_START} s`,
    ];
  if (name === "livenessProbe" && (probe.failureThreshold ?? 3) < 2 && patience < LONGEST_HICCUP)
    yield [`${at}.failureThreshold`, "kills a pod for one answer that comes late: say at least 2"];
}

/** Hooks are run in the image, which has no other program than TaskFlow. */
function* hookFaults({ container, path }: PlacedContainer, program: Program): Generator<[string, string]> {
  if (!runsTaskFlow(container)) return;
  for (const hook of HOOKS) {
    const asked = pathOf(container.lifecycle?.[hook]);
    const { status = 200 } = (asked && program.answer(asked)?.serving) || {};
    if (status >= 400)
      yield [
        `${path}.lifecycle.${hook}.httpGet.path`,
        `TaskFlow answers ${status} to ${asked}: to wait use “sleep: { seconds: 5 }”`,
      ];
    const command = container.lifecycle?.[hook]?.exec?.command;
    if (command && !isProgram(command[0]))
      yield [
        `${path}.lifecycle.${hook}.exec.command`,
        `the image has no ${command[0]}, only taskflow: to wait use “sleep: { seconds: 5 }”, which the kubelet does`,
      ];
  }
}

function faultOf(probe: ProbeName, { serving, stopping }: NonNullable<ReturnType<Program["answer"]>>) {
  if (serving.status === 404) return "is no route of TaskFlow: ask /healthz, or /readyz for readiness";
  if (serving.status < 200 || serving.status > 299) return `is answered ${serving.status}, which says nothing`;
  if (serving.type.includes("html")) return "is a page for people, not a probe";
  if (probe === "livenessProbe" && stopping.status >= 400)
    return `is answered ${stopping.status} while the pod drains, which would kill it: ask whether the process lives`;
  if (probe === "readinessProbe" && stopping.status < 400)
    return "is answered as before while the pod stops: ask whether it takes requests";
}
