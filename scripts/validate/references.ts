import type { IContainer } from "kubernetes-models/v1/Container";
import { NAMESPACE, SECRETS } from "../lib/deployment.ts";
import { type Finding, type Findings, named, ofKind, type Rendering } from "./objects.ts";
import { containersOf, type PodTemplate, podTemplates } from "./pods.ts";

interface Asked {
  readonly name?: string;
  readonly optional?: boolean;
  readonly keys: readonly string[];
  readonly path: string;
}

/** What a pod names exists: ConfigMaps, Secrets, their keys, claims, volumes and accounts. */
export function* checkReferences(rendering: Rendering): Findings {
  for (const template of podTemplates(rendering)) {
    const { spec, path, object, namespace } = template;
    const maps: Asked[] = [];
    const secrets: Asked[] = [];
    for (const { container, path: at } of containersOf(template)) collectFromEnvironment(container, at, maps, secrets);
    collectFromVolumes(template, maps, secrets);
    (spec.imagePullSecrets ?? []).forEach(({ name }, index) => {
      secrets.push({ name, keys: [], path: `${path}.imagePullSecrets[${index}].name` });
    });

    for (const asked of maps) yield* checkMap(rendering, template, asked);
    for (const asked of secrets) yield* checkSecret(rendering, template, asked);
    yield* checkVolumes(rendering, template);
    const account = spec.serviceAccountName;
    if (account && account !== "default" && !named(rendering, "ServiceAccount", account, namespace)) {
      const message = `there is no ServiceAccount ${account}`;
      yield { object, path: `${path}.serviceAccountName`, message };
    }
  }
  for (const binding of ofKind(rendering, "RoleBinding"))
    for (const [index, { kind, name }] of (binding.subjects ?? []).entries())
      if (kind === "ServiceAccount" && !named(rendering, "ServiceAccount", name))
        yield { object: binding, path: `subjects[${index}].name`, message: `there is no ServiceAccount ${name}` };
  yield* checkNamespaces(rendering);
}

function collectFromEnvironment({ env, envFrom }: IContainer, at: string, maps: Asked[], secrets: Asked[]) {
  (env ?? []).forEach(({ valueFrom }, index) => {
    const { configMapKeyRef: map, secretKeyRef: secret } = valueFrom ?? {};
    const path = `${at}.env[${index}].valueFrom`;
    if (map) maps.push({ ...map, keys: [map.key], path: `${path}.configMapKeyRef` });
    if (secret) secrets.push({ ...secret, keys: [secret.key], path: `${path}.secretKeyRef` });
  });
  (envFrom ?? []).forEach(({ configMapRef, secretRef }, index) => {
    if (configMapRef) maps.push({ ...configMapRef, keys: [], path: `${at}.envFrom[${index}].configMapRef` });
    if (secretRef) secrets.push({ ...secretRef, keys: [], path: `${at}.envFrom[${index}].secretRef` });
  });
}

function collectFromVolumes({ spec, path }: PodTemplate, maps: Asked[], secrets: Asked[]) {
  const keys = (items?: readonly { key: string }[]) => (items ?? []).map(({ key }) => key);
  (spec.volumes ?? []).forEach(({ configMap, secret, projected }, index) => {
    const at = `${path}.volumes[${index}]`;
    if (configMap) maps.push({ ...configMap, keys: keys(configMap.items), path: `${at}.configMap` });
    if (secret) {
      const { secretName, optional, items } = secret;
      secrets.push({ name: secretName, optional, keys: keys(items), path: `${at}.secret` });
    }
    (projected?.sources ?? []).forEach((source, place) => {
      const within = `${at}.projected.sources[${place}]`;
      if (source.configMap)
        maps.push({ ...source.configMap, keys: keys(source.configMap.items), path: `${within}.configMap` });
      if (source.secret) secrets.push({ ...source.secret, keys: keys(source.secret.items), path: `${within}.secret` });
    });
  });
}

function* checkMap(rendering: Rendering, { object, namespace }: PodTemplate, asked: Asked): Findings {
  const map = named(rendering, "ConfigMap", asked.name ?? "", namespace);
  if (asked.optional) return;
  if (!map) yield { object, path: asked.path, message: `there is no ConfigMap ${asked.name}` };
  else
    for (const key of asked.keys)
      if (!(key in { ...map.data, ...map.binaryData }))
        yield { object, path: asked.path, message: `ConfigMap ${asked.name} has no key ${key}` };
}

/** A Secret is made by the deploy script, by cert-manager, or, without data, by something that the rendering holds. */
function* checkSecret(rendering: Rendering, { object }: PodTemplate, asked: Asked): Findings {
  const { name = "", path, optional } = asked;
  const keys = Object.hasOwn(SECRETS, name) ? SECRETS[name] : undefined;
  if (!keys) {
    if (!secretIsMade(rendering, name)) yield { object, path, message: missingSecret(name) };
    return;
  }
  for (const key of asked.keys) {
    const known = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (!known) {
      const message = `Secret ${name} has no key ${key}, only ${Object.keys(keys).join(", ")}`;
      yield { object, path, message };
    } else if (known.optional && !optional) {
      const message = `the key ${key} of Secret ${name} may be missing, and the pod would not start: say “optional: true”`;
      yield { object, path, message };
    }
  }
}

export const missingSecret = (name: string) =>
  `there is no Secret ${name}: nothing in the rendering makes it, and scripts/lib/deployment.ts does not list it`;

/** Whether something in the rendering makes a Secret: cert-manager for a Certificate, or an operator of secrets. */
export function secretIsMade(rendering: Rendering, name: string): boolean {
  return (
    ofKind(rendering, "Certificate").some(({ spec }) => spec?.secretName === name) ||
    rendering.objects.some(
      ({ kind, metadata }) => ["Secret", "ExternalSecret", "SealedSecret"].includes(kind) && metadata.name === name,
    )
  );
}

function* checkVolumes(rendering: Rendering, template: PodTemplate): Findings {
  const { spec, path, object, namespace } = template;
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
  if (object.kind === "StatefulSet")
    for (const { spec: set } of ofKind(rendering, "StatefulSet"))
      for (const { metadata } of set?.volumeClaimTemplates ?? []) volumes.add(metadata?.name ?? "");
  for (const { container, path: at } of containersOf(template))
    for (const [index, { name }] of (container.volumeMounts ?? []).entries())
      if (!volumes.has(name))
        yield { object, path: `${at}.volumeMounts[${index}].name`, message: `the pod has no volume ${name}` };
  for (const [index, { persistentVolumeClaim: claim }] of (spec.volumes ?? []).entries())
    if (claim && !named(rendering, "PersistentVolumeClaim", claim.claimName, namespace))
      yield {
        object,
        path: `${path}.volumes[${index}].persistentVolumeClaim.claimName`,
        message: `there is no PersistentVolumeClaim ${claim.claimName}`,
      };
}

/** Namespaces that a cluster has, or that belong to what watches over it. */
const CLUSTER_NAMESPACES = ["default", "kube-system", "monitoring", NAMESPACE];

function* checkNamespaces({ objects }: Rendering): Generator<Finding, void> {
  const there = new Set(objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name));
  for (const object of objects) {
    const { namespace } = object.metadata;
    if (namespace && !there.has(namespace) && !CLUSTER_NAMESPACES.includes(namespace))
      yield { object, path: "metadata.namespace", message: `there is no Namespace ${namespace}` };
  }
}
