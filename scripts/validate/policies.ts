import { type ofKind, selects } from "./objects.ts";
import { containersOf, type PodTemplate } from "./pods.ts";

export type Policy = ReturnType<typeof ofKind<"NetworkPolicy">>[number];
export type Rule = NonNullable<NonNullable<Policy["spec"]>["ingress"]>[number] &
  NonNullable<NonNullable<Policy["spec"]>["egress"]>[number];
export type Peer = NonNullable<Rule["from"]>[number];

/** Pods that no rendering holds: cert-manager makes them while it proves that a name is ours, and then removes them. */
export const SOLVER = "acme.cert-manager.io/http01-solver";

/** The pods that a policy is for. */
export function chosenBy({ metadata, spec }: Policy, templates: readonly PodTemplate[]): PodTemplate[] {
  return templates.filter(
    ({ labels, namespace }) => namespace === metadata.namespace && selects(spec?.podSelector, labels),
  );
}

export const rulesOf = (policies: readonly Policy[], type: "ingress" | "egress") =>
  policies.filter((policy) => isFor(policy, type)).flatMap(({ spec }) => (spec?.[type] ?? []) as readonly Rule[]);
/** Where a policy names no types, it is for what comes in, and for what goes out if it says anything of that. */
export const isFor = ({ spec }: Policy, type: "ingress" | "egress") =>
  spec?.policyTypes?.includes(type === "ingress" ? "Ingress" : "Egress") ??
  (type === "ingress" || spec?.egress !== undefined);

/** Whether policies open a port of a pod's to somebody. */
export function letsIn(policies: readonly Policy[], template: PodTemplate, isMeant: (peer: Peer) => boolean): boolean {
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

export const isTcp = ({ protocol = "TCP" }: NonNullable<Rule["ports"]>[number]) => protocol === "TCP";
export const spans = ({ port, endPort }: NonNullable<Rule["ports"]>[number], wanted: number) =>
  port === undefined || port === wanted || (typeof port === "number" && port <= wanted && wanted <= (endPort ?? port));
