import type { Findings, Rendering, Selector } from "./objects.ts";
import { fieldsOf, ofKind, podTemplates, selects, titleOf } from "./objects.ts";

/** Label of the pods that cert-manager creates. */
const SOLVER = "acme.cert-manager.io/http01-solver";

/** Every selector matches the pods it is meant for; a Service or a budget matches only pods that serve requests. */
export function* checkSelectors(rendering: Rendering): Findings {
  const templates = podTemplates(rendering);
  const matches = (selector: Selector | undefined, namespace: string | undefined) =>
    templates.filter(({ labels, object }) => object.metadata.namespace === namespace && selects(selector, labels));

  for (const { object, path: at, spec, labels } of templates) {
    const { selector } = object.spec as { selector?: Selector };
    if (selector && !selects(selector, labels))
      yield [object, "spec.selector", "does not match the labels of its own pods"];
    for (const part of ["topologySpreadConstraints", "affinity"] as const)
      for (const { path, key, value } of fieldsOf(spec[part], `${at}.${part}`))
        if (key === "labelSelector" && !selects(value, labels))
          yield [object, path, "does not match the labels of its own pods"];
  }

  for (const object of [...ofKind(rendering, "Service"), ...ofKind(rendering, "PodDisruptionBudget")]) {
    const { selector } = object.spec;
    const found = matches(object.kind === "Service" ? { matchLabels: selector } : selector, object.metadata.namespace);
    if (found.length === 0) yield [object, "spec.selector", "matches no pod"];
    const other = found.find(({ serves }) => !serves)?.object;
    if (other) yield [object, "spec.selector", `also matches the pods of ${titleOf(other)}`];
  }

  for (const object of ofKind(rendering, "NetworkPolicy"))
    for (const { path, value } of [{ path: "spec", value: object.spec }, ...fieldsOf(object.spec, "spec")]) {
      const { podSelector, namespaceSelector } = value as { podSelector?: Selector; namespaceSelector?: Selector };
      // Pods of other namespaces are not ours.
      if (!podSelector || namespaceSelector || podSelector.matchLabels?.[SOLVER]) continue;
      if (matches(podSelector, object.metadata.namespace).length === 0)
        yield [object, `${path}.podSelector`, "matches no pod"];
    }
}
