import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const BUDGET = { file: "base/budget.yaml", object: "PodDisruptionBudget/taskflow" };
const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers[0]`;

/** Probes, resources, and what a rollout needs. */
export const ROLLOUTS: readonly Fault[] = [
  {
    ...DEPLOYMENT,
    what: "probes a path that TaskFlow does not have",
    from: "path: /readyz",
    to: "path: /api/health",
    path: `${CONTAINER}.readinessProbe.httpGet.path`,
  },
  {
    ...DEPLOYMENT,
    what: "kills a pod that drains",
    from: "livenessProbe:\n            httpGet:\n              path: /healthz",
    to: "livenessProbe:\n            httpGet:\n              path: /readyz",
    path: `${CONTAINER}.livenessProbe.httpGet.path`,
  },
  {
    ...DEPLOYMENT,
    what: "sends requests to a pod that stops",
    from: "path: /readyz",
    to: "path: /healthz",
    path: `${CONTAINER}.readinessProbe.httpGet.path`,
  },
  {
    ...DEPLOYMENT,
    what: "probes a port that the container does not have",
    from: "path: /readyz\n              port: http",
    to: "path: /readyz\n              port: 8080",
    path: `${CONTAINER}.readinessProbe.httpGet.port`,
  },
  {
    ...DEPLOYMENT,
    what: "probes with a program that the image does not have",
    from: "readinessProbe:\n            httpGet:\n              path: /readyz\n              port: http",
    to: "readinessProbe:\n            exec:\n              command: [/bin/sh, -c, 'true']",
    path: `${CONTAINER}.readinessProbe.exec.command`,
  },
  {
    ...DEPLOYMENT,
    what: "has no readiness probe",
    from: "          readinessProbe:\n            httpGet:\n              path: /readyz\n              port: http\n",
    to: "",
    path: `${CONTAINER}.readinessProbe`,
  },
  {
    ...DEPLOYMENT,
    what: "asks for more than its limit",
    from: "memory: 128Mi",
    to: "memory: 1Gi",
    path: `${CONTAINER}.resources.requests.memory`,
  },
  {
    ...DEPLOYMENT,
    what: "has no limit of memory",
    from: "limits:\n              memory: 256Mi",
    to: "limits: {}",
    path: `${CONTAINER}.resources.limits.memory`,
  },
  {
    ...DEPLOYMENT,
    what: "has a limit that is no quantity",
    from: "memory: 256Mi",
    to: "memory: 256MB",
    path: `${CONTAINER}.resources.limits.memory`,
  },
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
];
