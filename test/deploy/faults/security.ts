import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers[0]`;
const OWN = `${CONTAINER}.securityContext`;
const PLACE = "securityContext:\n            allowPrivilegeEscalation: false";

const strict = (what: string, from: string, to: string, path: string): Fault => {
  return { ...DEPLOYMENT, what, from, to, path };
};

/** Every kind that makes pods. */
const KINDS = [
  ["Pod", "v1", "spec"],
  ["PodTemplate", "v1", "template.spec"],
  ["ReplicationController", "v1", "spec.template.spec"],
  ["ReplicaSet", "apps/v1", "spec.template.spec"],
  ["DaemonSet", "apps/v1", "spec.template.spec"],
  ["Job", "batch/v1", "spec.template.spec"],
] as const;

/** The Pod Security Standard `restricted`, a rule each. */
export const SECURITY: readonly Fault[] = [
  strict(
    "shares the node's network",
    "serviceAccountName",
    "hostNetwork: true\n      serviceAccountName",
    `${POD}.hostNetwork`,
  ),
  strict(
    "shares the node's processes",
    "serviceAccountName",
    "hostPID: true\n      serviceAccountName",
    `${POD}.hostPID`,
  ),
  strict("is privileged", PLACE, `${PLACE}\n            privileged: true`, `${OWN}.privileged`),
  strict("may gain rights", "allowPrivilegeEscalation: false", "procMount: Default", `${OWN}.allowPrivilegeEscalation`),
  strict("may run as root", "runAsNonRoot: true", "supplementalGroups: []", `${OWN}.runAsNonRoot`),
  strict("runs as root", "runAsUser: 1000", "runAsUser: 0", `${POD}.securityContext.runAsUser`),
  strict("keeps capabilities", "drop: [ALL]", "drop: [NET_RAW]", `${OWN}.capabilities.drop`),
  strict(
    "adds a capability",
    "drop: [ALL]",
    "drop: [ALL]\n              add: [SYS_ADMIN]",
    `${OWN}.capabilities.add[0]`,
  ),
  strict(
    "writes its root file system",
    "readOnlyRootFilesystem: true",
    "procMount: Default",
    `${OWN}.readOnlyRootFilesystem`,
  ),
  strict(
    "filters no system calls",
    "type: RuntimeDefault",
    "type: Unconfined",
    `${POD}.securityContext.seccompProfile.type`,
  ),
  strict(
    "says nothing of system calls",
    "seccompProfile:\n          type: RuntimeDefault",
    "supplementalGroups: []",
    `${OWN}.seccompProfile`,
  ),
  strict(
    "takes a port of the node",
    "containerPort: 8000",
    "containerPort: 8000\n              hostPort: 8000",
    `${CONTAINER}.ports[0].hostPort`,
  ),
  strict(
    "mounts another kind of volume",
    "emptyDir: {}",
    "nfs:\n            server: a\n            path: /b",
    `${POD}.volumes[1].nfs`,
  ),
  strict(
    "probes another host",
    "port: http\n          livenessProbe",
    "port: http\n              host: example.com\n          livenessProbe",
    `${CONTAINER}.startupProbe.httpGet.host`,
  ),
  {
    what: "gives its pods a token of the cluster",
    file: "base/account.yaml",
    from: "automountServiceAccountToken: false",
    to: "automountServiceAccountToken: true",
    object: "Deployment/taskflow",
    path: `${POD}.automountServiceAccountToken`,
    told: "base/deployment.yaml",
  },
  {
    what: "does not hold its namespace to the standard",
    file: "base/namespace.yaml",
    from: "enforce: restricted",
    to: "enforce: baseline",
    object: "Namespace/taskflow",
    path: "metadata.labels.pod-security.kubernetes.io/enforce",
  },
  ...KINDS.map(([kind, apiVersion, path]): Fault => {
    const spec = { containers: [{ name: "x", image: "busybox:1.37", securityContext: { privileged: true } }] };
    const template = { metadata: { labels: { app: "more" } }, spec };
    const selector = apiVersion === "apps/v1" ? { matchLabels: { app: "more" } } : undefined;
    const rest =
      path === "spec" ? { spec } : path === "template.spec" ? { template } : { spec: { selector, template } };
    return {
      what: `has a privileged ${kind}`,
      file: "base/account.yaml",
      to: `---
${JSON.stringify({ apiVersion, kind, metadata: { name: "more" }, ...rest })}
`,
      object: `${kind}/more`,
      path: `${path}.containers[0].securityContext.privileged`,
    };
  }),
  {
    what: "holds its namespace to a version that there is not",
    file: "base/namespace.yaml",
    to: "    pod-security.kubernetes.io/enforce-version: v9.99x\n",
    object: "Namespace/taskflow",
    path: "metadata.labels.pod-security.kubernetes.io/enforce-version",
  },
  strict("is of root's group", "runAsGroup: 1000", "runAsGroup: 0", `${POD}.securityContext.runAsGroup`),
];
