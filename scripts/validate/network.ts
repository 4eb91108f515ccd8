import { isIP } from "node:net";
import { type Findings, misspelt, ofKind, type Rendering, type Selector, selects } from "./objects.ts";
import { hasPort, type PodTemplate, podTemplates } from "./pods.ts";
import { chosenBy, type Peer, type Policy, type Rule, SOLVER } from "./policies.ts";
import { isPort } from "./rules.ts";
import { NAMESPACE_NAME } from "./selectors.ts";

/** Namespaces that manifests name though others make them. */
const NAMESPACES = ["kube-system", "monitoring", "taskflow-database", "cert-manager"];

/** Network policies protect pods that are there, say what the API server takes, and leave open no more than is needed. */
export function* checkNetworkPolicies(rendering: Rendering): Findings {
  const templates = podTemplates(rendering);
  for (const policy of ofKind(rendering, "NetworkPolicy")) {
    const { podSelector, policyTypes, ingress, egress } = policy.spec ?? {};
    const chosen = chosenBy(policy, templates);
    const solver = podSelector?.matchLabels?.[SOLVER] !== undefined;
    if (chosen.length === 0 && !solver)
      yield { object: policy, path: "spec.podSelector", message: "no pod has these labels: it protects nothing" };
    for (const [type, rules] of [
      ["Ingress", ingress],
      ["Egress", egress],
    ] as const) {
      if (rules && policyTypes && !policyTypes.includes(type)) {
        const message = `does not hold ${type}, so that spec.${type.toLowerCase()} counts for nothing`;
        yield { object: policy, path: "spec.policyTypes", message };
      }
      for (const [index, rule] of ((rules ?? []) as readonly Rule[]).entries())
        yield* checkRule(rendering, policy, rule, `spec.${type.toLowerCase()}[${index}]`, solver ? undefined : chosen);
    }
  }
}

function* checkRule(
  rendering: Rendering,
  object: Policy,
  { from, to, ports }: Rule,
  path: string,
  chosen: readonly PodTemplate[] | undefined,
): Findings {
  const incoming = path.startsWith("spec.ingress");
  const [field, peers = []] = incoming ? (["from", from] as const) : (["to", to] as const);
  for (const [index, { port, endPort, protocol = "TCP" }] of (ports ?? []).entries()) {
    const at = `${path}.ports[${index}]`;
    if (incoming && port !== undefined && chosen && !chosen.some((each) => hasPort(each, port, protocol))) {
      const message = `no container of the pods that it selects has the ${protocol} port ${port}`;
      yield { object, path: `${at}.port`, message };
    }
    if (typeof port === "number" && !isPort(port)) yield { object, path: `${at}.port`, message: `${port} is no port` };
    if (endPort !== undefined && (typeof port !== "number" || endPort < port))
      yield { object, path: `${at}.endPort`, message: "needs a port that is a number, and not over it" };
  }
  if (peers.length === 0 && (incoming || !isDns(ports))) {
    const message = incoming
      ? "lets everybody in: name who may ask, such as the namespace of the Ingress's controller"
      : "lets the pods ask anybody: name whom they may ask";
    yield { object, path: `${path}.${field}`, message };
  }
  for (const [index, peer] of peers.entries()) {
    const at = `${path}.${field}[${index}]`;
    yield* checkPeer(rendering, object, peer, at);
    if (incoming || ports?.length) continue;
    if (peer.ipBlock && isEverywhere(peer.ipBlock.cidr)) {
      const message = "lets the pods ask anybody anything: name a smaller range, or the ports";
      yield { object, path: `${at}.ipBlock.cidr`, message };
    }
    if (peer.namespaceSelector && isForAll(peer.namespaceSelector)) {
      const message = "lets the pods ask every namespace anything: name the ones that are meant, or the ports";
      yield { object, path: `${at}.namespaceSelector`, message };
    }
  }
}

/** `0.0.0.0/0`, and the halves of it. */
const isEverywhere = (cidr: string) => /\/[01]$/.test(cidr);
/** Whether a selector takes a namespace of which it knows nothing. */
const isForAll = (selector: Selector) => selects(selector, { [NAMESPACE_NAME]: "any-other" });

/** Names are looked up in the cluster or beside it, so that a rule for that port alone may be for everybody. */
const isDns = (ports: Rule["ports"]) => Boolean(ports?.length) && (ports ?? []).every(({ port }) => port === 53);

function* checkPeer(rendering: Rendering, object: Policy, peer: Peer, path: string): Findings {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  if (!podSelector && !namespaceSelector && !ipBlock)
    yield { object, path, message: "is empty: name a podSelector, a namespaceSelector or an ipBlock" };
  if (ipBlock && (podSelector || namespaceSelector))
    yield { object, path: `${path}.ipBlock`, message: "stands alone: make another entry of the selectors" };
  if (ipBlock) {
    const { cidr, except = [] } = ipBlock;
    if (!isRange(cidr)) yield { object, path: `${path}.ipBlock.cidr`, message: `${cidr} is no range of addresses` };
    else if (path.startsWith("spec.ingress") && isEverywhere(cidr))
      yield { object, path: `${path}.ipBlock.cidr`, message: "lets everybody in: name a smaller range" };
    for (const [index, each] of except.entries())
      if (!isRange(each)) {
        const message = `${each} is no range of addresses`;
        yield { object, path: `${path}.ipBlock.except[${index}]`, message };
      }
  }
  if (namespaceSelector)
    yield* checkNamespaceSelector(rendering, object, namespaceSelector, `${path}.namespaceSelector`);
  // Pods of another namespace can't be seen from here, nor those that an operator makes: only a slip is told.
  if (podSelector && !namespaceSelector)
    for (const [key, value] of Object.entries(podSelector.matchLabels ?? {})) {
      const labels = podTemplates(rendering).map((each) => each.labels);
      const meant =
        misspelt(
          value,
          labels.flatMap((each) => each[key] ?? []),
        ) ?? misspelt(key, labels.flatMap(Object.keys));
      const message = `no pod has the label ${key}: ${value}; the nearest is ${meant}`;
      if (meant) yield { object, path: `${path}.podSelector.matchLabels.${key}`, message };
    }
}

function* checkNamespaceSelector(rendering: Rendering, object: Policy, selector: Selector, path: string): Findings {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  if (isForAll(selector) && path.startsWith("spec.ingress"))
    yield { object, path, message: "takes every namespace: name the ones that are meant" };
  const namespaces = rendering.objects.filter(({ kind }) => kind === "Namespace");
  const names = [...NAMESPACES, ...namespaces.map(({ metadata }) => metadata.name)];
  const keys = [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)];
  for (const key of keys) {
    const reserved = /^(?:[\w.-]+\.)?kubernetes\.io\//.test(key) && key !== NAMESPACE_NAME;
    const given = namespaces.some(({ metadata }) => metadata.labels?.[key] !== undefined);
    if ((reserved && !given && !key.startsWith("pod-security.")) || key === "name") {
      const message = `no namespace has the label ${key}: its name is in ${NAMESPACE_NAME}`;
      yield { object, path: `${path}.matchLabels.${key}`, message };
    }
  }
  const meant = misspelt(matchLabels[NAMESPACE_NAME] ?? "", names);
  if (meant) {
    const message = `there is no namespace ${matchLabels[NAMESPACE_NAME]}: say ${meant}`;
    yield { object, path: `${path}.matchLabels.${NAMESPACE_NAME}`, message };
  }
}

/** `10.0.0.0/8` or `2001:db8::/32`. */
function isRange(cidr: string): boolean {
  const [address = "", bits = ""] = cidr.split("/");
  const version = isIP(address);
  return version > 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}
