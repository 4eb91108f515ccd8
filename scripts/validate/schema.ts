import { type Finding, type KubernetesObject, misspelt, type Rendering } from "./objects.ts";

/**
 * Schemas come with `bun install`: `kubernetes-models` are validators made from the API server's own OpenAPI document,
 * and its sisters from the CRDs of Traefik, cert-manager and the Prometheus operator: 25 MB, of which only what is asked
 * for is loaded. They let unknown fields pass, so each object is watched while it is validated: a field that its
 * validator never looked at is one that it does not know.
 *
 * `kubectl-validate` is strict as it is, but is a Go program of 130 MB with schemas up to Kubernetes 1.30; `kubeconform`
 * downloads schemas at run time; `kubectl apply --dry-run=server` needs a cluster.
 */
const CUSTOM_RESOURCES: Record<string, string> = {
  "traefik.io": "@kubernetes-models/traefik",
  "cert-manager.io": "@kubernetes-models/cert-manager",
  "acme.cert-manager.io": "@kubernetes-models/cert-manager",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
};

/** Kubernetes' own groups; others that end in `k8s.io` are of its projects, and come as custom resources. */
const BUILT_IN = new Set([
  ...["", "apps", "autoscaling", "batch", "extensions", "policy"],
  ...["admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization"].map(inKubernetes),
  ...["certificates", "coordination", "discovery", "events", "flowcontrol.apiserver", "networking"].map(inKubernetes),
  ...["internal.apiserver", "node", "rbac.authorization", "resource", "scheduling", "storage"].map(inKubernetes),
]);
function inKubernetes(group: string) {
  return `${group}.k8s.io`;
}
export const isBuiltIn = (group: string) => BUILT_IN.has(group);

/** Operators that a cluster may have, of whose kinds there is no schema here: only their names can be looked at. */
const UNCHECKED = new Set([
  ...["gateway.networking.k8s.io", "snapshot.storage.k8s.io", "autoscaling.k8s.io", "metrics.k8s.io"],
  ...[
    "bitnami.com",
    "external-secrets.io",
    "isindir.github.com",
    "secrets.hashicorp.com",
    "secrets-store.csi.x-k8s.io",
  ],
  ...["postgresql.cnpg.io", "barmancloud.cnpg.io", "acid.zalan.do", "postgres-operator.crunchydata.com"],
  ...[
    "helm.cattle.io",
    "k3s.cattle.io",
    "argoproj.io",
    "velero.io",
    "keda.sh",
    "kyverno.io",
    "cilium.io",
    "crd.projectcalico.org",
  ],
  ...["kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io", "source.toolkit.fluxcd.io", "grafana.integreatly.org"],
]);

/** Groups that have another name now. */
const RENAMED: Record<string, string> = {
  "traefik.containo.us": "traefik.io",
  "certmanager.k8s.io": "cert-manager.io",
  "networking.x-k8s.io": "gateway.networking.k8s.io",
};

export interface Verdict {
  readonly findings: Finding[];
  /** Whether something has a wrong type or is missing, so that nothing can be said about the rest. */
  readonly misshapen: boolean;
  /** Whether there is a schema at all. */
  readonly known: boolean;
}

/** Holds an object against the schema of its kind. */
export async function checkSchema(object: KubernetesObject, { objects }: Rendering): Promise<Verdict> {
  const validate = await validatorOf(object);
  if (validate === "unknown group") {
    const [group = ""] = object.apiVersion.split("/");
    const defined = objects.some(
      (each) =>
        each.kind === "CustomResourceDefinition" && (each as { spec?: { group?: string } }).spec?.group === group,
    );
    if (defined || UNCHECKED.has(group)) {
      const message = "makes pods, at which nothing here can look: let a Deployment, a Job or a CronJob make them";
      const findings = /"containers":\[[^\]]/.test(JSON.stringify(object)) ? [{ object, path: "kind", message }] : [];
      return { findings, misshapen: false, known: false };
    }
    const meant = misspelt(group, [...BUILT_IN, ...UNCHECKED, ...Object.keys(CUSTOM_RESOURCES)]);
    const instead = RENAMED[group] ?? meant;
    const message = `nothing here knows the group ${group}: ${instead ? `say ${instead}` : "add its CustomResourceDefinition, or its name in scripts/validate/schema.ts"}`;
    return { findings: [{ object, path: "apiVersion", message }], misshapen: false, known: true };
  }
  if (validate === "unknown kind") {
    const message = `there is no kind ${object.kind} in ${object.apiVersion}`;
    return { findings: [{ object, path: "apiVersion", message }], misshapen: true, known: true };
  }
  const watched = watch(object);
  const errors = validate(watched.data);
  const said = new Set<string>();
  const findings: Finding[] = [];
  for (const { instancePath, ...error } of errors) {
    const path = dotted(instancePath);
    if (said.has(path)) continue; // the branches of "a number or text" each complain
    said.add(path);
    findings.push({ object, path: path || "the object", message: inWords(error) });
  }
  // The validators write `x-kubernetes-…`, which only the schema within a CustomResourceDefinition has, in another way.
  const spelt = (path: string) => object.kind === "CustomResourceDefinition" && /\.x-kubernetes-[a-z-]+$/.test(path);
  for (const path of watched.unread().filter((each) => !spelt(each)))
    findings.push({ object, path, message: "no such field" });
  return { findings, misshapen: errors.some(({ keyword }) => keyword !== "enum"), known: true };
}

interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Record<string, unknown>;
  readonly message?: string;
}

async function validatorOf({ apiVersion, kind }: KubernetesObject) {
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  const source = isBuiltIn(group) ? "kubernetes-models" : CUSTOM_RESOURCES[group];
  if (!source) return "unknown group";
  const model = await import(`${source}/${apiVersion}/${kind}`).catch(() => undefined);
  const validate = model?.[kind]?.prototype.validate as ((this: unknown) => void) | undefined;
  if (!validate) return "unknown kind";
  return (data: unknown): readonly SchemaError[] => {
    try {
      validate.call(data);
      return [];
    } catch (error) {
      const { errors } = error as { errors?: SchemaError[] };
      if (!errors) throw error;
      return errors;
    }
  };
}

/** Wraps an object so that it can be told which of its fields somebody looked at. */
function watch(object: object) {
  const looks = new Map<object, Set<string>>();
  const proxies = new WeakMap<object, object>();
  const wrap = (value: unknown): unknown => {
    if (value === null || typeof value !== "object") return value;
    const known = proxies.get(value);
    if (known) return known;
    const proxy = new Proxy(value, {
      get(target, key) {
        if (typeof key === "string" && !Array.isArray(target)) {
          const keys = looks.get(target) ?? new Set();
          looks.set(target, keys.add(key));
        }
        return wrap(Reflect.get(target, key));
      },
    });
    proxies.set(value, proxy);
    return proxy;
  };
  /** An object into which nobody looked at all may hold anything: its schema names no fields. */
  const unread = (value: unknown, path: string): string[] => {
    if (value === null || typeof value !== "object") return [];
    if (Array.isArray(value)) return value.flatMap((each, index) => unread(each, `${path}[${index}]`));
    const keys = looks.get(value);
    if (!keys) return [];
    return Object.entries(value).flatMap(([key, child]) => {
      const at = path ? `${path}.${key}` : key;
      return keys.has(key) ? unread(child, at) : [at];
    });
  };
  return { data: wrap(object), unread: () => unread(object, "") };
}

/** `/spec/containers/0/image` as people write it: `spec.containers[0].image`. */
function dotted(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((word) => word.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((path, word) => (/^\d+$/.test(word) ? `${path}[${word}]` : path ? `${path}.${word}` : word), "");
}

function inWords({ keyword, params, message }: Omit<SchemaError, "instancePath">): string {
  if (keyword === "required") return `lacks ${params.missingProperty}`;
  if (keyword === "type") return `has to be of type ${params.type}`;
  if (keyword === "enum") return `has to be one of ${(params.allowedValues as unknown[]).join(", ")}`;
  return message ?? `breaks the rule “${keyword}”`;
}
