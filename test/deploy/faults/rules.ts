import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const SERVICE = { file: "base/service.yaml", object: "Service/taskflow" };
const CLAIM = { file: "base/claim.yaml", object: "PersistentVolumeClaim/taskflow" };
const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers[0]`;

const schedule = (what: string, to: string): Fault => {
  return { what, file: "base/backup.yaml", from: "0 3 * * *", to, object: "CronJob/backup", path: "spec.schedule" };
};
const image = (what: string, to: string): Fault => {
  return { ...DEPLOYMENT, what, from: "image: taskflow", to: `image: ${to}`, path: `${CONTAINER}.image` };
};
const resource = (what: string, from: string, to: string, path: string): Fault => {
  return { ...DEPLOYMENT, what, from, to, path: `${CONTAINER}.resources.${path}` };
};
const scaler = (what: string, from: string, to: string, path: string): Fault => {
  const place = { file: "components/postgres/scaler.yaml", object: "HorizontalPodAutoscaler/taskflow" };
  return { ...place, what, from, to, path: `spec.${path}` };
};
const LIMIT = "limits:\n              memory: 256Mi";

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
  schedule("has a minute that no hour has", "99 3 * * *"),
  schedule("has a day, a month and a weekday that there are not", "0 3 32 13 8"),
  schedule("has steps of nothing", '"*/0 3 * * *"'),
  schedule("has a weekday that there is not", "0 3 * * funday"),
  schedule("has a Sunday as others write it", "0 3 * * 7"),
  schedule("has a schedule of four fields", "0 3 * *"),
  schedule("has a day that never comes", "0 3 31 2 *"),
  schedule("has a time zone in its schedule", "TZ=UTC 0 3 * * *"),
  { ...schedule("has a time zone that there is not", "0 3 * * *\n  timeZone: Europe/Nowhere"), path: "spec.timeZone" },
  {
    what: "has a CronJob with a name that is too long",
    file: "base/backup.yaml",
    from: "name: backup\n",
    to: `name: ${"b".repeat(53)}\n`,
    object: `CronJob/${"b".repeat(53)}`,
    path: "metadata.name",
  },
  image("has an image with a digest that is none", "ghcr.io/example/taskflow@sha256:abc"),
  image("has an image in capitals", "ghcr.io/Example/taskflow:0.1.0"),
  image("has an image with a tag that is moved", "ghcr.io/example/other:stable"),
  {
    ...SERVICE,
    what: "has a port twice",
    from: "    - name: http\n",
    to: "    - { name: web, port: 80, targetPort: http }\n    - name: http\n",
    path: "spec.ports",
  },
  {
    ...SERVICE,
    what: "has an annotation that is none",
    from: "  labels:\n",
    to: "  annotations:\n    a b/c: d\n  labels:\n",
    path: "metadata.annotations.a b/c",
  },
  {
    ...DEPLOYMENT,
    what: "has a number of a port twice",
    from: "containerPort: 8000",
    to: "containerPort: 8000\n            - name: web\n              containerPort: 8000",
    path: `${CONTAINER}.ports`,
  },
  {
    ...DEPLOYMENT,
    what: "has a variable with a space in its name",
    from: "          env:\n",
    to: '          env:\n            - { name: "A B", value: c }\n',
    path: `${CONTAINER}.env[0].name`,
  },
  {
    ...DEPLOYMENT,
    what: "mounts at a path with a colon",
    from: "mountPath: /tmp",
    to: "mountPath: /tmp:rw",
    path: `${CONTAINER}.volumeMounts[1].mountPath`,
  },
  {
    ...DEPLOYMENT,
    what: "names no profile for its system calls",
    from: "type: RuntimeDefault",
    to: "type: Localhost",
    path: `${POD}.securityContext.seccompProfile.localhostProfile`,
  },
  {
    ...DEPLOYMENT,
    what: "brings a container to debug with",
    from: "      containers:\n",
    to: "      ephemeralContainers: [{ name: shell, image: shell:1 }]\n      containers:\n",
    path: `${POD}.ephemeralContainers`,
  },
  {
    ...DEPLOYMENT,
    what: "wants a node with a label that none has",
    from: "      containers:\n",
    to: "      nodeSelector: { kubernetes.io/hostnam: one }\n      containers:\n",
    path: `${POD}.nodeSelector.kubernetes.io/hostnam`,
  },
  {
    ...DEPLOYMENT,
    what: "is not given up before it is ready",
    from: "  replicas: 2\n",
    to: "  replicas: 2\n  minReadySeconds: 700\n",
    path: "spec.progressDeadlineSeconds",
  },
  {
    ...DEPLOYMENT,
    what: "is given up while it starts",
    from: "  replicas: 2\n",
    to: "  replicas: 2\n  progressDeadlineSeconds: 20\n",
    path: "spec.progressDeadlineSeconds",
  },
  resource("asks for a resource that there is not", LIMIT, `${LIMIT}\n              memmory: 1Gi`, "limits.memmory"),
  resource("has a limit of half a byte", LIMIT, "limits:\n              memory: 512m", "limits.memory"),
  resource("has a limit that is no quantity", "memory: 256Mi", "memory: 256MB", "limits.memory"),
  resource("has no limit of memory", LIMIT, "limits: {}", "limits.memory"),
  resource("asks for more than its limit", "memory: 128Mi", "memory: 1Gi", "requests.memory"),
  {
    ...CLAIM,
    what: "has a claim without a size",
    from: "    requests:\n      storage: 1Gi\n",
    to: "    requests: {}\n",
    path: "spec.resources.requests.storage",
  },
  {
    ...CLAIM,
    what: "shares a folder of one node with many",
    from: "ReadWriteOnce",
    to: "ReadWriteMany",
    path: "spec.accessModes",
  },
  {
    what: "has a folder of a node that nobody names",
    file: "base/claim.yaml",
    to: "---\napiVersion: v1\nkind: PersistentVolume\nmetadata:\n  name: folder\nspec:\n  capacity: { storage: 1Gi }\n  accessModes: [ReadWriteOnce]\n  local: { path: /data }\n",
    object: "PersistentVolume/folder",
    path: "spec.nodeAffinity",
  },
  { ...schedule("may miss its time", "0 3 * * *\n  startingDeadlineSeconds: 5"), path: "spec.startingDeadlineSeconds" },
  {
    ...SERVICE,
    what: "has an address that is none",
    from: "spec:\n",
    to: "spec:\n  clusterIP: 10.0.0.300\n",
    path: "spec.clusterIP",
  },
  {
    ...DEPLOYMENT,
    what: "has fewer than no pods to remember",
    from: "  replicas: 2\n",
    to: "  replicas: 2\n  revisionHistoryLimit: -1\n",
    path: "spec.revisionHistoryLimit",
  },
  {
    ...DEPLOYMENT,
    what: "takes a variable from a field that is none",
    from: "          env:\n",
    to: "          env:\n            - { name: A, valueFrom: { fieldRef: { fieldPath: metadata.nam } } }\n",
    path: `${CONTAINER}.env[0].valueFrom.fieldRef.fieldPath`,
  },
  {
    ...DEPLOYMENT,
    what: "takes a variable from an amount that is none",
    from: "          env:\n",
    to: "          env:\n            - { name: A, valueFrom: { resourceFieldRef: { resource: limit.cpu } } }\n",
    path: `${CONTAINER}.env[0].valueFrom.resourceFieldRef.resource`,
  },
  {
    ...DEPLOYMENT,
    what: "limits a folder by what is no quantity",
    from: "emptyDir: {}",
    to: "emptyDir: { sizeLimit: 64MB }",
    path: `${POD}.volumes[1].emptyDir.sizeLimit`,
  },
  {
    ...CLAIM,
    what: "claims a volume that is not there",
    from: "spec:\n",
    to: "spec:\n  volumeName: nothing\n",
    path: "spec.volumeName",
  },
  scaler("scales to no pods", "maxReplicas: 6", "maxReplicas: 0", "maxReplicas"),
  scaler("scales from no pods", "minReplicas: 2", "minReplicas: 0", "minReplicas"),
  scaler(
    "scales by a use that it does not name",
    "averageUtilization: 70",
    'averageValue: "70"',
    "metrics[0].resource.target.averageUtilization",
  ),
  scaler("scales by what is of another type", "type: Resource", "type: Pods", "metrics[0].pods"),
  {
    ...DEPLOYMENT,
    what: "ends pods that are to last",
    from: "serviceAccountName: taskflow\n",
    to: "serviceAccountName: taskflow\n      activeDeadlineSeconds: 3600\n",
    path: `${POD}.activeDeadlineSeconds`,
  },
  {
    ...DEPLOYMENT,
    what: "gives a probe that ends nothing a time for the end",
    from: "path: /readyz\n              port: http\n",
    to: "path: /readyz\n              port: http\n            terminationGracePeriodSeconds: 5\n",
    path: `${CONTAINER}.readinessProbe.terminationGracePeriodSeconds`,
  },
  {
    ...DEPLOYMENT,
    what: "has no DNS at all",
    from: "serviceAccountName: taskflow\n",
    to: "serviceAccountName: taskflow\n      dnsPolicy: None\n",
    path: `${POD}.dnsConfig.nameservers`,
  },
  {
    ...SERVICE,
    what: "opens a port of the nodes for a Service that has none",
    from: "targetPort: http\n",
    to: "targetPort: http\n      nodePort: 30080\n",
    path: "spec.ports[0].nodePort",
  },
  {
    ...DEPLOYMENT,
    what: "waits less than no time",
    from: "seconds: 2\n",
    to: "seconds: -1\n",
    path: `${CONTAINER}.lifecycle.preStop.sleep.seconds`,
  },
  {
    ...DEPLOYMENT,
    what: "waits for longer than a pod has to end",
    from: "seconds: 2\n",
    to: "seconds: 60\n",
    path: `${CONTAINER}.lifecycle.preStop.sleep.seconds`,
  },
  ...[
    ["has a selector of values that takes none", "Exists, values: [taskflow]", "values"],
    ["has a selector of no values that takes some", "In", "values"],
    ["has a selector that works in no way", "Is, values: [taskflow]", "operator"],
  ].map(
    ([what = "", operator, field]): Fault => ({
      what,
      file: "base/budget.yaml",
      from: "  selector:\n",
      to: `  selector:\n    matchExpressions: [{ key: app.kubernetes.io/name, operator: ${operator} }]\n`,
      object: "PodDisruptionBudget/taskflow",
      path: `spec.selector.matchExpressions[0].${field}`,
    }),
  ),
  scaler("scales by what pods have no measure of", "name: cpu", "name: cpus", "metrics[0].resource.name"),
  {
    ...DEPLOYMENT,
    what: "runs as less than nobody",
    from: "runAsUser: 1000",
    to: "runAsUser: -1",
    path: `${POD}.securityContext.runAsUser`,
  },
];
