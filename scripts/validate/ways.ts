import { admitsController, checkSolver, routedTo, SYSTEM } from "./controllers.ts";
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
import { chosenBy, isFor, isTcp, letsIn, type Peer, type Policy, type Rule, rulesOf, spans } from "./policies.ts";
import { NAMESPACE_NAME } from "./selectors.ts";
import { servedBy } from "./traffic.ts";

/** Who has to be reached, or let in: its namespace, and the labels of its pods. */
interface Place {
  readonly namespace: string;
  /** Not there where only the namespace is known. */
  readonly labels?: Record<string, string>;
}
const DNS: Place = { namespace: SYSTEM, labels: { "k8s-app": "kube-dns" } };
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
  for (const [template, controllers] of routed) yield* checkSolver(policies, template, controllers);
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

const isForAll = ({ spec }: Policy) => spec?.podSelector !== undefined && selects(spec.podSelector, {});
const deniesAll = ({ spec }: Policy) =>
  ["Ingress", "Egress"].every((type) => spec?.policyTypes?.some((each) => each === type));

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
