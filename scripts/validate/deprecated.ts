import type { Findings, KubernetesObject, Rendering } from "./objects.ts";
import { podTemplates } from "./pods.ts";
import { isBuiltIn } from "./schema.ts";
import { type Kustomization, shown } from "./sources.ts";

/** The versions of Kubernetes for which the manifests are meant. */
export const KUBERNETES_VERSIONS = ["1.32", "1.33", "1.34", "1.35"];

/** Stable in name, but on their way out in one of those versions; beta and alpha versions are refused altogether. */
const DEPRECATED_KINDS: Record<string, string> = {
  "v1 Endpoints": "discovery.k8s.io/v1 EndpointSlice",
  "v1 ComponentStatus": "the health endpoints of each component",
  "v1 ReplicationController": "apps/v1 Deployment",
};
const DEPRECATED_NAMES: Record<string, string> = {
  "kubernetes.io/ingress.class": "spec.ingressClassName",
  "volume.beta.kubernetes.io/storage-class": "spec.storageClassName",
  "volume.beta.kubernetes.io/storage-provisioner": "volume.kubernetes.io/storage-provisioner",
  "scheduler.alpha.kubernetes.io/critical-pod": "priorityClassName",
  "seccomp.security.alpha.kubernetes.io/pod": "securityContext.seccompProfile",
  "service.alpha.kubernetes.io/tolerate-unready-endpoints": "spec.publishNotReadyAddresses",
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "node-role.kubernetes.io/master": "node-role.kubernetes.io/control-plane",
};
/** By how they begin. */
const DEPRECATED_PREFIXES: Record<string, string> = {
  "container.apparmor.security.beta.kubernetes.io/": "securityContext.appArmorProfile",
  "container.seccomp.security.alpha.kubernetes.io/": "securityContext.seccompProfile",
};
const DEPRECATED_FIELDS: Record<string, Record<string, string>> = {
  Kustomization: {
    bases: "resources",
    commonLabels: "labels",
    patchesStrategicMerge: "patches",
    patchesJson6902: "patches",
    vars: "replacements",
    imageTags: "images",
    crds: "openapi",
    helmChartInflationGenerator: "helmCharts",
  },
  Service: { "spec.loadBalancerIP": "an annotation of the load balancer" },
  PersistentVolume: { "spec.persistentVolumeReclaimPolicy=Recycle": "Retain or Delete" },
};

/** Nothing that a newer Kubernetes takes away. */
export function* checkDeprecated({ objects, ...rendering }: Rendering): Findings {
  for (const object of objects) {
    const { apiVersion, kind } = object;
    const [version = "", group = ""] = apiVersion.split("/").reverse();
    if (isBuiltIn(group) && !/^v\d+$/.test(version)) {
      const versions = `${KUBERNETES_VERSIONS[0]} to ${KUBERNETES_VERSIONS.at(-1)}`;
      yield { object, path: "apiVersion", message: `${apiVersion} is not there, or not to last, in ${versions}` };
    }
    const instead = DEPRECATED_KINDS[`${apiVersion} ${kind}`];
    if (instead) yield { object, path: "kind", message: `is deprecated: use ${instead}` };
    for (const [field, replacement] of Object.entries(DEPRECATED_FIELDS[kind] ?? {})) {
      const [path = "", value] = field.split("=");
      const found = path
        .split(".")
        .reduce((at, key) => (at as Record<string, unknown> | undefined)?.[key], object as unknown);
      if (value ? found === value : found !== undefined)
        yield { object, path, message: `is deprecated: use ${replacement}` };
    }
    yield* deprecatedNames(object);
  }
  for (const { object, path, spec } of podTemplates({ objects, ...rendering }))
    if (spec.serviceAccount !== undefined)
      yield { object, path: `${path}.serviceAccount`, message: "is deprecated: use serviceAccountName" };
}

function replacementOf(key: string): string | undefined {
  if (Object.hasOwn(DEPRECATED_NAMES, key)) return DEPRECATED_NAMES[key];
  return Object.entries(DEPRECATED_PREFIXES).find(([prefix]) => key.startsWith(prefix))?.[1];
}

/** Labels, annotations, node selectors, topology keys and tolerations all name them: wherever they stand. */
function* deprecatedNames(object: KubernetesObject): Findings {
  function* walk(value: unknown, path: string): Findings {
    if (typeof value === "string") {
      if (Object.hasOwn(DEPRECATED_NAMES, value))
        yield { object, path, message: `${value} is deprecated: use ${DEPRECATED_NAMES[value]}` };
    } else if (Array.isArray(value)) {
      for (const [index, each] of value.entries()) yield* walk(each, `${path}[${index}]`);
    } else if (value !== null && typeof value === "object") {
      for (const [key, each] of Object.entries(value)) {
        const at = path ? `${path}.${key}` : key;
        const instead = replacementOf(key);
        if (instead) yield { object, path: at, message: `is deprecated: use ${instead}` };
        yield* walk(each, at);
      }
    }
  }
  yield* walk(object, "");
}

/** Kustomize itself only warns of its old fields, or says nothing. */
export function* checkKustomizations(kustomizations: readonly Kustomization[]): Findings {
  for (const { content, file } of kustomizations) {
    for (const [field, replacement] of Object.entries(DEPRECATED_FIELDS.Kustomization ?? {}))
      if (field in content) yield { file: shown(file), path: field, message: `is deprecated: use ${replacement}` };
    for (const field of ["configMapGenerator", "secretGenerator"])
      for (const [index, generator] of (Array.isArray(content[field]) ? content[field] : []).entries())
        if (Object.hasOwn(generator ?? {}, "env"))
          yield { file: shown(file), path: `${field}[${index}].env`, message: "is deprecated: use envs" };
  }
}
