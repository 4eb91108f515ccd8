import { type Findings, isMadeElsewhere, type KubernetesObject, misspelt, named, type Rendering } from "./objects.ts";
import { missingSecret, secretIsMade } from "./references.ts";

const GROUP = "traefik.io/";
const ANNOTATION = "traefik.ingress.kubernetes.io/";
/** What annotations call `namespace-name@kubernetescrd`, by the annotation's last word. */
const KINDS: Record<string, string> = {
  middlewares: "Middleware",
  options: "TLSOption",
  serverstransport: "ServersTransport",
};
/** The entry points that Traefik has on k3s, unless its own values say otherwise. */
const ENTRY_POINTS = ["web", "websecure", "traefik", "metrics"];

/** Middlewares and transports name Secrets in them. */
const SECRET_FIELDS = new Set(["secret", "caSecret", "certSecret"]);

interface Reference {
  readonly name: string;
  readonly namespace?: string;
  readonly kind?: string;
  readonly port?: number | string;
}

/** Traefik drops a route, without a word to whoever asks, when what it names is not there. */
export function* checkTraefik(rendering: Rendering): Findings {
  for (const object of rendering.objects) {
    yield* checkAnnotations(rendering, object);
    if (!object.apiVersion.startsWith(GROUP)) continue;
    yield* walk(rendering, object, (object as { spec?: unknown }).spec, "spec");
  }
}

function* checkAnnotations(rendering: Rendering, object: KubernetesObject): Findings {
  for (const [annotation, value] of Object.entries(object.metadata.annotations ?? {})) {
    if (!annotation.startsWith(ANNOTATION)) continue;
    const path = `metadata.annotations.${annotation}`;
    const word = annotation.split(".").at(-1) ?? "";
    const references = value.split(",").map((each) => each.trim());
    if (word === "entrypoints") yield* checkEntryPoints(object, path, references);
    const kind = KINDS[word];
    if (!kind) continue;
    for (const reference of references) {
      const there = rendering.objects.some(
        (each) =>
          each.kind === kind &&
          reference === `${each.metadata.namespace ?? "default"}-${each.metadata.name}@kubernetescrd`,
      );
      if (there || isMadeElsewhere(rendering, kind, reference)) continue;
      const message = `there is no ${kind} ${reference}: its name is NAMESPACE-NAME@kubernetescrd`;
      yield { object, path, message };
    }
  }
}

/** Others can be added in Traefik's own values, so that only a slip of the hand is told. */
function* checkEntryPoints(object: KubernetesObject, path: string, names: readonly string[]): Findings {
  for (const name of names) {
    const meant = misspelt(name, ENTRY_POINTS) ?? (name === "wbe" ? "web" : undefined);
    if (meant) yield { object, path, message: `Traefik has no entry point ${name}: say ${meant}` };
  }
}

/** Routes, chains and error pages name others in fields of one shape, wherever they stand. */
function* walk(rendering: Rendering, object: KubernetesObject, value: unknown, path: string): Findings {
  if (value === null || typeof value !== "object") return;
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) yield* walk(rendering, object, each, `${path}[${index}]`);
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    const at = `${path}.${key}`;
    const list = (Array.isArray(child) ? child : [child]) as unknown[];
    for (const [index, each] of list.entries()) {
      const place = Array.isArray(child) ? `${at}[${index}]` : at;
      if (key === "entryPoints" && typeof each === "string") yield* checkEntryPoints(object, place, [each]);
      if (!isReference(each)) continue;
      if (key === "middlewares") yield* checkThere(rendering, object, each, kindOfMiddleware(object), place);
      if (key === "services" || key === "service" || key === "mirrors")
        yield* checkService(rendering, object, each, place);
      if (path === "spec.tls" && key === "options") yield* checkThere(rendering, object, each, "TLSOption", place);
    }
    const secret = SECRET_FIELDS.has(key) || (path === "spec.tls" && key === "secretName");
    if (secret && typeof child === "string" && !secretIsMade(rendering, child))
      yield { object, path: at, message: missingSecret(child) };
    yield* walk(rendering, object, child, at);
  }
}

const isReference = (value: unknown): value is Reference =>
  value !== null && typeof value === "object" && typeof (value as Reference).name === "string";
const kindOfMiddleware = ({ kind }: KubernetesObject) => (kind === "IngressRouteTCP" ? "MiddlewareTCP" : "Middleware");

function* checkThere(
  rendering: Rendering,
  object: KubernetesObject,
  { name, namespace = object.metadata.namespace }: Reference,
  wanted: string,
  path: string,
): Findings {
  if (name.includes("@")) return; // what another provider of Traefik brings
  const there = rendering.objects.some(
    ({ kind, metadata }) => kind === wanted && metadata.name === name && metadata.namespace === namespace,
  );
  if (!there && !isMadeElsewhere(rendering, wanted, name))
    yield { object, path: `${path}.name`, message: `there is no ${wanted} ${name} in ${namespace}` };
}

function* checkService(rendering: Rendering, object: KubernetesObject, reference: Reference, path: string): Findings {
  const { name, kind = "Service", port, namespace = object.metadata.namespace } = reference;
  if (kind !== "Service") return yield* checkThere(rendering, object, reference, kind, path);
  const service = named(rendering, "Service", name, namespace);
  if (!service) yield { object, path: `${path}.name`, message: `there is no Service ${name} in ${namespace}` };
  else if (port !== undefined && !(service.spec?.ports ?? []).some((each) => each.port === port || each.name === port))
    yield { object, path: `${path}.port`, message: `Service ${name} has no port ${port}` };
}
