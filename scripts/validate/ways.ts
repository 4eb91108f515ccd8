import { chosenBy, NAMESPACE_NAME, ofTaskFlow, type Peer, type Policy, type Rule } from "./network.ts";
import { type Finding, type Findings, ofKind, type Rendering, selects } from "./objects.ts";
import { containersOf, environmentOf, type PodTemplate, podTemplates, runsTaskFlow, titleOf } from "./pods.ts";
import { servedBy } from "./traffic.ts";

/** Who has to be reached, or let in: its namespace, and the labels of its pods. */
interface Place {
  readonly namespace: string;
  /** Not there where only the namespace is known. */
  readonly labels?: Record<string, string>;
}
/** As k3s runs them. */
const TRAEFIK: Place = {
  namespace: "kube-system",
  labels: { "app.kubernetes.io/name": "traefik", "app.kubernetes.io/instance": "traefik-kube-system" },
};
const DNS: Place = { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } };
/** PostgreSQL's own port, and that of its poolers. */
const DATABASE_PORTS = [5432, 6432];

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
      if (!letsIn(chosen, template, place)) {
        const message = `no NetworkPolicy lets it ask ${titleOf(template)}: allow the namespace ${place.namespace} to the port http`;
        yield { object, path: "spec.prober.url", message };
      }
    if (routed.has(template) && !letsIn(chosen, template, TRAEFIK))
      yield at(
        chosen,
        template,
        "ingress",
        () => true,
        `does not let the Ingress's controller in: allow ${TRAEFIK.namespace} (${NAMESPACE_NAME}) to the port http`,
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
    if (usesPostgres(rendering, template) && !reachesDatabase(chosen))
      yield at(
        chosen,
        template,
        "egress",
        (rule) => !isDns(rule),
        `does not let the database be reached: allow port ${DATABASE_PORTS.join(" or ")}, TCP, to where that is`,
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

/** The pods that an Ingress, or a route of Traefik's, leads to by way of a Service. */
export function routedTo(rendering: Rendering, templates: readonly PodTemplate[]): Set<PodTemplate> {
  const routes = rendering.objects.filter(({ kind }) => kind === "Ingress" || kind === "IngressRoute");
  const words = JSON.stringify(routes);
  const services = ofKind(rendering, "Service").filter(({ metadata }) => words.includes(`"name":"${metadata.name}"`));
  return new Set(services.flatMap((service) => servedBy(service, templates)));
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

function letsIn(policies: readonly Policy[], template: PodTemplate, place: Place): boolean {
  if (!policies.some((policy) => isFor(policy, "ingress"))) return true;
  const ports = containersOf(template).flatMap(({ container }) => container.ports ?? []);
  return rulesOf(policies, "ingress").some(
    ({ from, ports: open }) =>
      (!from?.length || from.some((peer) => admits(peer, place))) &&
      (!open?.length ||
        open.some(({ port }) => ports.some((each) => port === each.name || port === each.containerPort))),
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

function reachesDatabase(policies: readonly Policy[]): boolean {
  if (!policies.some((policy) => isFor(policy, "egress"))) return true;
  return rulesOf(policies, "egress").some(
    ({ ports }) =>
      !ports?.length ||
      ports.some((each) => DATABASE_PORTS.some((port) => spans(each, port)) && each.protocol !== "UDP"),
  );
}

const spans = ({ port, endPort }: NonNullable<Rule["ports"]>[number], wanted: number) =>
  port === undefined || port === wanted || (typeof port === "number" && port <= wanted && wanted <= (endPort ?? port));

/** Whether a peer takes the pods of a place. An address may be anybody's. */
function admits({ podSelector, namespaceSelector, ipBlock }: Peer, { namespace, labels }: Place): boolean {
  if (ipBlock) return true;
  if (!namespaceSelector) return false;
  return selects(namespaceSelector, { [NAMESPACE_NAME]: namespace }) && (!labels || selects(podSelector, labels));
}

function usesPostgres(rendering: Rendering, template: PodTemplate): boolean {
  return containersOf(template).some(({ container }) => {
    const environment = environmentOf(rendering, template, container);
    return runsTaskFlow(container) && (environment.has("DATABASE_URL") || environment.has("DATABASE_URL_FILE"));
  });
}
