import { SECRETS } from "../lib/deployment.ts";
import { type Findings, type KubernetesObject, named, ofKind, type Rendering, selects } from "./objects.ts";
import { containersOf, type PodTemplate, podTemplates } from "./pods.ts";
import { missingSecret, secretIsMade } from "./references.ts";

/** Ingress classes that a cluster brings: k3s has Traefik. */
const INGRESS_CLASSES = ["traefik"];
/** With one of them cert-manager makes the Secret; whoever runs the cluster makes the issuer. */
const ISSUERS = ["cert-manager.io/cluster-issuer", "cert-manager.io/issuer"];
/** What annotations call `namespace-name@kubernetescrd`, by the annotation's last word. */
const TRAEFIK_KINDS: Record<string, string> = {
  middlewares: "Middleware",
  options: "TLSOption",
  serverstransport: "ServersTransport",
};

/** Everything that a request passes leads on to something that is there: from the Ingress to the container's port. */
export function* checkTraffic(rendering: Rendering): Findings {
  const templates = podTemplates(rendering);
  for (const service of ofKind(rendering, "Service")) yield* checkService(service, templates);
  for (const ingress of ofKind(rendering, "Ingress")) yield* checkIngress(rendering, ingress);
  for (const object of rendering.objects) yield* checkTraefik(rendering, object);
  yield* checkMonitors(rendering, templates);
}

type Service = ReturnType<typeof ofKind<"Service">>[number];
type Ingress = ReturnType<typeof ofKind<"Ingress">>[number];

/** The pods that a Service sends requests to. */
export function servedBy({ metadata, spec }: Service, templates: readonly PodTemplate[]): PodTemplate[] {
  const { selector } = spec ?? {};
  if (!selector || Object.keys(selector).length === 0) return [];
  return templates.filter(
    ({ labels, namespace }) => namespace === metadata.namespace && selects({ matchLabels: selector }, labels),
  );
}

function hasPort(template: PodTemplate, port: number | string): boolean {
  return containersOf(template).some(({ container }) =>
    (container.ports ?? []).some(({ name, containerPort }) => port === name || port === containerPort),
  );
}

function* checkService(service: Service, templates: readonly PodTemplate[]): Findings {
  const { spec } = service;
  if (!spec?.selector || spec.type === "ExternalName") return;
  const served = servedBy(service, templates);
  if (served.length === 0) yield { object: service, path: "spec.selector", message: "no pod has these labels" };
  for (const { object, lasting } of served)
    if (!lasting) {
      const message = `takes the pods of ${object.kind}/${object.metadata.name} too, which answer no requests`;
      yield { object: service, path: "spec.selector", message };
    }
  for (const [index, { port, targetPort = port }] of (spec.ports ?? []).entries())
    for (const template of served)
      if (template.lasting && !hasPort(template, targetPort)) {
        const { kind, metadata } = template.object;
        const message = `no container of ${kind}/${metadata.name} has the port ${targetPort}`;
        yield { object: service, path: `spec.ports[${index}].targetPort`, message };
      }
}

function* checkIngress(rendering: Rendering, ingress: Ingress): Findings {
  const { spec, metadata } = ingress;
  const backends = (spec?.rules ?? []).flatMap(({ http }, rule) =>
    (http?.paths ?? []).map(({ backend }, place) => ({
      backend,
      path: `spec.rules[${rule}].http.paths[${place}].backend.service`,
    })),
  );
  if (spec?.defaultBackend) backends.push({ backend: spec.defaultBackend, path: "spec.defaultBackend.service" });
  for (const { backend, path } of backends) {
    if (!backend.service) continue;
    const { name, port } = backend.service;
    const service = named(rendering, "Service", name, metadata.namespace);
    if (!service) yield { object: ingress, path: `${path}.name`, message: `there is no Service ${name}` };
    else if (!(service.spec?.ports ?? []).some((each) => each.port === port?.number || each.name === port?.name)) {
      const message = `Service ${name} has no port ${port?.name ?? port?.number}`;
      yield { object: ingress, path: `${path}.port`, message };
    }
  }

  const known = rendering.objects.filter(({ kind }) => kind === "IngressClass").map((each) => each.metadata.name);
  const { ingressClassName } = spec ?? {};
  if (ingressClassName && ![...INGRESS_CLASSES, ...known].includes(ingressClassName)) {
    const message = `there is no IngressClass ${ingressClassName}`;
    yield { object: ingress, path: "spec.ingressClassName", message };
  }

  const issued = ISSUERS.some((each) => metadata.annotations?.[each]);
  for (const [index, { secretName = "" }] of (spec?.tls ?? []).entries())
    if (secretName && !issued && !secretIsMade(rendering, secretName) && !Object.hasOwn(SECRETS, secretName))
      yield { object: ingress, path: `spec.tls[${index}].secretName`, message: missingSecret(secretName) };
}

/** Traefik's annotations name its objects; it drops a route, without a word to whoever asks, when one is not there. */
function* checkTraefik({ objects }: Rendering, object: KubernetesObject): Findings {
  for (const [annotation, value] of Object.entries(object.metadata.annotations ?? {})) {
    const kind = TRAEFIK_KINDS[annotation.split(".").at(-1) ?? ""];
    if (!annotation.startsWith("traefik.ingress.kubernetes.io/") || !kind) continue;
    for (const reference of value.split(",").map((each) => each.trim())) {
      const there = objects.some(
        (each) =>
          each.kind === kind &&
          reference === `${each.metadata.namespace ?? "default"}-${each.metadata.name}@kubernetescrd`,
      );
      if (there) continue;
      const message = `there is no ${kind} ${reference}: its name is NAMESPACE-NAME@kubernetescrd`;
      yield { object, path: `metadata.annotations.${annotation}`, message };
    }
  }
}

function* checkMonitors(rendering: Rendering, templates: readonly PodTemplate[]): Findings {
  for (const monitor of ofKind(rendering, "ServiceMonitor")) {
    const services = ofKind(rendering, "Service").filter(({ metadata }) =>
      selects(monitor.spec?.selector, metadata.labels),
    );
    if (services.length === 0) yield { object: monitor, path: "spec.selector", message: "no Service has these labels" };
    for (const [index, { port }] of (monitor.spec?.endpoints ?? []).entries())
      for (const { metadata, spec } of services)
        if (port && !(spec?.ports ?? []).some(({ name }) => name === port)) {
          const message = `Service ${metadata.name} has no port named ${port}`;
          yield { object: monitor, path: `spec.endpoints[${index}].port`, message };
        }
  }
  for (const monitor of ofKind(rendering, "PodMonitor")) {
    const pods = templates.filter(({ labels }) => selects(monitor.spec?.selector, labels));
    if (pods.length === 0) yield { object: monitor, path: "spec.selector", message: "no pod has these labels" };
    for (const [index, { port }] of (monitor.spec?.podMetricsEndpoints ?? []).entries())
      if (port && !pods.some((each) => hasPort(each, port)))
        yield {
          object: monitor,
          path: `spec.podMetricsEndpoints[${index}].port`,
          message: `no pod has a port ${port}`,
        };
  }
}
