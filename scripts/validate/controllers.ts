import { type Findings, ofKind, type Rendering, selects } from "./objects.ts";
import type { PodTemplate } from "./pods.ts";
import { chosenBy, letsIn, type Peer, type Policy, SOLVER } from "./policies.ts";
import { NAMESPACE_NAME } from "./selectors.ts";
import { servedBy } from "./traffic.ts";

export const SYSTEM = "kube-system";
/** The labels of Traefik's pods, as k3s runs them. */
const TRAEFIK = { "app.kubernetes.io/name": "traefik", "app.kubernetes.io/instance": "traefik-kube-system" };
/** Namespaces that are let in for something else than the Ingress's controller. */
const OTHERS = ["monitoring", "taskflow-database", "cert-manager"];
/** Where cert-manager's pods answer. */
const SOLVER_PORT = 8089;

/**
 * The pods that an Ingress, or a route of Traefik's, leads to by way of a Service.
 * @returns the classes of the Ingresses for each; "" is that of the cluster
 */
export function routedTo(rendering: Rendering, templates: readonly PodTemplate[]): Map<PodTemplate, Set<string>> {
  const routed = new Map<PodTemplate, Set<string>>();
  for (const route of rendering.objects) {
    if (route.kind !== "Ingress" && route.kind !== "IngressRoute") continue;
    const { ingressClassName = "" } = (route as { spec?: { ingressClassName?: string } }).spec ?? {};
    const words = JSON.stringify(route);
    for (const service of ofKind(rendering, "Service"))
      if (words.includes(`"name":"${service.metadata.name}"`))
        for (const template of servedBy(service, templates)) {
          const classes = routed.get(template) ?? new Set();
          routed.set(template, classes.add(route.kind === "IngressRoute" ? "traefik" : ingressClassName));
        }
  }
  return routed;
}

/**
 * Where Traefik is on k3s is known; any other controller, and any other Traefik, may be in whatever namespace is not let
 * in for something else.
 */
export function admitsController(
  { podSelector, namespaceSelector, ipBlock }: Peer,
  controller: string,
  own: PodTemplate,
) {
  if (ipBlock) return true;
  if (!namespaceSelector) return false;
  if (selects(namespaceSelector, { [NAMESPACE_NAME]: SYSTEM }))
    return controller === "traefik"
      ? selects(podSelector, TRAEFIK)
      : !controller || !JSON.stringify(podSelector ?? "").includes("traefik");
  return ![...OTHERS, own.namespace ?? ""].some((name) => selects(namespaceSelector, { [NAMESPACE_NAME]: name }));
}

/** A way for cert-manager's pods is open where there is one at all: an issuer that proves a name by DNS needs none. */
export function* checkSolver(policies: readonly Policy[], own: PodTemplate, controllers: Iterable<string>): Findings {
  const ports = [{ name: "http", containerPort: SOLVER_PORT }];
  const spec = { containers: [{ name: "solver", ports }] };
  const solver: PodTemplate = { ...own, labels: { [SOLVER]: "true" }, spec };
  const meant = policies.filter((policy) => JSON.stringify(policy.spec?.podSelector ?? {}).includes(SOLVER));
  const chosen = policies.filter((policy) => chosenBy(policy, [solver]).length > 0);
  for (const object of meant.filter((policy) => policy.metadata.namespace === own.namespace)) {
    const fits = chosenBy(object, [solver]).length > 0;
    if (!fits)
      yield { object, path: "spec.podSelector", message: `cert-manager's pods have the label ${SOLVER}: "true"` };
    for (const controller of controllers) {
      if (!fits || letsIn(chosen, solver, (peer) => admitsController(peer, controller, own))) continue;
      const message = `does not let the Ingress's controller ask cert-manager's pods: allow it to port ${SOLVER_PORT}`;
      yield { object, path: "spec.ingress", message };
    }
  }
}
