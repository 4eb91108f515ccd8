import type { IServicePort } from "kubernetes-models/v1/ServicePort";
import { version } from "../../package.json";
import { IMAGE, SECRETS } from "../lib/deployment.ts";
import type { Findings, KubernetesObject, PlacedContainer, PodTemplate, Rendering } from "./objects.ts";
import { fieldsOf, hasPort, ofKind, podTemplates, selects, titleOf } from "./objects.ts";

/** The fields of a pod spec that refer to an object, by its kind. */
const FIELDS: Record<string, RegExp> = {
  ConfigMap: /^configMap(?:Ref|KeyRef)?$/,
  PersistentVolumeClaim: /^persistentVolumeClaim$/,
  Secret: /^(?:secret(?:Ref|KeyRef)?|imagePullSecrets)$/,
  ServiceAccount: /^serviceAccountName$/,
};
interface Reference {
  readonly name?: string;
  readonly secretName?: string;
  readonly claimName?: string;
  readonly key?: string;
  readonly items?: readonly { readonly key: string }[];
  readonly optional?: boolean;
}
const MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares";

/** Every object, key, port, volume and file that is referred to by name exists. */
export function* checkReferences(rendering: Rendering): Findings {
  for (const template of podTemplates(rendering)) {
    for (const { path, key, value } of fieldsOf(template.spec, template.path))
      for (const [kind, pattern] of Object.entries(FIELDS))
        for (const reference of pattern.test(key) ? [value].flat() : []) {
          const target = typeof reference === "string" ? { name: reference } : reference;
          yield* checkReference(rendering, template.object, path, kind, target);
        }
    for (const placed of template.containers) {
      yield* checkImage(template, placed);
      yield* checkMounts(template, placed);
      const { startupProbe, livenessProbe, readinessProbe, lifecycle } = placed.container;
      const handlers = { startupProbe, livenessProbe, readinessProbe, lifecycle };
      for (const { path, key, value } of fieldsOf(handlers, placed.path))
        if (key === "port" && !hasPort(template, value))
          yield [template.object, path, `the container has no port ${value}`];
    }
  }
  for (const object of ofKind(rendering, "HorizontalPodAutoscaler")) {
    const { scaleTargetRef } = object.spec;
    yield* checkReference(rendering, object, "spec.scaleTargetRef", scaleTargetRef.kind, scaleTargetRef);
  }
  for (const object of ofKind(rendering, "Ingress")) yield* checkIngress(rendering, object);
  yield* checkSelectedPorts(rendering);
}

/** An object refers to another one in its namespace, and to keys that this has. */
function* checkReference(
  rendering: Rendering,
  object: KubernetesObject,
  path: string,
  kind: string,
  { secretName = "", claimName = secretName, name = claimName, key, items = [], optional }: Reference,
): Findings {
  const data = kind === "Secret" ? SECRETS[name] : find(rendering, kind, name, object)?.data;
  const exists = kind === "Secret" ? data || rendering.given.includes(name) : find(rendering, kind, name, object);
  if (!exists) yield [object, path, `${kind} ${name} does not exist`];
  for (const each of data ? [...(key ? [key] : []), ...items.map((item) => item.key)] : [])
    if (!(each in data)) yield [object, path, `${kind} ${name} has no key ${each}`];
    else if (data[each].optional && !optional)
      yield [object, path, `${kind} ${name} may have no key ${each}; set optional: true`];
}

const find = (rendering: Rendering, kind: string, name: string, { metadata: { namespace } }: KubernetesObject) =>
  ofKind(rendering, kind).find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);

/** The deploy script replaces `taskflow`. Otherwise only this version's tag, or a digest, names an image that exists. */
function* checkImage({ object }: PodTemplate, { container: { image = "" }, path }: PlacedContainer): Findings {
  const [, name = "", tag = "latest", digest] = image.match(/^(.+?)(?::([\w.-]+))?(@sha256:[0-9a-f]{64})?$/) ?? [];
  if (image === IMAGE || digest || tag === version) return;
  if (name.split("/").at(-1) === IMAGE || tag === "latest")
    yield [object, `${path}.image`, `${image} may not exist; use ${IMAGE}, its tag ${version}, or a digest`];
}

/** A mount names a volume of the pod, and the file that a `…_FILE` variable names is in a mounted Secret or ConfigMap. */
function* checkMounts({ object, spec }: PodTemplate, { container, path }: PlacedContainer): Findings {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  const mounts = container.volumeMounts ?? [];
  for (const [index, { name }] of mounts.entries())
    if (!volumes.has(name)) yield [object, `${path}.volumeMounts[${index}]`, `the pod has no volume ${name}`];
  for (const [index, { name, value = "" }] of (container.env ?? []).entries()) {
    if (!name.endsWith("_FILE")) continue;
    const { name: volume = "", mountPath = "" } = mounts.find((each) => value.startsWith(`${each.mountPath}/`)) ?? {};
    const { secret, configMap } = volumes.get(volume) ?? {};
    const items = (secret ?? configMap)?.items?.map((item) => item.path);
    const files = items ?? Object.keys(SECRETS[secret?.secretName ?? ""] ?? {});
    if (!files.includes(value.slice(mountPath.length + 1)))
      yield [object, `${path}.env[${index}]`, `no volume provides the file ${value}`];
  }
}

function* checkIngress(rendering: Rendering, object: KubernetesObject): Findings {
  const { annotations = {}, namespace } = object.metadata;
  for (const { path, key, value } of fieldsOf(object.spec, "spec"))
    if (key === "service") {
      const ports: IServicePort[] = find(rendering, "Service", value.name, object)?.spec.ports ?? [];
      const wanted = value.port.name ?? value.port.number;
      if (!ports.some(({ name, port }) => name === wanted || port === wanted))
        yield [object, path, `no Service ${value.name} has the port ${wanted}`];
      // cert-manager creates the Secret of an Ingress with this annotation.
    } else if (key === "secretName" && !annotations["cert-manager.io/cluster-issuer"])
      yield* checkReference(rendering, object, path, "Secret", { name: value });
  const middlewares = annotations[MIDDLEWARES] ?? "";
  for (const name of rendering.given.includes(middlewares) ? [] : middlewares.split(/\s*,\s*/).filter(Boolean))
    if (!find(rendering, "Middleware", name.replace(/@kubernetescrd$/, "").replace(`${namespace}-`, ""), object))
      yield [object, `metadata.annotations.${MIDDLEWARES}`, `Middleware ${name} does not exist`];
}

/** The pods that a Service or a network policy selects have its ports. */
function* checkSelectedPorts(rendering: Rendering): Findings {
  for (const object of [...ofKind(rendering, "Service"), ...ofKind(rendering, "NetworkPolicy")]) {
    const { selector, podSelector = { matchLabels: selector }, ports, ingress } = object.spec;
    const fields = selector ? fieldsOf(ports, "spec.ports") : fieldsOf(ingress, "spec.ingress");
    const templates = podTemplates(rendering).filter(({ labels }) => selects(podSelector, labels));
    for (const { path, key, value } of fields)
      for (const template of templates)
        if (key === (selector ? "targetPort" : "port") && !hasPort(template, value))
          yield [object, path, `${titleOf(template.object)} has no port ${value}`];
  }
}
