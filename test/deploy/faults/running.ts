import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const BACKUP = { file: "base/backup.yaml", object: "CronJob/backup" };
const POD = "spec.template.spec";
const pod = (what: string, path: string, to: string): Fault => {
  const account = "serviceAccountName: taskflow\n";
  return { ...DEPLOYMENT, what, from: account, to: `${account}      ${to}\n`, path: `${POD}.${path}` };
};

/** What is there, and switched off. */
export const RUNNING: readonly Fault[] = [
  { ...DEPLOYMENT, what: "is not rolled out", from: "spec:\n", to: "spec:\n  paused: true\n", path: "spec.paused" },
  {
    what: "asks for no pods",
    file: "overlays/one/kustomization.yaml",
    from: "count: 3",
    to: "count: 0",
    object: "Deployment/taskflow",
    told: "base/deployment.yaml",
    path: "spec.replicas",
  },
  pod("waits at a gate to be scheduled", "schedulingGates", "schedulingGates: [{ name: example.org/gate }]"),
  pod("waits at a gate to be ready", "readinessGates", "readinessGates: [{ conditionType: example.org/gate }]"),
  pod("wants nodes that can't run it", "nodeSelector.kubernetes.io/os", "nodeSelector: { kubernetes.io/os: windows }"),
  {
    ...BACKUP,
    what: "never makes its backups",
    from: "  jobTemplate:\n",
    to: "  suspend: true\n  jobTemplate:\n",
    path: "spec.suspend",
  },
  {
    ...BACKUP,
    what: "makes jobs of its backups that never begin",
    from: "jobTemplate:\n    spec:\n",
    to: "jobTemplate:\n    spec:\n      suspend: true\n",
    path: "spec.jobTemplate.spec.suspend",
  },
  {
    ...BACKUP,
    what: "makes jobs of its backups that have no pods",
    from: "jobTemplate:\n    spec:\n",
    to: "jobTemplate:\n    spec:\n      parallelism: 0\n",
    path: "spec.jobTemplate.spec.parallelism",
  },
];
