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

/** What the schema lets pass, but not the API server. */
export const RULES: readonly Fault[] = [
  {
    what: "has a name that is none",
    file: "base/budget.yaml",
    from: "name: taskflow\n",
    to: "name: TaskFlow_1\n",
    object: "PodDisruptionBudget/TaskFlow_1",
    path: "metadata.name",
  },
  {
    ...DEPLOYMENT,
    what: "has a label that is none",
    from: "app.kubernetes.io/name: taskflow\n",
    to: "app.kubernetes.io/name: task flow\n",
    path: "metadata.labels.app.kubernetes.io/name",
  },
  {
    ...DEPLOYMENT,
    what: "has a variable twice",
    from: "- name: JWT_SECRET_PREVIOUS",
    to: "- name: JWT_SECRET",
    path: `${CONTAINER}.env`,
  },
  {
    ...DEPLOYMENT,
    what: "has a port whose name is too long",
    from: "- name: http\n",
    to: "- name: hypertext-transfer\n",
    path: `${CONTAINER}.ports[0].name`,
  },
  {
    what: "restarts a job for ever",
    file: "base/backup.yaml",
    from: "restartPolicy: Never",
    to: "restartPolicy: Always",
    object: "CronJob/backup",
    path: "spec.jobTemplate.spec.template.spec.restartPolicy",
  },
  {
    what: "has a schedule that is none",
    file: "base/backup.yaml",
    from: "0 3 * * *",
    to: "daily at 3",
    object: "CronJob/backup",
    path: "spec.schedule",
  },
];
