import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const POD = "spec.template.spec";

/** Selectors that select nothing, or too much. */
export const SELECTORS: readonly Fault[] = [
  {
    ...DEPLOYMENT,
    what: "does not select its own pods",
    from: "matchLabels:\n      app.kubernetes.io/name: taskflow",
    to: "matchLabels:\n      app.kubernetes.io/name: app",
    path: "spec.selector",
  },
  {
    what: "has a Service that finds no pods",
    file: "base/service.yaml",
    from: "selector:\n    app.kubernetes.io/name: taskflow",
    to: "selector:\n    app: taskflow",
    object: "Service/taskflow",
    path: "spec.selector",
  },
  {
    what: "has a Service that sends requests to a backup",
    file: "base/backup.yaml",
    from: "app.kubernetes.io/name: taskflow-backup",
    to: "app.kubernetes.io/name: taskflow",
    object: "Service/taskflow",
    path: "spec.selector",
    told: "base/service.yaml",
  },
  {
    what: "has a disruption budget for no pods",
    file: "base/budget.yaml",
    from: "app.kubernetes.io/name: taskflow",
    to: "app.kubernetes.io/name: app",
    object: "PodDisruptionBudget/taskflow",
    path: "spec.selector",
  },
  {
    what: "has a network policy for no pods",
    file: "base/policies.yaml",
    from: "matchLabels:\n      app.kubernetes.io/name: taskflow",
    to: "matchLabels:\n      app.kubernetes.io/name: app",
    object: "NetworkPolicy/taskflow",
    path: "spec.podSelector",
  },
  {
    what: "opens a port that no container has",
    file: "base/policies.yaml",
    from: "port: http",
    to: "port: 80",
    object: "NetworkPolicy/taskflow",
    path: "spec.ingress[0].ports[0].port",
  },
  {
    what: "spreads pods that are not its own",
    file: "components/postgres/deployment.yaml",
    from: "app.kubernetes.io/name: taskflow",
    to: "app.kubernetes.io/name: app",
    object: "Deployment/taskflow",
    path: `${POD}.topologySpreadConstraints[0].labelSelector`,
    told: "base/deployment.yaml",
  },
  {
    ...DEPLOYMENT,
    what: "wants to be near pods that are not there",
    from: "labelSelector:\n                matchLabels:\n                  app.kubernetes.io/name: taskflow",
    to: "labelSelector:\n                matchLabels:\n                  app.kubernetes.io/name: app",
    path: `${POD}.affinity.podAffinity`,
  },
  {
    ...DEPLOYMENT,
    what: "selects by what each version changes",
    from: "matchLabels:\n      app.kubernetes.io/name: taskflow",
    to: "matchLabels:\n      app.kubernetes.io/version: 0.1.0\n      app.kubernetes.io/name: taskflow",
    path: "spec.selector.matchLabels.app.kubernetes.io/version",
  },
  {
    what: "has a disruption budget in another namespace",
    file: "overlays/one/kustomization.yaml",
    to: 'patches:\n  - target: { kind: PodDisruptionBudget }\n    patch: \'[{ "op": "replace", "path": "/metadata/namespace", "value": "default" }]\'\n',
    object: "PodDisruptionBudget/taskflow",
    path: "spec.selector",
    told: "base/budget.yaml",
  },
  {
    file: "components/postgres/deployment.yaml",
    what: "spreads pods by a label that no node has",
    from: "topologyKey: kubernetes.io/hostname",
    to: "topologyKey: kubernetes.io/hostnames",
    object: "Deployment/taskflow",
    told: "base/deployment.yaml",
    path: "spec.template.spec.topologySpreadConstraints[0].topologyKey",
  },
];
