import { type Findings, type KubernetesObject, misspelt, named, ofKind, type Rendering, selects } from "./objects.ts";
import { hasPort, ofTaskFlow, type PodTemplate, podTemplates } from "./pods.ts";
import type { Program } from "./program.ts";
import { type Service, servedBy } from "./traffic.ts";

/** Where Prometheus asks, unless it is told otherwise. */
const METRICS = "/metrics";

/** The paths of TaskFlow that something outside of it watches. */
export function watchedPaths(renderings: readonly Rendering[]): string[] {
  return renderings.flatMap((rendering) => [
    ...ofKind(rendering, "ServiceMonitor")
      .flatMap(({ spec }) => spec?.endpoints ?? [])
      .map(pathOf),
    ...ofKind(rendering, "PodMonitor")
      .flatMap(({ spec }) => spec?.podMetricsEndpoints ?? [])
      .map(pathOf),
    ...targetsOf(rendering).flatMap(({ url }) => url?.pathname ?? []),
  ]);
}

const pathOf = ({ path }: { path?: string }) => path || METRICS;

/** What watches TaskFlow finds it, at a port and a path that it has. */
export function* checkMonitors(rendering: Rendering, program: Program): Findings {
  const templates = podTemplates(rendering);
  for (const object of ofKind(rendering, "ServiceMonitor")) {
    const services = ofKind(rendering, "Service").filter(({ metadata }) =>
      selects(object.spec?.selector, metadata.labels),
    );
    if (services.length === 0) yield { object, path: "spec.selector", message: "no Service has these labels" };
    for (const [index, endpoint] of (object.spec?.endpoints ?? []).entries())
      for (const service of services) {
        const { port } = endpoint;
        if (port && !(service.spec?.ports ?? []).some(({ name }) => name === port)) {
          const message = `Service ${service.metadata.name} has no port named ${port}`;
          yield { object, path: `spec.endpoints[${index}].port`, message };
        } else if (ofTaskFlow(servedBy(service, templates)).length > 0)
          yield* checkPath(program, object, `spec.endpoints[${index}].path`, pathOf(endpoint));
      }
  }
  for (const object of ofKind(rendering, "PodMonitor")) {
    const pods = templates.filter(({ labels }) => selects(object.spec?.selector, labels));
    if (pods.length === 0) yield { object, path: "spec.selector", message: "no pod has these labels" };
    for (const [index, endpoint] of (object.spec?.podMetricsEndpoints ?? []).entries()) {
      const { port } = endpoint;
      if (port && !pods.some((each) => hasPort(each, port))) {
        const path = `spec.podMetricsEndpoints[${index}].port`;
        yield { object, path, message: `no pod has a port ${port}` };
      } else if (ofTaskFlow(pods).length > 0)
        yield* checkPath(program, object, `spec.podMetricsEndpoints[${index}].path`, pathOf(endpoint));
    }
  }
  for (const object of rendering.objects) if (object.kind === "PrometheusRule") yield* checkExpressions(object);
  for (const object of ofKind(rendering, "Probe")) {
    const { prober, targets } = object.spec ?? {};
    if (!prober?.url) yield { object, path: "spec.prober.url", message: "has to name the exporter that asks" };
    if (!targets?.ingress && !targets?.staticConfig?.static?.length)
      yield { object, path: "spec.targets", message: "name nothing to ask" };
  }
  yield* checkTargets(rendering, templates, program);
}

/** No more than that brackets and quotes are closed: Prometheus has the rest of the grammar. */
function* checkExpressions(object: KubernetesObject): Findings {
  const { groups = [] } = (object as { spec?: { groups?: { rules?: { expr?: string | number }[] }[] } }).spec ?? {};
  for (const [index, { rules = [] }] of groups.entries())
    for (const [place, { expr = "" }] of rules.entries()) {
      const bare = String(expr).replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#.*/g, "");
      let [before, rest] = ["", bare.replaceAll(/[^()[\]{}"'`]/g, "")];
      while (before !== rest) [before, rest] = [rest, rest.replaceAll(/\(\)|\[\]|\{\}/g, "")];
      const path = `spec.groups[${index}].rules[${place}].expr`;
      if (bare.trim() === "" || rest !== "")
        yield { object, path, message: "has brackets or quotes that are not closed" };
    }
}

function* checkPath(
  program: Program,
  object: ReturnType<typeof ofKind<"ServiceMonitor" | "PodMonitor" | "Probe">>[number],
  path: string,
  asked: string,
): Findings {
  const { status = 200 } = program.answer(asked)?.serving ?? {};
  if (status >= 400) yield { object, path, message: `TaskFlow answers ${status} to ${asked}: ask what it has` };
}

/** The addresses that a Probe has its exporter ask, of those in a cluster. */
function targetsOf(rendering: Rendering) {
  return ofKind(rendering, "Probe").flatMap((object) =>
    (object.spec?.targets?.staticConfig?.static ?? []).map((target, index) => {
      const address = target.includes("://") ? target : `http://${target}`;
      const url = URL.canParse(address) ? new URL(address) : undefined;
      return { object, url, target, path: `spec.targets.staticConfig.static[${index}]` };
    }),
  );
}

function* checkTargets(rendering: Rendering, templates: readonly PodTemplate[], program: Program): Findings {
  for (const { object, url, target, path } of targetsOf(rendering)) {
    if (!url) {
      yield { object, path, message: `${target} is no address` };
      continue;
    }
    const service = serviceOf(rendering, url.hostname, object.metadata.namespace);
    if (service === "outside") continue;
    if (!service) {
      yield { object, path, message: `there is no Service ${url.hostname}: its address is NAME.NAMESPACE.svc` };
      continue;
    }
    const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
    if (!(service.spec?.ports ?? []).some((each) => each.port === port))
      yield { object, path, message: `Service ${service.metadata.name} has no port ${port}` };
    else if (ofTaskFlow(servedBy(service, templates)).length > 0) yield* checkPath(program, object, path, url.pathname);
  }
}

/** @returns the Service that a name inside the cluster stands for, if it is there; names of other hosts are "outside" */
function serviceOf(rendering: Rendering, host: string, own: string | undefined): Service | undefined | "outside" {
  const [name = "", namespace = own, suffix, ...domain] = host.split(".");
  if (suffix !== undefined && (suffix !== "svc" || !["", "cluster.local"].includes(domain.join(".")))) return "outside";
  const there = named(rendering, "Service", name, namespace);
  if (there) return there;
  // Two words may be a host of the internet, and another namespace is not ours to know.
  const namespaces = rendering.objects.flatMap(({ metadata }) => metadata.namespace ?? []);
  const ours = namespaces.includes(namespace ?? "") || misspelt(namespace ?? "", namespaces) !== undefined;
  return suffix === undefined && host.includes(".") ? "outside" : ours ? undefined : "outside";
}
