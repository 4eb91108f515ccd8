import { type Findings, ofKind, type Rendering, selects } from "./objects.ts";
import { containersOf, type PodTemplate, podTemplates } from "./pods.ts";

interface Selector {
  readonly matchLabels?: Record<string, string>;
  readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

/** Every selector finds what it is meant for, and nothing that belongs to another. */
export function* checkSelectors(rendering: Rendering): Findings {
  const templates = podTemplates(rendering);
  for (const template of templates) yield* checkPlacement(template, templates);
  const workloads = (["Deployment", "StatefulSet", "DaemonSet"] as const).flatMap((kind) => ofKind(rendering, kind));
  for (const workload of workloads) yield* checkWorkload(workload, workload.spec?.selector, templates);

  for (const budget of ofKind(rendering, "PodDisruptionBudget")) {
    const { selector } = budget.spec ?? {};
    const found = templates.filter(({ labels }) => selects(selector, labels));
    if (!found.some(({ lasting }) => lasting))
      yield { object: budget, path: "spec.selector", message: "no Deployment's or StatefulSet's pod has these labels" };
    for (const { object, lasting } of found)
      if (!lasting) {
        const message = `takes the pods of ${object.kind}/${object.metadata.name} too, and can't count those`;
        yield { object: budget, path: "spec.selector", message };
      }
  }
  yield* checkNetworkPolicies(rendering, templates);
}

function* checkWorkload(
  workload: ReturnType<typeof ofKind<"Deployment" | "StatefulSet" | "DaemonSet">>[number],
  selector: Selector | undefined,
  templates: readonly PodTemplate[],
): Findings {
  const path = "spec.selector";
  for (const { object, labels } of templates) {
    const found = selects(selector, labels);
    if (object === workload && !found)
      yield { object, path, message: "does not select the pods of its own template: their labels differ" };
    if (object !== workload && found) {
      const message = `selects the pods of ${object.kind}/${object.metadata.name} too`;
      yield { object: workload, path, message };
    }
  }
}

function* checkPlacement({ object, spec, path, labels }: PodTemplate, templates: readonly PodTemplate[]): Findings {
  for (const [index, { labelSelector, topologyKey }] of (spec.topologySpreadConstraints ?? []).entries())
    if (!labelSelector || !selects(labelSelector, labels)) {
      const message = `does not select the pods that are to be spread by ${topologyKey}`;
      yield { object, path: `${path}.topologySpreadConstraints[${index}].labelSelector`, message };
    }
  for (const kind of ["podAffinity", "podAntiAffinity"] as const) {
    const { requiredDuringSchedulingIgnoredDuringExecution: required = [], ...rest } = spec.affinity?.[kind] ?? {};
    const preferred = (rest.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((each) => each.podAffinityTerm);
    for (const { labelSelector } of [...required, ...preferred])
      if (!templates.some((each) => selects(labelSelector, each.labels)))
        yield { object, path: `${path}.affinity.${kind}`, message: "no pod has the labels that it names" };
  }
}

/** Pods that no rendering holds: cert-manager makes them while it proves that a name is ours, and then removes them. */
const SOLVER = "acme.cert-manager.io/http01-solver";

function* checkNetworkPolicies(rendering: Rendering, templates: readonly PodTemplate[]): Findings {
  for (const policy of ofKind(rendering, "NetworkPolicy")) {
    const { podSelector, ingress, egress } = policy.spec ?? {};
    if (podSelector?.matchLabels?.[SOLVER] !== undefined) continue;
    const chosen = templates.filter(({ labels }) => selects(podSelector, labels));
    if (chosen.length === 0)
      yield { object: policy, path: "spec.podSelector", message: "no pod has these labels: it protects nothing" };
    for (const [index, { from = [], ports = [] }] of (ingress ?? []).entries()) {
      yield* checkPeers(policy, `spec.ingress[${index}].from`, from, templates);
      for (const [place, { port }] of ports.entries())
        if (port !== undefined && !chosen.some((each) => listens(each, port)))
          yield {
            object: policy,
            path: `spec.ingress[${index}].ports[${place}].port`,
            message: `no container of the pods that it selects has the port ${port}`,
          };
    }
    for (const [index, { to = [] }] of (egress ?? []).entries())
      yield* checkPeers(policy, `spec.egress[${index}].to`, to, templates);
  }
}

/** Pods of another namespace can't be seen from here. */
function* checkPeers(
  policy: ReturnType<typeof ofKind<"NetworkPolicy">>[number],
  path: string,
  peers: readonly { podSelector?: Selector; namespaceSelector?: Selector }[],
  templates: readonly PodTemplate[],
): Findings {
  for (const [index, { podSelector, namespaceSelector }] of peers.entries())
    if (podSelector && !namespaceSelector && !templates.some(({ labels }) => selects(podSelector, labels)))
      yield { object: policy, path: `${path}[${index}].podSelector`, message: "no pod has these labels" };
}

function listens(template: PodTemplate, port: number | string): boolean {
  return containersOf(template).some(({ container }) =>
    (container.ports ?? []).some(({ name, containerPort }) => port === name || port === containerPort),
  );
}
