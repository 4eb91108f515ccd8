import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers[0]`;

/** Against the schema. */
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
    from: "module:",
    to: "modul:",
    object: "Probe/taskflow",
    path: "spec.modul",
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
  {
    what: "names a group that has another name now",
    file: "base/ingress.yaml",
    from: "traefik.io/v1alpha1",
    to: "traefik.containo.us/v1alpha1",
    object: "Middleware/headers",
    path: "apiVersion",
  },
  {
    what: "names a group that nobody knows",
    file: "base/account.yaml",
    to: "---\napiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: thing\n",
    object: "Thing/thing",
    path: "apiVersion",
  },
  {
    ...DEPLOYMENT,
    what: "has a deprecated annotation of AppArmor's",
    from: "      labels:\n        app",
    to: "      annotations:\n        container.apparmor.security.beta.kubernetes.io/taskflow: runtime/default\n      labels:\n        app",
    path: "spec.template.metadata.annotations.container.apparmor.security.beta.kubernetes.io/taskflow",
  },
];
