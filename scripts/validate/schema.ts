import type { Finding, Findings, KubernetesObject } from "./objects.ts";

/** Packages with the schemas of custom resources, by API group. */
const CUSTOM_RESOURCES: Record<string, string> = {
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
};
/** API groups that an overlay may use, and whose fields only the API server can check. */
const UNCHECKED = ["bitnami.com", "cert-manager.io", "external-secrets.io", "traefik.io"];
/** Has the wrong type for every field. */
const WRONG = () => undefined;

interface SchemaError {
  /** A JSON pointer. */
  readonly instancePath: string;
  readonly params: { missingProperty?: string; allowedValues?: readonly string[]; type?: string; format?: string };
}

/** Checks an object against its Kubernetes schema, and for fields that the schema does not have. */
export async function checkSchema(object: KubernetesObject): Promise<Finding[]> {
  const { apiVersion, kind } = object;
  const group = apiVersion.replace(/\/?[^/]+$/, "");
  if (UNCHECKED.includes(group)) return [];
  const file = `${CUSTOM_RESOURCES[group] ?? "kubernetes-models"}/${apiVersion}/${kind}`;
  const model = await import(file).catch(() => ({}));
  const validate = model[kind]?.prototype.validate;
  if (!validate) {
    const message = `no schema for ${kind}; correct it, or add the group to scripts/validate/schema.ts`;
    return [[object, "apiVersion", message]];
  }
  const copy = structuredClone(object);
  const errors = (): readonly SchemaError[] => {
    try {
      validate.call(copy);
      return [];
    } catch (error) {
      return (error as { errors: SchemaError[] }).errors;
    }
  };
  const findings = errors().map(({ instancePath, params }): Finding => {
    const { missingProperty, allowedValues, type, format = "valid" } = params;
    const message = `must be ${allowedValues?.join(" or ") ?? type ?? format}`;
    return [object, dotted(instancePath), missingProperty ? `${missingProperty} is missing` : message];
  });
  return findings.length > 0 ? findings : [...unknownFields(object, copy, "", errors)];
}

/** `kubernetes-models` ignores a field that it doesn't know: it doesn't complain about a wrong value there either. */
function* unknownFields(
  object: KubernetesObject,
  parent: Record<string, unknown>,
  pointer: string,
  errors: () => readonly SchemaError[],
): Findings {
  for (const [key, value] of Object.entries(parent)) {
    const at = `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    parent[key] = WRONG;
    const isKnown = errors().some(({ instancePath }) => instancePath === at);
    parent[key] = value;
    if (!isKnown) yield [object, dotted(at), "unknown field"];
    else if (value && typeof value === "object")
      yield* unknownFields(object, value as Record<string, unknown>, at, errors);
  }
}

/** Returns a JSON pointer as `spec.ports[0].name`. */
function dotted(pointer: string): string {
  const path = pointer.slice(1).replaceAll(/\/(\d+)(?=\/|$)/g, "[$1]");
  return path.replaceAll("/", ".").replaceAll("~1", "/");
}
