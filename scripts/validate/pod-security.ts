import type { ISecurityContext } from "kubernetes-models/v1/SecurityContext";
import { type Findings, ofKind, podTemplates, type Rendering } from "./objects.ts";

const ENFORCE = "pod-security.kubernetes.io/enforce";
const VOLUMES = /^(?:name|configMap|csi|downwardAPI|emptyDir|ephemeral|persistentVolumeClaim|projected|secret)$/;
/** Whether a security context meets each rule. */
const RULES: Record<string, (context: ISecurityContext) => boolean> = {
  allowPrivilegeEscalation: (context) => context.allowPrivilegeEscalation === false,
  "capabilities.add": ({ capabilities }) => (capabilities?.add ?? []).every((name) => name === "NET_BIND_SERVICE"),
  "capabilities.drop": ({ capabilities }) => capabilities?.drop?.includes("ALL") === true,
  privileged: ({ privileged }) => !privileged,
  procMount: ({ procMount }) => !procMount || procMount === "Default",
  readOnlyRootFilesystem: (context) => context.readOnlyRootFilesystem === true,
  runAsNonRoot: ({ runAsNonRoot }) => runAsNonRoot === true,
  runAsUser: ({ runAsUser }) => runAsUser !== 0,
  seccompProfile: ({ seccompProfile }) => /^(?:RuntimeDefault|Localhost)$/.test(seccompProfile?.type ?? ""),
};

/**
 * The Pod Security Standard `restricted` (https://kubernetes.io/docs/concepts/security/pod-security-standards/) for Linux
 * pods without sysctls, SELinux and AppArmor; also a read-only root file system, and no service account token.
 */
export function* checkPodSecurity(rendering: Rendering): Findings {
  const message = "does not meet the Pod Security Standard restricted";
  for (const object of ofKind(rendering, "Namespace"))
    if (object.metadata.labels?.[ENFORCE] !== "restricted") yield [object, `metadata.labels.${ENFORCE}`, message];
  for (const { object, path: at, spec, containers } of podTemplates(rendering)) {
    for (const field of ["hostNetwork", "hostPID", "hostIPC"] as const)
      if (spec[field]) yield [object, `${at}.${field}`, message];
    if (spec.automountServiceAccountToken !== false)
      yield [object, `${at}.automountServiceAccountToken`, "must be false; the app needs no token"];
    for (const [index, volume] of (spec.volumes ?? []).entries())
      for (const kind of Object.keys(volume))
        if (!VOLUMES.test(kind)) yield [object, `${at}.volumes[${index}].${kind}`, message];
    for (const { container, path } of containers) {
      const context = { ...(spec.securityContext as ISecurityContext), ...container.securityContext };
      for (const [field, passes] of Object.entries(RULES))
        if (!passes(context)) yield [object, `${path}.securityContext.${field}`, message];
      for (const [index, { hostPort }] of (container.ports ?? []).entries())
        if (hostPort) yield [object, `${path}.ports[${index}].hostPort`, message];
    }
  }
}
