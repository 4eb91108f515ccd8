import { chosenBy, type Peer, type Policy, type Rule } from "./network.ts";
import { type Finding, type Findings, ofKind, type Rendering, selects } from "./objects.ts";
import {
  containersOf,
  environmentOf,
  ofTaskFlow,
  type PodTemplate,
  podTemplates,
  runsTaskFlow,
  titleOf,
} from "./pods.ts";
import { NAMESPACE_NAME } from "./selectors.ts";
import { servedBy } from "./traffic.ts";

/** Who has to be reached, or let in: its namespace, and the labels of its pods. */
interface Place {
  readonly namespace: string;
  /** Not there where only the namespace is known. */
  readonly labels?: Record<string, string>;
}
const SYSTEM = "kube-system";
/** The labels of Traefik's pods, as k3s runs them. */
const TRAEFIK = { "app.kubernetes.io/name": "traefik", "app.kubernetes.io/instance": "traefik-kube-system" };
const DNS: Place = { namespace: SYSTEM, labels: { "k8s-app": "kube-dns" } };
/** Namespaces that are let in for something else than the Ingress's controller. */
const OTHERS = ["monitoring", "taskflow-database", "cert-manager"];
/** PostgreSQL's own. */
const DATABASE_PORT = 5432;

/** The ways that TaskFlow needs are open, and all others are shut. */
export function* checkWays(rendering: Rendering): Findings {
  const templates = podTemplates(rendering);
  const own = ofTaskFlow(templates);
  const policies = ofKind(rendering, "NetworkPolicy");
  for (const namespace of new Set(own.map((each) => each.namespace))) {
    const template = own.find((each) => each.namespace === namespace);
    // A chart may be told to make none, where the cluster heeds none.
    if (!template || (policies.length === 0 && rendering.namespace !== undefined)) continue;
    const forAll = policies.filter((each) => each.metadata.namespace === namespace && isForAll(each));
    if (forAll.some(deniesAll)) continue;
    const message = `nothing is shut in ${namespace}: add a NetworkPolicy with “podSelector: {}” and “policyTypes: [Ingress, Egress]”`;
    if (forAll[0]) yield { object: forAll[0], path: "spec.policyTypes", message };
    else yield { object: template.object, path: "metadata.namespace", message };
  }
  const routed = routedTo(rendering, templates);
  for (const template of own) {
    const chosen = policies.filter((policy) => chosenBy(policy, [template]).length > 0);
    if (chosen.length === 0) continue;
    for (const { object, place } of probersOf(rendering, template))
      if (!letsIn(chosen, template, (peer) => admits(peer, place))) {
        const message = `no NetworkPolicy lets it ask ${titleOf(template)}: allow the namespace ${place.namespace} to the port http`;
        yield { object, path: "spec.prober.url", message };
      }
    for (const controller of routed.get(template) ?? [])
      if (!letsIn(chosen, template, (peer) => admitsController(peer, controller, template)))
        yield at(
          chosen,
          template,
          "ingress",
          () => true,
          controller === "traefik"
            ? `does not let the Ingress's controller in: allow Traefik in ${SYSTEM} (${NAMESPACE_NAME}), or where it is, to the port http`
            : `does not let the Ingress's controller (${controller || "the cluster's own"}) in: allow its namespace (${NAMESPACE_NAME}) to the port http`,
        );
    const asks = template.lasting || usesPostgres(rendering, template);
    if (asks && !(["UDP", "TCP"] as const).every((protocol) => asksDns(chosen, protocol)))
      yield at(
        chosen,
        template,
        "egress",
        isDns,
        "does not let the cluster's DNS be asked: allow port 53, UDP and TCP, to kube-dns in kube-system",
      );
    if (!usesPostgres(rendering, template)) continue;
    for (const port of databasePorts(rendering, template))
      if (!reachesDatabase(chosen, port))
        yield at(
          chosen,
          template,
          "egress",
          (rule) => !isDns(rule),
          `does not let the database be reached: allow port ${port ?? `${DATABASE_PORT}, or the one it has`}, TCP, to where that is`,
        );
  }
}

/** The rule that seems to be meant for a way, or else the pods for which none is. */
function at(
  policies: readonly Policy[],
  template: PodTemplate,
  type: "ingress" | "egress",
  isMeant: (rule: Rule) => boolean,
  message: string,
): Finding {
  for (const object of policies.filter((policy) => isFor(policy, type))) {
    const index = ((object.spec?.[type] ?? []) as readonly Rule[]).findIndex(isMeant);
    if (index >= 0) return { object, path: `spec.${type}[${index}]`, message };
  }
  return { object: template.object, path: template.metadata, message: `no NetworkPolicy for it: ${message}` };
}

const isDns = ({ ports }: Rule) => (ports ?? []).some((each) => each.port === 53);

const rulesOf = (policies: readonly Policy[], type: "ingress" | "egress") =>
  policies.filter((policy) => isFor(policy, type)).flatMap(({ spec }) => (spec?.[type] ?? []) as readonly Rule[]);
/** Where a policy names no types, it is for what comes in, and for what goes out if it says anything of that. */
const isFor = ({ spec }: Policy, type: "ingress" | "egress") =>
  spec?.policyTypes?.includes(type === "ingress" ? "Ingress" : "Egress") ??
  (type === "ingress" || spec?.egress !== undefined);

const isForAll = ({ spec }: Policy) => spec?.podSelector !== undefined && selects(spec.podSelector, {});
const deniesAll = ({ spec }: Policy) =>
  ["Ingress", "Egress"].every((type) => spec?.policyTypes?.some((each) => each === type));

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

/** The exporters that a Probe has ask these pods, by way of a Service. */
function probersOf(rendering: Rendering, template: PodTemplate) {
  const services = ofKind(rendering, "Service").filter((service) => servedBy(service, [template]).length > 0);
  return ofKind(rendering, "Probe").flatMap((object) => {
    const [, namespace] = object.spec?.prober?.url?.match(/^(?:https?:\/\/)?[\w-]+\.([\w-]+)\.svc\b/) ?? [];
    const targets = object.spec?.targets?.staticConfig?.static ?? [];
    const ours = services.some(({ metadata: { name, namespace: own } }) =>
      targets.some((each) => each.includes(`//${name}.${own}.svc`)),
    );
    return namespace && ours ? [{ object, place: { namespace } }] : [];
  });
}

function letsIn(policies: readonly Policy[], template: PodTemplate, isMeant: (peer: Peer) => boolean): boolean {
  if (!policies.some((policy) => isFor(policy, "ingress"))) return true;
  const ports = containersOf(template).flatMap(({ container }) => container.ports ?? []);
  return rulesOf(policies, "ingress").some(
    ({ from, ports: open }) =>
      (!from?.length || from.some(isMeant)) &&
      (!open?.length ||
        open.some(
          (each) =>
            isTcp(each) && ports.some(({ name, containerPort }) => each.port === name || spans(each, containerPort)),
        )),
  );
}

function asksDns(policies: readonly Policy[], protocol: "UDP" | "TCP"): boolean {
  if (!policies.some((policy) => isFor(policy, "egress"))) return true;
  return rulesOf(policies, "egress").some(
    ({ to, ports }) =>
      (!to?.length || to.some((peer) => admits(peer, DNS))) &&
      (!ports?.length || ports.some((each) => spans(each, 53) && (each.protocol ?? "TCP") === protocol)),
  );
}

/** Whether there is a way to a port; where that is not known, to any that is not DNS's. */
function reachesDatabase(policies: readonly Policy[], wanted: number | undefined): boolean {
  if (!policies.some((policy) => isFor(policy, "egress"))) return true;
  return rulesOf(policies, "egress").some(
    ({ ports }) =>
      !ports?.length ||
      ports.some((each) => isTcp(each) && (wanted === undefined ? each.port !== 53 : spans(each, wanted))),
  );
}

/** The ports in the addresses that are not in a Secret. */
function databasePorts(rendering: Rendering, template: PodTemplate): Set<number | undefined> {
  const addresses = containersOf(template)
    .filter(({ container }) => runsTaskFlow(container))
    .flatMap(({ container }) => [...environmentOf(rendering, template, container)])
    .flatMap(([name, value]) => (/^DATABASE_(?:DIRECT_)?URL$/.test(name) && value ? value : []));
  const ports = addresses.flatMap((each) => (URL.canParse(each) ? Number(new URL(each).port || DATABASE_PORT) : []));
  return new Set(ports.length > 0 ? ports : [undefined]);
}

const isTcp = ({ protocol = "TCP" }: NonNullable<Rule["ports"]>[number]) => protocol === "TCP";
const spans = ({ port, endPort }: NonNullable<Rule["ports"]>[number], wanted: number) =>
  port === undefined || port === wanted || (typeof port === "number" && port <= wanted && wanted <= (endPort ?? port));

/** Whether a peer takes the pods of a place. An address may be anybody's. */
function admits({ podSelector, namespaceSelector, ipBlock }: Peer, { namespace, labels }: Place): boolean {
  if (ipBlock) return true;
  if (!namespaceSelector) return false;
  return selects(namespaceSelector, { [NAMESPACE_NAME]: namespace }) && (!labels || selects(podSelector, labels));
}

/**
 * Where Traefik is on k3s is known; any other controller, and any other Traefik, may be in whatever namespace is not let
 * in for something else.
 */
function admitsController({ podSelector, namespaceSelector, ipBlock }: Peer, controller: string, own: PodTemplate) {
  if (ipBlock) return true;
  if (!namespaceSelector) return false;
  if (selects(namespaceSelector, { [NAMESPACE_NAME]: SYSTEM }))
    return controller === "traefik"
      ? selects(podSelector, TRAEFIK)
      : !controller || !JSON.stringify(podSelector ?? "").includes("traefik");
  return ![...OTHERS, own.namespace ?? ""].some((name) => selects(namespaceSelector, { [NAMESPACE_NAME]: name }));
}

function usesPostgres(rendering: Rendering, template: PodTemplate): boolean {
  return containersOf(template).some(({ container }) => {
    const environment = environmentOf(rendering, template, container);
    return runsTaskFlow(container) && (environment.has("DATABASE_URL") || environment.has("DATABASE_URL_FILE"));
  });
}
