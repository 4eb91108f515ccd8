import type { IContainer } from "kubernetes-models/v1/Container";
import { type Findings, named, type Rendering } from "./objects.ts";
import { containersOf, type PodTemplate, podTemplates } from "./pods.ts";

const VOLUMES = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected"];
const ALLOWED_VOLUMES = new Set([...VOLUMES, "secret"]);
const SAFE_SYSCTLS = new Set([
  ...["kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start"],
  ...["net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports"],
  ...["net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl"],
  ...["net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"],
]);
const SELINUX_TYPES = new Set(["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]);
const APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";

/**
 * The Pod Security Standard `restricted`, rule by rule (https://kubernetes.io/docs/concepts/security/pod-security-standards/),
 * and what belongs to it here: a root file system that nobody writes, and no token of an account.
 */
export function* checkPodSecurity(rendering: Rendering): Findings {
  for (const template of podTemplates(rendering)) {
    for (const [path, message] of podFaults(template)) yield { object: template.object, path, message };
    for (const { container, path } of containersOf(template))
      for (const [at, message] of containerFaults(container, template))
        yield { object: template.object, path: `${path}.${at}`, message };

    const { spec, object, path, namespace } = template;
    const account = named(rendering, "ServiceAccount", spec.serviceAccountName ?? "default", namespace);
    if ((spec.automountServiceAccountToken ?? account?.automountServiceAccountToken) !== false) {
      const message = "has to be false, here or in its ServiceAccount: TaskFlow never asks the cluster";
      yield { object, path: `${path}.automountServiceAccountToken`, message };
    }
  }
  yield* checkNamespaces(rendering);
}

const LABEL = "pod-security.kubernetes.io/";

/** A namespace into which these manifests put pods holds them to the standard. */
function* checkNamespaces(rendering: Rendering): Findings {
  const filled = new Set(podTemplates(rendering).map(({ namespace }) => namespace));
  for (const object of rendering.objects) {
    if (object.kind !== "Namespace") continue;
    const { labels = {}, name } = object.metadata;
    const path = `metadata.labels.${LABEL}`;
    if (filled.has(name) && labels[`${LABEL}enforce`] !== "restricted")
      yield { object, path: `${path}enforce`, message: "has to be restricted" };
    for (const mode of ["enforce", "audit", "warn"]) {
      const [level, version] = [labels[LABEL + mode], labels[`${LABEL}${mode}-version`]];
      if (level !== undefined && !["privileged", "baseline", "restricted"].includes(level))
        yield { object, path: path + mode, message: `there is no level ${level}: say restricted` };
      if (version !== undefined && !/^(?:latest|v1\.\d{1,2})$/.test(version))
        yield { object, path: `${path}${mode}-version`, message: `${version} is neither latest nor such as v1.32` };
    }
  }
}

type Fault = readonly [path: string, message: string];

function* podFaults({ spec, path, annotations, metadata }: PodTemplate): Generator<Fault> {
  for (const field of ["hostNetwork", "hostPID", "hostIPC"] as const)
    if (spec[field]) yield [`${path}.${field}`, "shares what is the node's: leave it out"];
  for (const [index, volume] of (spec.volumes ?? []).entries())
    for (const kind of Object.keys(volume))
      if (kind !== "name" && !ALLOWED_VOLUMES.has(kind))
        yield [`${path}.volumes[${index}].${kind}`, `a pod may not have a volume of the kind ${kind}`];
  for (const [index, { name }] of (spec.securityContext?.sysctls ?? []).entries())
    if (!SAFE_SYSCTLS.has(name)) yield [`${path}.securityContext.sysctls[${index}].name`, `${name} is not a safe one`];
  const context = spec.securityContext ?? {};
  if (context.runAsUser === 0) yield [`${path}.securityContext.runAsUser`, "may not be root"];
  for (const field of ["runAsGroup", "fsGroup"] as const)
    if (context[field] === 0) yield [`${path}.securityContext.${field}`, "may not be root's group"];
  yield* sharedFaults(`${path}.securityContext`, context);
  for (const [key, value] of Object.entries(annotations))
    if (key.startsWith(APP_ARMOR) && value !== "runtime/default" && !value.startsWith("localhost/"))
      yield [`${metadata}.annotations.${key}`, "AppArmor may not be turned off"];
}

function* containerFaults(container: IContainer, { spec }: PodTemplate): Generator<Fault> {
  const own = container.securityContext ?? {};
  const pod = spec.securityContext ?? {};
  const at = "securityContext";
  if (own.privileged) yield [`${at}.privileged`, "a container may not be privileged"];
  if (own.allowPrivilegeEscalation !== false) yield [`${at}.allowPrivilegeEscalation`, "has to be false"];
  if (own.readOnlyRootFilesystem !== true) yield [`${at}.readOnlyRootFilesystem`, "has to be true"];
  if ((own.runAsNonRoot ?? pod.runAsNonRoot) !== true)
    yield [`${at}.runAsNonRoot`, "has to be true, here or in the pod"];
  if (own.runAsUser === 0) yield [`${at}.runAsUser`, "may not be root"];
  if (!(own.capabilities?.drop ?? []).includes("ALL")) yield [`${at}.capabilities.drop`, "has to hold ALL"];
  for (const [index, name] of (own.capabilities?.add ?? []).entries())
    if (name !== "NET_BIND_SERVICE") yield [`${at}.capabilities.add[${index}]`, `${name} may not be added`];
  if (!(own.seccompProfile ?? pod.seccompProfile))
    yield [`${at}.seccompProfile`, "has to be of type RuntimeDefault, here or in the pod"];
  if (own.procMount && own.procMount !== "Default") yield [`${at}.procMount`, "has to be Default"];
  yield* sharedFaults(at, own);
  for (const [index, { hostPort }] of (container.ports ?? []).entries())
    if (hostPort) yield [`ports[${index}].hostPort`, "takes a port of the node: a Service does that"];
  const { startupProbe, livenessProbe, readinessProbe, lifecycle } = container;
  const asked = { startupProbe, livenessProbe, readinessProbe };
  const handlers = { ...asked, "lifecycle.preStop": lifecycle?.preStop, "lifecycle.postStart": lifecycle?.postStart };
  for (const [name, handler] of Object.entries(handlers))
    for (const kind of ["httpGet", "tcpSocket"] as const)
      if (handler?.[kind]?.host) yield [`${name}.${kind}.host`, "may not ask another host than the pod"];
}

/** What pod and container may both say. */
function* sharedFaults(at: string, context: NonNullable<IContainer["securityContext"]>): Generator<Fault> {
  const { seccompProfile, appArmorProfile, seLinuxOptions, windowsOptions, runAsNonRoot } = context;
  if (runAsNonRoot === false) yield [`${at}.runAsNonRoot`, "has to be true"];
  if (seccompProfile?.type === "Unconfined") yield [`${at}.seccompProfile.type`, "may not be Unconfined"];
  if (appArmorProfile?.type === "Unconfined") yield [`${at}.appArmorProfile.type`, "may not be Unconfined"];
  if (windowsOptions?.hostProcess) yield [`${at}.windowsOptions.hostProcess`, "may not be true"];
  if (!SELINUX_TYPES.has(seLinuxOptions?.type ?? ""))
    yield [`${at}.seLinuxOptions.type`, "has to be one of a container's"];
  for (const field of ["user", "role"] as const)
    if (seLinuxOptions?.[field]) yield [`${at}.seLinuxOptions.${field}`, "may not be set"];
}
