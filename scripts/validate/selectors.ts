import {
  type Findings,
  type KubernetesObject,
  misspelt,
  ofKind,
  type Rendering,
  type Selector,
  selects,
} from "./objects.ts";
import { type PodTemplate, podTemplates, titleOf } from "./pods.ts";

/** The label that every namespace has; no other is sure to be there. */
export const NAMESPACE_NAME = "kubernetes.io/metadata.name";
/** The labels by which nodes are told apart, as every cluster has them. */
const PLACES = ["kubernetes.io/hostname", "topology.kubernetes.io/zone", "topology.kubernetes.io/region"];
/** They change with every version, and the selector of a workload never may. */
const CHANGING = ["app.kubernetes.io/version", "helm.sh/chart", "pod-template-hash"];

/** Every selector finds what it is meant for, and nothing that belongs to another. */
export function* checkSelectors(rendering: Rendering): Findings {
  const templates = podTemplates(rendering);
  for (const template of templates) yield* checkPlacement(template, templates);
  for (const template of templates) yield* checkWorkload(template, templates);
  for (const service of ofKind(rendering, "Service"))
    yield* checkLasting(service, "spec.selector", { matchLabels: service.spec?.selector });

  for (const budget of ofKind(rendering, "PodDisruptionBudget")) {
    const { selector } = budget.spec ?? {};
    yield* checkLasting(budget, "spec.selector.matchLabels", selector);
    const found = templates.filter(
      ({ labels, namespace }) => namespace === budget.metadata.namespace && selects(selector, labels),
    );
    if (!found.some(({ lasting }) => lasting))
      yield { object: budget, path: "spec.selector", message: "no Deployment's or StatefulSet's pod has these labels" };
    for (const template of found)
      if (!template.lasting) {
        const message = `takes the pods of ${titleOf(template)} too, and can't count those`;
        yield { object: budget, path: "spec.selector", message };
      }
  }
}

function* checkWorkload(workload: PodTemplate, templates: readonly PodTemplate[]): Findings {
  const { selector } = (workload.object as { spec?: { selector?: Selector | Record<string, string> } }).spec ?? {};
  if (!workload.lasting || workload.object.kind === "Pod" || !selector) return;
  // A ReplicationController's is of labels alone.
  const wanted = (workload.object.kind === "ReplicationController" ? { matchLabels: selector } : selector) as Selector;
  const { object } = workload;
  const path = "spec.selector";
  yield* checkLasting(object, "spec.selector.matchLabels", wanted);
  for (const template of templates) {
    const found = template.namespace === workload.namespace && selects(wanted, template.labels);
    if (template === workload && !found)
      yield { object, path, message: "does not select the pods of its own template: their labels differ" };
    if (template !== workload && found) yield { object, path, message: `selects the pods of ${titleOf(template)} too` };
  }
}

function* checkLasting(object: KubernetesObject, path: string, selector: Selector | undefined): Findings {
  for (const label of CHANGING)
    if (selector?.matchLabels?.[label] !== undefined)
      yield { object, path: `${path}.${label}`, message: "changes with each version: select by what stays" };
}

function* checkPlacement(
  { object, spec, path, labels, namespace }: PodTemplate,
  templates: readonly PodTemplate[],
): Findings {
  for (const [index, { labelSelector, topologyKey, maxSkew }] of (spec.topologySpreadConstraints ?? []).entries()) {
    const at = `${path}.topologySpreadConstraints[${index}]`;
    if (!labelSelector || !selects(labelSelector, labels)) {
      const message = `does not select the pods that are to be spread by ${topologyKey}`;
      yield { object, path: `${at}.labelSelector`, message };
    }
    if (maxSkew < 1) yield { object, path: `${at}.maxSkew`, message: "has to be at least 1" };
    const meant = misspelt(topologyKey, PLACES);
    if (meant)
      yield { object, path: `${at}.topologyKey`, message: `no node has the label ${topologyKey}: say ${meant}` };
  }
  for (const kind of ["podAffinity", "podAntiAffinity"] as const) {
    const { requiredDuringSchedulingIgnoredDuringExecution: required = [], ...rest } = spec.affinity?.[kind] ?? {};
    const preferred = (rest.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((each) => each.podAffinityTerm);
    for (const term of [...required, ...preferred])
      if (!templates.some((each) => meansPod(term, each, namespace)))
        yield { object, path: `${path}.affinity.${kind}`, message: "no pod has the labels that it names" };
  }
}

interface AffinityTerm {
  readonly labelSelector?: Selector;
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: Selector;
}

/**
 * Whether a term of an affinity means a pod. One without a selector means none.
 * @param own the namespace of the pod that has the term: it is meant where no other is named
 */
export function meansPod(term: AffinityTerm, { labels, namespace = "" }: PodTemplate, own = ""): boolean {
  const { labelSelector, namespaces = [], namespaceSelector } = term;
  const there =
    namespaces.length === 0 && !namespaceSelector
      ? namespace === own
      : namespaces.includes(namespace) ||
        (namespaceSelector !== undefined && selects(namespaceSelector, { [NAMESPACE_NAME]: namespace }));
  return there && labelSelector !== undefined && selects(labelSelector, labels);
}
