import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const BACKUP = { file: "base/backup.yaml", object: "CronJob/backup" };
const BACKUP_POD = "spec.jobTemplate.spec.template.spec";
const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers[0]`;

/** One database, whoever asks. */
export const DATA: readonly Fault[] = [
  {
    ...DEPLOYMENT,
    what: "leaves it to chance that its pods are on the node of their volume",
    from: "topologyKey: kubernetes.io/hostname",
    to: "topologyKey: topology.kubernetes.io/zone",
    path: `${POD}.affinity.podAffinity`,
  },
  {
    ...DEPLOYMENT,
    what: "spreads pods over nodes that share a volume of one",
    from: "      containers:\n",
    to: `      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: DoNotSchedule
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: taskflow
      containers:\n`,
    path: `${POD}.topologySpreadConstraints[0]`,
  },
  {
    what: "shares an SQLite file over the network",
    file: "base/claim.yaml",
    from: "ReadWriteOnce",
    to: "ReadWriteOncePod",
    object: "Deployment/taskflow",
    path: `${POD}.volumes[0].persistentVolumeClaim`,
    told: "base/deployment.yaml",
  },
  {
    ...DEPLOYMENT,
    what: "keeps its database in a folder that goes with the pod",
    from: "persistentVolumeClaim:\n            claimName: taskflow",
    to: "emptyDir: {}",
    path: `${CONTAINER}.volumeMounts`,
  },
  {
    ...DEPLOYMENT,
    what: "gives its volume to another group than the pod's",
    from: "fsGroup: 1000",
    to: "fsGroup: 2000",
    path: `${POD}.securityContext.fsGroup`,
  },
  {
    what: "gives each replica a database of its own",
    file: "base/claim.yaml",
    to: `---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: set
spec:
  serviceName: taskflow
  replicas: 2
  selector:
    matchLabels: { app: set }
  template:
    metadata:
      labels: { app: set }
    spec:
      containers:
        - name: taskflow
          image: taskflow
          volumeMounts: [{ name: data, mountPath: /data }]
  volumeClaimTemplates:
    - metadata: { name: data }
      spec:
        accessModes: [ReadWriteOnce]
        resources: { requests: { storage: 1Gi } }
`,
    object: "StatefulSet/set",
    path: "spec.volumeClaimTemplates",
  },
  {
    what: "has a volume that is another folder on each node",
    file: "base/claim.yaml",
    to: `---
apiVersion: v1
kind: PersistentVolume
metadata:
  name: taskflow
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: local-path
  capacity:
    storage: 1Gi
  hostPath:
    path: /data
`,
    object: "PersistentVolume/taskflow",
    path: "spec.hostPath",
  },
  {
    ...BACKUP,
    what: "makes backups of another database",
    from: "claimName: taskflow",
    to: "claimName: backups",
    path: `${BACKUP_POD}.containers[0].volumeMounts[0]`,
  },
  {
    ...BACKUP,
    what: "makes backups on another node than the database's",
    from: "topologyKey: kubernetes.io/hostname",
    to: "topologyKey: topology.kubernetes.io/zone",
    path: `${BACKUP_POD}.affinity.podAffinity`,
  },
  {
    ...BACKUP,
    what: "makes backups as another user",
    from: "runAsUser: 1000",
    to: "runAsUser: 1001",
    path: `${BACKUP_POD}.securityContext.runAsUser`,
  },
  {
    ...BACKUP,
    what: "makes backups that go with the pod",
    from: "                - name: backups\n                  mountPath: /backups\n",
    to: "",
    path: `${BACKUP_POD}.containers[0].volumeMounts`,
  },
  {
    ...BACKUP,
    what: "makes backups into a folder that can't be written",
    from: "mountPath: /backups\n",
    to: "mountPath: /backups\n                  readOnly: true\n",
    path: `${BACKUP_POD}.containers[0].volumeMounts[1].readOnly`,
  },
  {
    ...DEPLOYMENT,
    what: "can't write its database",
    from: "mountPath: /data\n",
    to: "mountPath: /data\n              readOnly: true\n",
    path: `${CONTAINER}.volumeMounts[0].readOnly`,
  },
  {
    ...DEPLOYMENT,
    what: "mounts its database where it is not looked for",
    from: "mountPath: /data\n",
    to: "mountPath: /database\n",
    path: `${CONTAINER}.volumeMounts`,
  },
  {
    ...DEPLOYMENT,
    what: "has its database on a volume that nobody may write",
    from: "claimName: taskflow\n",
    to: "claimName: taskflow\n            readOnly: true\n",
    path: `${POD}.volumes[0].persistentVolumeClaim.readOnly`,
  },
  {
    ...BACKUP,
    what: "makes backups on a volume that nobody may write",
    from: "claimName: backups\n",
    to: "claimName: backups\n                readOnly: true\n",
    path: `${BACKUP_POD}.volumes[1].persistentVolumeClaim.readOnly`,
  },
  {
    ...DEPLOYMENT,
    what: "keeps its pods beside those of another namespace",
    from: "- topologyKey: kubernetes.io/hostname\n",
    to: "- topologyKey: kubernetes.io/hostname\n              namespaces: [default]\n",
    path: `${POD}.affinity.podAffinity`,
  },
];
