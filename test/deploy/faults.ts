import type { Fault } from "../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers[0]`;
const OWN = `${CONTAINER}.securityContext`;
const PLACE = "securityContext:\n            allowPrivilegeEscalation: false";

/** What the prototype got wrong, each of which its own validator let pass. */
export const PROTOTYPE: readonly Fault[] = [
  {
    what: "names an image tag that nobody makes",
    file: "overlays/one/kustomization.yaml",
    to: "images:\n  - name: taskflow\n    newTag: dev-latest\n",
    object: "Deployment/taskflow",
    path: `${CONTAINER}.image`,
    told: "base/deployment.yaml",
  },
  {
    what: "replaces an image that no container has",
    file: "overlays/one/kustomization.yaml",
    to: "images:\n  - name: taskflow-app\n    newTag: 1.0.0\n",
    path: "images[0].name",
  },
  {
    ...DEPLOYMENT,
    what: "lets a probe ask the page of the API's documents",
    from: "livenessProbe:\n            httpGet:\n              path: /healthz",
    to: "livenessProbe:\n            httpGet:\n              path: /docs",
    path: `${CONTAINER}.livenessProbe.httpGet.path`,
  },
  {
    ...DEPLOYMENT,
    what: "gives each node a database of its own",
    from: "persistentVolumeClaim:\n            claimName: taskflow",
    to: "hostPath:\n            path: /var/lib/taskflow",
    path: `${POD}.volumes[0].hostPath`,
  },
  {
    ...DEPLOYMENT,
    what: "has a volume that its user can't write",
    from: "        fsGroup: 1000\n",
    to: "",
    path: `${POD}.securityContext.fsGroup`,
  },
  {
    what: "holds a Secret with data",
    file: "base/account.yaml",
    to: "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: other\ndata:\n  a: YQ==\n",
    object: "Secret/other",
    path: "data",
  },
  {
    what: "names a middleware that is not there",
    file: "base/ingress.yaml",
    from: "taskflow-headers@kubernetescrd",
    to: "taskflow-security-headers@kubernetescrd",
    object: "Ingress/taskflow",
    path: "metadata.annotations.traefik.ingress.kubernetes.io/router.middlewares",
  },
];

export const SHAPES: readonly Fault[] = [
  { ...DEPLOYMENT, what: "misspells a field", from: "replicas: 2", to: "replica: 2", path: "spec.replica" },
  {
    ...DEPLOYMENT,
    what: "misspells a field deep inside",
    from: "limits:\n",
    to: "limit:\n",
    path: `${CONTAINER}.resources.limit`,
  },
  {
    ...DEPLOYMENT,
    what: "has text where a number belongs",
    from: "containerPort: 8000",
    to: 'containerPort: "8000"',
    path: `${CONTAINER}.ports[0].containerPort`,
  },
  {
    ...DEPLOYMENT,
    what: "leaves out a field that has to be there",
    from: "              mountPath: /tmp\n",
    to: "",
    path: `${CONTAINER}.volumeMounts[1]`,
  },
  {
    ...DEPLOYMENT,
    what: "has a value that is none of those allowed",
    from: "type: RuntimeDefault",
    to: "type: Default",
    path: `${POD}.securityContext.seccompProfile.type`,
  },
  {
    what: "misspells a field of Traefik's",
    file: "base/ingress.yaml",
    from: "frameDeny",
    to: "frameDenied",
    object: "Middleware/headers",
    path: "spec.headers.frameDenied",
  },
  {
    what: "misspells a field of the Prometheus operator's",
    file: "components/postgres/monitor.yaml",
    from: "path: /metrics",
    to: "url: /metrics",
    object: "ServiceMonitor/taskflow",
    path: "spec.endpoints[0].url",
  },
  {
    what: "names a kind that its API does not have",
    file: "base/budget.yaml",
    from: "policy/v1",
    to: "policy/v3",
    object: "PodDisruptionBudget/taskflow",
    path: "apiVersion",
  },
  {
    what: "names an API that is gone",
    file: "base/budget.yaml",
    from: "policy/v1",
    to: "policy/v1beta1",
    object: "PodDisruptionBudget/taskflow",
    path: "apiVersion",
  },
  {
    what: "has a deprecated annotation",
    file: "base/ingress.yaml",
    from: "  annotations:\n",
    to: "  annotations:\n    kubernetes.io/ingress.class: traefik\n",
    object: "Ingress/taskflow",
    path: "metadata.annotations.kubernetes.io/ingress.class",
  },
  {
    what: "has a deprecated field of Kustomize's",
    file: "base/kustomization.yaml",
    to: "commonLabels:\n  a: b\n",
    path: "commonLabels",
  },
  {
    what: "can't be rendered",
    file: "base/kustomization.yaml",
    from: "claim.yaml",
    to: "claims.yaml",
    path: "rendering",
    told: "overlays/one",
  },
  {
    what: "has a key twice",
    file: "base/service.yaml",
    to: "  selector: {}\n",
    path: "rendering",
    told: "overlays/one",
  },
];

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
    "runAsNonRoot: true".replace("runAsNonRoot: true", "supplementalGroups: []"),
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
