import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const BUDGET = { file: "base/budget.yaml", object: "PodDisruptionBudget/taskflow" };
const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers[0]`;

/** What a rollout and a drained node need. */
export const ROLLOUTS: readonly Fault[] = [
  {
    ...DEPLOYMENT,
    what: "kills a pod before it has drained",
    from: "terminationGracePeriodSeconds: 30",
    to: "terminationGracePeriodSeconds: 17",
    path: `${POD}.terminationGracePeriodSeconds`,
  },
  {
    what: "kills a pod that takes longer than it used to",
    file: "base/kustomization.yaml",
    from: "SHUTDOWN_DELAY=5",
    to: "SHUTDOWN_DELAY=25",
    object: "Deployment/taskflow",
    path: `${POD}.terminationGracePeriodSeconds`,
    told: "base/deployment.yaml",
  },
  {
    ...DEPLOYMENT,
    what: "takes old pods away before new ones are ready",
    from: "maxUnavailable: 0",
    to: "maxUnavailable: 1",
    path: "spec.strategy.rollingUpdate.maxUnavailable",
  },
  {
    ...DEPLOYMENT,
    what: "can't begin a rollout",
    from: "maxSurge: 1",
    to: "maxSurge: 0",
    path: "spec.strategy.rollingUpdate.maxSurge",
  },
  {
    ...DEPLOYMENT,
    what: "stops everything for a rollout",
    from: "type: RollingUpdate\n    rollingUpdate:\n      maxUnavailable: 0\n      maxSurge: 1",
    to: "type: Recreate",
    path: "spec.strategy.type",
  },
  {
    ...BUDGET,
    what: "has a disruption budget that blocks every node",
    from: "minAvailable: 1",
    to: "minAvailable: 3",
    path: "spec.minAvailable",
  },
  {
    ...BUDGET,
    what: "has a disruption budget that lets no pod go",
    from: "minAvailable: 1",
    to: "maxUnavailable: 0%",
    path: "spec.maxUnavailable",
  },
  {
    what: "says how many pods there are where an autoscaler does",
    file: "components/postgres/deployment.yaml",
    from: "replicas: null",
    to: "replicas: 4",
    object: "Deployment/taskflow",
    path: "spec.replicas",
    told: "base/deployment.yaml",
  },
  {
    what: "loses the requests that come while a pod stops",
    file: "overlays/one/kustomization.yaml",
    to: `configMapGenerator:
  - name: taskflow
    namespace: taskflow
    behavior: merge
    literals: [SHUTDOWN_DELAY=0]
patches:
  - target: { kind: Deployment }
    patch: |
      - op: remove
        path: /spec/template/spec/containers/0/lifecycle
`,
    object: "Deployment/taskflow",
    path: `${CONTAINER}.lifecycle.preStop`,
    told: "base/deployment.yaml",
  },
  {
    what: "lets a drained node take all of its pods",
    file: "base/kustomization.yaml",
    from: "  - budget.yaml\n",
    to: "",
    object: "Deployment/taskflow",
    path: "spec.replicas",
    told: "base/deployment.yaml",
  },
  {
    what: "is scaled by two",
    file: "components/postgres/scaler.yaml",
    to: "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: taskflow-too\nspec:\n  maxReplicas: 3\n  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: taskflow }\n",
    object: "HorizontalPodAutoscaler/taskflow-too",
    path: "spec.scaleTargetRef",
  },
  { ...BUDGET, what: "keeps no pod at all", from: "  minAvailable: 1\n", to: "", path: "spec.maxUnavailable" },
  {
    ...BUDGET,
    what: "lets all pods go at once",
    from: "minAvailable: 1",
    to: "maxUnavailable: 100%",
    path: "spec.maxUnavailable",
  },
];
