import { type Findings, ofKind, type Rendering, selects } from "./objects.ts";
import { hasPort, type PodTemplate, podTemplates, titleOf } from "./pods.ts";

export const HOST = /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** A Service leads on to pods, and to a port that they have. */
export function* checkTraffic(rendering: Rendering): Findings {
  const templates = podTemplates(rendering);
  for (const service of ofKind(rendering, "Service")) yield* checkService(rendering, service, templates);
}

export type Service = ReturnType<typeof ofKind<"Service">>[number];

/** The pods that a Service sends requests to. */
export function servedBy({ metadata, spec }: Service, templates: readonly PodTemplate[]): PodTemplate[] {
  const { selector, type } = spec ?? {};
  if (!selector || Object.keys(selector).length === 0 || type === "ExternalName") return [];
  return templates.filter(
    ({ labels, namespace }) => namespace === metadata.namespace && selects({ matchLabels: selector }, labels),
  );
}

function* checkService(rendering: Rendering, service: Service, templates: readonly PodTemplate[]): Findings {
  const { spec, metadata } = service;
  if (spec?.type === "ExternalName") {
    const message = "leads to another host, and to none of the pods that it selects: leave it out";
    if (spec.selector) yield { object: service, path: "spec.type", message };
    if (!HOST.test(spec.externalName ?? ""))
      yield { object: service, path: "spec.externalName", message: "has to be the name of a host" };
    return;
  }
  if (Object.keys(spec?.selector ?? {}).length === 0) {
    const byHand = ofKind(rendering, "EndpointSlice").some(
      (each) => each.metadata.labels?.["kubernetes.io/service-name"] === metadata.name,
    );
    if (!byHand) yield { object: service, path: "spec.selector", message: "is missing: the Service leads to no pod" };
    return;
  }
  const served = servedBy(service, templates);
  if (served.length === 0) yield { object: service, path: "spec.selector", message: "no pod has these labels" };
  for (const template of served)
    if (!template.lasting) {
      const message = `takes the pods of ${titleOf(template)} too, which answer no requests`;
      yield { object: service, path: "spec.selector", message };
    }
  for (const [index, { port, targetPort = port, protocol = "TCP" }] of (spec?.ports ?? []).entries())
    for (const template of served)
      if (template.lasting && !hasPort(template, targetPort, protocol)) {
        const message = `no container of ${titleOf(template)} has the ${protocol} port ${targetPort}`;
        yield { object: service, path: `spec.ports[${index}].targetPort`, message };
      }
}
