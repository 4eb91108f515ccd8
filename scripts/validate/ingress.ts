import { SECRETS } from "../lib/deployment.ts";
import { type Findings, isMadeElsewhere, misspelt, named, ofKind, type Rendering } from "./objects.ts";
import { ofTaskFlow, type PodTemplate, podTemplates } from "./pods.ts";
import { missingSecret, secretIsMade } from "./references.ts";
import { HOST, servedBy } from "./traffic.ts";

type Ingress = ReturnType<typeof ofKind<"Ingress">>[number];
/** k3s brings this Ingress class. Others are the cluster's: only a slip is told. */
const INGRESS_CLASSES = ["traefik"];
/** With one of them cert-manager makes the Secret; whoever runs the cluster makes the issuer. */
const ISSUERS = ["cert-manager.io/cluster-issuer", "cert-manager.io/issuer"];

/** An Ingress leads every request for a host on to a Service that is there, by a certificate that somebody makes. */
export function* checkIngresses(rendering: Rendering): Findings {
  const templates = podTemplates(rendering);
  for (const ingress of ofKind(rendering, "Ingress")) {
    yield* checkBackends(rendering, ingress);
    yield* checkHosts(ingress);
    yield* checkReach(rendering, ingress, templates);
    yield* checkCertificates(rendering, ingress);
  }
  for (const object of ofKind(rendering, "Certificate")) {
    const { name = "", kind = "Issuer" } = object.spec?.issuerRef ?? {};
    if (kind === "Issuer" && !hasIssuer(rendering, name, object.metadata.namespace))
      yield {
        object,
        path: "spec.issuerRef.name",
        message: `there is no Issuer ${name} in ${object.metadata.namespace}`,
      };
  }
}

function* checkBackends(rendering: Rendering, ingress: Ingress): Findings {
  const { spec, metadata } = ingress;
  const backends = (spec?.rules ?? []).flatMap(({ http }, rule) =>
    (http?.paths ?? []).map(({ backend }, place) => ({
      backend,
      path: `spec.rules[${rule}].http.paths[${place}].backend.service`,
    })),
  );
  if (spec?.defaultBackend) backends.push({ backend: spec.defaultBackend, path: "spec.defaultBackend.service" });
  else if (backends.length === 0)
    yield { object: ingress, path: "spec.rules", message: "leads nowhere: name a host, a path and a Service" };
  for (const { backend, path } of backends) {
    if (!backend.service) {
      if (!backend.resource) yield { object: ingress, path, message: "has to be said" };
      continue;
    }
    const { name, port } = backend.service;
    if ((port?.name === undefined) === (port?.number === undefined))
      yield { object: ingress, path: `${path}.port`, message: "has to be a name or a number" };
    const service = named(rendering, "Service", name, metadata.namespace);
    if (!service) yield { object: ingress, path: `${path}.name`, message: `there is no Service ${name}` };
    else if (!(service.spec?.ports ?? []).some((each) => each.port === port?.number || each.name === port?.name)) {
      const message = `Service ${name} has no port ${port?.name ?? port?.number}`;
      yield { object: ingress, path: `${path}.port`, message };
    }
  }
  const known = rendering.objects.filter(({ kind }) => kind === "IngressClass").map((each) => each.metadata.name);
  const { ingressClassName } = spec ?? {};
  const meant = misspelt(ingressClassName ?? "", [...INGRESS_CLASSES, ...known]);
  if (meant) {
    const message = `there is no IngressClass ${ingressClassName}: say ${meant}`;
    yield { object: ingress, path: "spec.ingressClassName", message };
  }
}

function* checkHosts(object: Ingress): Findings {
  for (const [rule, { host, http }] of (object.spec?.rules ?? []).entries()) {
    if (host && !HOST.test(host)) {
      const message = `“${host}” is no name of a host: small letters, digits, hyphens and dots, without a port`;
      yield { object, path: `spec.rules[${rule}].host`, message };
    }
    for (const [index, { path, pathType }] of (http?.paths ?? []).entries()) {
      const at = `spec.rules[${rule}].http.paths[${index}].path`;
      if (pathType !== "ImplementationSpecific" && !path?.startsWith("/"))
        yield { object, path: at, message: `“${path ?? ""}” has to begin with a slash` };
      else if (path && !path.startsWith("/"))
        yield { object, path: at, message: `“${path}” has to begin with a slash` };
      else if (/\/\/|\/\.{1,2}(?:\/|$)/.test(path ?? ""))
        yield { object, path: at, message: `“${path}” may hold neither // nor dots between slashes` };
    }
  }
}

/** Pages, programs and styles are all over the place: a host that leads to TaskFlow leads there with every path. */
function* checkReach(rendering: Rendering, object: Ingress, templates: readonly PodTemplate[]): Findings {
  if (object.spec?.defaultBackend) return;
  const rules = ofKind(rendering, "Ingress").flatMap(({ spec, metadata }) =>
    metadata.namespace === object.metadata.namespace ? (spec?.rules ?? []) : [],
  );
  for (const [index, { host, http }] of (object.spec?.rules ?? []).entries()) {
    const ours = (http?.paths ?? []).some(({ backend }) => {
      const service = named(rendering, "Service", backend.service?.name ?? "", object.metadata.namespace);
      return service && ofTaskFlow(servedBy(service, templates)).length > 0;
    });
    const paths = rules.filter((rule) => rule.host === host).flatMap((rule) => rule.http?.paths ?? []);
    if (!ours || paths.some(isForAll)) continue;
    const message = `${(http?.paths ?? []).map(({ path, pathType }) => `${path} (${pathType})`).join(", ")} leaves out the rest of TaskFlow: say “path: /” with “pathType: Prefix”`;
    yield { object, path: `spec.rules[${index}].http.paths`, message };
  }
}

/** What an implementation makes of its own kind of path is not known, unless it is a plain one. */
const isForAll = ({ path = "/", pathType }: { path?: string; pathType: string }) =>
  pathType === "Prefix" ? path === "/" : pathType !== "Exact" && !/^\/[\w/-]+$/.test(path);

function* checkCertificates(rendering: Rendering, object: Ingress): Findings {
  const { spec, metadata } = object;
  const issued = ISSUERS.some((each) => metadata.annotations?.[each]);
  const issuer = metadata.annotations?.["cert-manager.io/issuer"];
  if (issuer && !hasIssuer(rendering, issuer, metadata.namespace)) {
    const path = "metadata.annotations.cert-manager.io/issuer";
    yield { object, path, message: `there is no Issuer ${issuer} in ${metadata.namespace}` };
  }
  const covered = (spec?.tls ?? []).flatMap(({ hosts }) => hosts ?? []);
  if (issued && covered.length === 0)
    yield { object, path: "spec.tls", message: "has to name the hosts for which the issuer makes certificates" };
  for (const [index, { secretName = "", hosts = [] }] of (spec?.tls ?? []).entries()) {
    if (secretName && !issued && !secretIsMade(rendering, secretName) && !Object.hasOwn(SECRETS, secretName))
      yield { object, path: `spec.tls[${index}].secretName`, message: missingSecret(secretName) };
    if (issued && !secretName)
      yield {
        object,
        path: `spec.tls[${index}].secretName`,
        message: "has to name the Secret that cert-manager makes",
      };
    for (const [place, host] of hosts.entries())
      if (!(spec?.rules ?? []).some((rule) => !rule.host || covers(host, rule.host)))
        yield { object, path: `spec.tls[${index}].hosts[${place}]`, message: `no rule is for the host ${host}` };
  }
  if (covered.length === 0) return;
  for (const [index, { host }] of (spec?.rules ?? []).entries())
    if (host && !covered.some((each) => covers(each, host)))
      yield { object, path: `spec.rules[${index}].host`, message: `spec.tls has no certificate for ${host}` };
}

/** One for the whole cluster is made by whoever runs that; one of a namespace belongs to its manifests. */
function hasIssuer(rendering: Rendering, name: string, namespace: string | undefined): boolean {
  return (
    isMadeElsewhere(rendering, "Issuer", name) ||
    rendering.objects.some(
      ({ kind, metadata }) => kind === "Issuer" && metadata.name === name && metadata.namespace === namespace,
    )
  );
}

/** `*.example.org` is for one more word before it. */
const covers = (pattern: string, host: string) =>
  pattern === host || (pattern.startsWith("*.") && host.slice(host.indexOf(".")) === pattern.slice(1));
