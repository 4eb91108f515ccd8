import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers[0]`;
const OWN = `${CONTAINER}.securityContext`;
const PLACE = "securityContext:\n            allowPrivilegeEscalation: false";

const strict = (what: string, from: string, to: string, path: string): Fault => {
  return { ...DEPLOYMENT, what, from, to, path };
};

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
];

/** Put together here, as the real ones may stand in no file. */
const RANDOM = ["k9Xw2PqL", "v7TzR4mB", "n1YcE8hJ", "u5GdS3fA"].join("");

/** Secrets in plain words. */
export const SECRETS: readonly Fault[] = [
  {
    what: "writes a secret into its kustomization",
    file: "base/kustomization.yaml",
    to: "secretGenerator:\n  - name: more\n    literals:\n      - a=b\n",
    path: "secretGenerator[0].literals",
  },
  {
    ...DEPLOYMENT,
    what: "gives a container its secret in plain words",
    from: "valueFrom:\n                secretKeyRef:\n                  name: taskflow-secrets\n                  key: jwt-secret\n",
    to: "value: change-me\n",
    path: `${CONTAINER}.env`,
  },
  {
    what: "has a password in an address",
    file: "base/kustomization.yaml",
    from: "- TRUST_PROXY=1",
    to: `- DATABASE_URL=postgres://taskflow:${"s3cr3t"}@postgres/taskflow`,
    path: "line 18",
  },
  {
    what: "has a password beside it",
    file: "base/notes.txt",
    to: `admin password: ${"hunter2hunter2"}\n`,
    path: "line 1",
  },
  { what: "has a random key beside it", file: "base/key.txt", to: `${RANDOM}\n`, path: "line 1" },
  {
    what: "has a private key beside it",
    file: "base/key.pem",
    to: `-----BEGIN ${"PRIVATE"} KEY-----\n`,
    path: "line 1",
  },
];
