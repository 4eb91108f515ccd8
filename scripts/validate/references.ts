import type { IContainer } from "kubernetes-models/v1/Container";
import { NAMESPACE, SECRETS } from "../lib/deployment.ts";
import {
  type Finding,
  type Findings,
  isMadeElsewhere,
  type KubernetesObject,
  misspelt,
  named,
  ofKind,
  type Rendering,
} from "./objects.ts";
import { containersOf, type PodTemplate, podTemplates } from "./pods.ts";
import { isBuiltIn } from "./schema.ts";

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
    yield* checkPullSecrets(rendering, object, spec.imagePullSecrets, path);
    for (const asked of maps) yield* checkMap(rendering, template, asked);
    for (const asked of secrets) yield* checkSecret(rendering, template, asked);
    for (const [index, { persistentVolumeClaim: claim }] of (spec.volumes ?? []).entries())
      if (claim && !named(rendering, "PersistentVolumeClaim", claim.claimName, namespace)) {
        const at = `${path}.volumes[${index}].persistentVolumeClaim.claimName`;
        yield { object, path: at, message: `there is no PersistentVolumeClaim ${claim.claimName}` };
      }
    yield* checkNames(rendering, template);
  }
  for (const set of ofKind(rendering, "StatefulSet")) {
    const { serviceName } = set.spec ?? {};
    if (serviceName && !named(rendering, "Service", serviceName, set.metadata.namespace))
      yield { object: set, path: "spec.serviceName", message: `there is no Service ${serviceName}` };
  }
  for (const account of ofKind(rendering, "ServiceAccount"))
    yield* checkPullSecrets(rendering, account, account.imagePullSecrets, "");
  yield* checkBindings(rendering);
  yield* checkNamespaces(rendering);
}

/** Classes that every cluster has; any other is an object that somebody makes. */
const PRIORITIES = ["system-cluster-critical", "system-node-critical"];

function* checkNames(rendering: Rendering, { object, path, namespace, spec }: PodTemplate): Findings {
  const { serviceAccountName: account, priorityClassName: priority, runtimeClassName: runtime } = spec;
  if (account && account !== "default" && !isThere(rendering, "ServiceAccount", account, namespace))
    yield { object, path: `${path}.serviceAccountName`, message: `there is no ServiceAccount ${account}` };
  if (priority && !PRIORITIES.includes(priority) && !isThere(rendering, "PriorityClass", priority))
    yield { object, path: `${path}.priorityClassName`, message: `there is no PriorityClass ${priority}` };
  if (runtime && !isThere(rendering, "RuntimeClass", runtime))
    yield { object, path: `${path}.runtimeClassName`, message: `there is no RuntimeClass ${runtime}` };
}

/** A registry's credentials are made by hand, with the cluster: only a slip is told. */
function* checkPullSecrets(
  { objects }: Rendering,
  object: KubernetesObject,
  pulls: readonly { name?: string }[] = [],
  path: string,
): Findings {
  const made = objects.filter(({ kind }) => SECRET_KINDS.includes(kind)).map(({ metadata }) => metadata.name);
  for (const [index, { name = "" }] of pulls.entries()) {
    const meant = misspelt(name, made);
    const at = [path, `imagePullSecrets[${index}].name`].filter(Boolean).join(".");
    if (!name) yield { object, path: at, message: "has to be said" };
    if (meant) yield { object, path: at, message: `there is no Secret ${name}: say ${meant}` };
  }
}

const isThere = (rendering: Rendering, wanted: string, name: string, namespace?: string) =>
  isMadeElsewhere(rendering, wanted, name) ||
  rendering.objects.some(
    ({ kind, metadata }) =>
      kind === wanted && metadata.name === name && (!namespace || metadata.namespace === namespace),
  );

const RBAC = "rbac.authorization.k8s.io";
/** Roles that every cluster has. */
const CLUSTER_ROLES = /^(?:admin|cluster-admin|edit|view|system:.+)$/;

function* checkBindings(rendering: Rendering): Findings {
  for (const object of [...ofKind(rendering, "RoleBinding"), ...ofKind(rendering, "ClusterRoleBinding")]) {
    const { roleRef, subjects, metadata } = object;
    const { kind, name } = roleRef;
    if (roleRef.apiGroup !== RBAC) yield { object, path: "roleRef.apiGroup", message: `has to be ${RBAC}` };
    const there =
      kind === "ClusterRole"
        ? CLUSTER_ROLES.test(name) || isThere(rendering, kind, name)
        : isThere(rendering, kind, name, metadata.namespace);
    if (!there) yield { object, path: "roleRef.name", message: `there is no ${kind} ${name}` };
    for (const [index, subject] of (subjects ?? []).entries()) {
      if (subject.kind !== "ServiceAccount" || subject.name === "default") continue;
      const { namespace = metadata.namespace } = subject;
      if (!namespace) yield { object, path: `subjects[${index}].namespace`, message: "has to be said" };
      if (kind === "ClusterRole" && name === "cluster-admin") {
        const message = `gives ${subject.name} the whole cluster, which nothing here asks for: name a Role of its own`;
        yield { object, path: "roleRef.name", message };
      }
      // What belongs to a namespace that is made elsewhere is made there, too.
      const ours = namespace === undefined || namespacesOf(rendering).includes(namespace);
      if (ours && !named(rendering, "ServiceAccount", subject.name, namespace)) {
        const message = `there is no ServiceAccount ${subject.name} in the namespace ${namespace}`;
        yield { object, path: `subjects[${index}].name`, message };
      }
    }
  }
}

/** The namespaces that a rendering fills. */
function namespacesOf({ objects, namespace = NAMESPACE }: Rendering): string[] {
  return [namespace, ...objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name)];
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
  const { name = "" } = asked;
  const map = named(rendering, "ConfigMap", name, namespace);
  if (asked.optional || (!map && isMadeElsewhere(rendering, "ConfigMap", name))) return;
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
  `there is no Secret ${name}: nothing in the rendering makes it; if somebody else does, say so: taskflow.local/made-elsewhere: Secret/${name}`;
const SECRET_KINDS = ["Secret", "ExternalSecret", "SealedSecret"];

/** Whether something in the rendering makes a Secret: cert-manager for a Certificate, or an operator of secrets. */
export function secretIsMade(rendering: Rendering, name: string): boolean {
  return (
    rendering.secrets?.has(name) ||
    isMadeElsewhere(rendering, "Secret", name) ||
    ofKind(rendering, "Certificate").some(({ spec }) => spec?.secretName === name) ||
    rendering.objects.some(({ kind, metadata }) => SECRET_KINDS.includes(kind) && metadata.name === name)
  );
}

/** Namespaces that a cluster has, or that belong to what watches over it. */
const CLUSTER_NAMESPACES = ["default", "kube-system", "kube-public", "monitoring"];

/** Kinds of which there is one for the whole cluster. */
const OF_THE_CLUSTER =
  /^(?:Namespace|Node|PersistentVolume|CustomResourceDefinition|APIService|CertificateSigningRequest|Cluster\w+|\w+(?:Class|Configuration|Schema|AdmissionPolicy(?:Binding)?))$/;

function* checkNamespaces({ objects, namespace: own }: Rendering): Generator<Finding, void> {
  const there = new Set(objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name));
  for (const object of objects) {
    const { namespace } = object.metadata;
    const [group = ""] = object.apiVersion.split("/");
    const builtIn = isBuiltIn(object.apiVersion.includes("/") ? group : "");
    // Helm puts what names none where the release is.
    if (!namespace && !own && builtIn && !OF_THE_CLUSTER.test(object.kind))
      yield { object, path: "metadata.namespace", message: "has to be said, or it goes to wherever kubectl is" };
    if (!namespace || namespace === own || there.has(namespace) || CLUSTER_NAMESPACES.includes(namespace)) continue;
    yield {
      object,
      path: "metadata.namespace",
      message: `there is no Namespace ${namespace}: add it to the resources`,
    };
  }
}
