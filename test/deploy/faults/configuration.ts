import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const BACKUP = { file: "base/backup.yaml", object: "CronJob/backup" };
const SETTINGS = { file: "base/kustomization.yaml", object: "ConfigMap/taskflow", from: "- TRUST_PROXY=1" };
const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers[0]`;
const BACKUP_CONTAINER = "spec.jobTemplate.spec.template.spec.containers[0]";
const ENVIRONMENT = "          env:\n";
const IMAGE = "          image: taskflow\n";

const words = (what: string, to: string, path: string): Fault => {
  return { ...DEPLOYMENT, what, from: IMAGE, to: IMAGE + to, path: `${CONTAINER}.${path}` };
};
/** One more setting, of which the ConfigMap has the name with a hash of what is in it. */
const setting = (what: string, name: string, value: string): Fault => {
  return {
    ...SETTINGS,
    what,
    to: `- TRUST_PROXY=1\n      - ${name}=${value}`,
    object: "ConfigMap/taskflow",
    path: `data.${name}`,
  };
};
const file = (what: string, value: string, index = 0): Fault => {
  const to = `${ENVIRONMENT}            - name: BACKUP_PASSPHRASE_FILE\n              value: ${value}\n`;
  return { ...DEPLOYMENT, what, from: ENVIRONMENT, to, path: `${CONTAINER}.env[${index}].value` };
};

/** What the program would refuse, or could not be reached with. */
export const CONFIGURATION: readonly Fault[] = [
  words("calls a command that TaskFlow does not have", "          args: [server]\n", "args"),
  words(
    "calls a command with an option that it does not have",
    "          args: [serve, --worker-threads, '2']\n",
    "args",
  ),
  words("calls a shell that the image does not have", "          command: [sh, -c, taskflow serve]\n", "command"),
  words("sends requests to what makes backups", "          args: [backup, --daily]\n", "args"),
  {
    ...BACKUP,
    what: "makes backups by a command that is none",
    from: "args: [backup]",
    to: "args: [backups]",
    path: `${BACKUP_CONTAINER}.args`,
  },
  {
    ...BACKUP,
    what: "has a job that never ends",
    from: "args: [backup]",
    to: "args: [serve]",
    path: `${BACKUP_CONTAINER}.args`,
  },
  {
    ...BACKUP,
    what: "has a job that makes backups for ever",
    from: "args: [backup]",
    to: "args: [backup, --daily]",
    path: `${BACKUP_CONTAINER}.args`,
  },
  setting("has a value that TaskFlow refuses", "LOG_LEVEL", "verbose"),
  setting("misspells a variable", "LOG_LEVL", "debug"),
  setting("listens on another port than its container says", "PORT", "9000"),
  setting("listens to itself alone", "HOST", "127.0.0.1"),
  {
    ...DEPLOYMENT,
    what: "names a port on which TaskFlow does not listen",
    from: "containerPort: 8000",
    to: "containerPort: 3000",
    path: `${CONTAINER}.ports[0].containerPort`,
  },
  {
    ...DEPLOYMENT,
    what: "has no key to sign with",
    from: "- name: JWT_SECRET\n",
    to: "- name: SIGNING\n",
    path: `${CONTAINER}.env`,
  },
  {
    ...DEPLOYMENT,
    what: "gives a secret twice",
    from: ENVIRONMENT,
    to: `${ENVIRONMENT}            - name: JWT_SECRET_FILE\n              value: /tmp/jwt-secret\n`,
    path: `${CONTAINER}.env[0]`,
  },
  file("names a file where nothing is mounted", "/run/secrets/taskflow/backup-passphrase"),
  file("names a file of a folder that is empty", "/tmp/backup-passphrase"),
  {
    ...file("names a file that its volume does not hold", "/run/passphrase"),
    from: undefined,
    file: "overlays/one/kustomization.yaml",
    told: "base/deployment.yaml",
    to: `patches:
  - target: { kind: Deployment }
    patch: |
      - op: add
        path: /spec/template/spec/volumes/-
        value: { name: secrets, secret: { secretName: taskflow-secrets, items: [{ key: jwt-secret, path: jwt }] } }
      - op: add
        path: /spec/template/spec/containers/0/volumeMounts/-
        value: { name: secrets, mountPath: /run/secrets }
      - op: add
        path: /spec/template/spec/containers/0/env/-
        value: { name: BACKUP_PASSPHRASE_FILE, value: /run/secrets/backup-passphrase }
`,
    path: `${CONTAINER}.env[2].value`,
  },
  {
    ...DEPLOYMENT,
    what: "has a Secret's files that its user can't read",
    from: "emptyDir: {}",
    to: "secret:\n            secretName: taskflow-secrets\n            defaultMode: 440",
    path: `${POD}.volumes[1].secret.defaultMode`,
  },
  {
    ...DEPLOYMENT,
    what: "has a Secret's files for root alone",
    file: "overlays/many/kustomization.yaml",
    from: undefined,
    told: "base/deployment.yaml",
    to: `patches:
  - target: { kind: Deployment }
    patch: |
      - op: remove
        path: /spec/template/spec/securityContext/fsGroup
      - op: replace
        path: /spec/template/spec/volumes
        value: [{ name: tmp, secret: { secretName: taskflow-secrets, defaultMode: 288 } }]
`,
    path: `${POD}.volumes[0].secret.defaultMode`,
  },
  {
    ...DEPLOYMENT,
    what: "names a port more than TaskFlow listens on",
    from: "containerPort: 8000",
    to: "containerPort: 8000\n            - name: metrics\n              containerPort: 9090",
    path: `${CONTAINER}.ports[1].containerPort`,
  },
  words(
    "calls TaskFlow with a variable that is not there",
    "          args: [serve, --workers, $(WORKERS)]\n",
    "args[2]",
  ),
  { ...setting("does not count the proxy in front", "TRUST_PROXY", "0"), to: "- TRUST_PROXY=0" },
  {
    ...DEPLOYMENT,
    what: "has less memory than TaskFlow takes",
    from: "memory: 256Mi",
    to: "memory: 64Mi",
    path: `${CONTAINER}.resources.limits.memory`,
  },
  {
    ...BACKUP,
    what: "makes backups by another version",
    file: "overlays/one/kustomization.yaml",
    from: undefined,
    told: "base/backup.yaml",
    to: `patches:
  - target: { kind: Deployment }
    patch: '[{ "op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "taskflow@sha256:${"a".repeat(64)}" }]'
  - target: { kind: CronJob }
    patch: '[{ "op": "replace", "path": "/spec/jobTemplate/spec/template/spec/containers/0/image", "value": "taskflow@sha256:${"b".repeat(64)}" }]'
`,
    path: `${BACKUP_CONTAINER}.image`,
  },
  {
    ...DEPLOYMENT,
    what: "names no file where it has to",
    from: "- name: JWT_SECRET\n              valueFrom:\n                secretKeyRef:\n                  name: taskflow-secrets\n                  key: jwt-secret\n",
    to: "- name: JWT_SECRET_FILE\n",
    path: "spec.template.spec.containers[0].env[0]",
  },
];
