import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers[0]`;

/** A claim, and the volume in a folder of a node that is kept for it. */
const VOLUME = `storageClassName: fixed
  volumeName: fixed
  resources: { requests: { storage: 1Gi } }
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: fixed }
provisioner: kubernetes.io/no-provisioner
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: fixed }
spec:
  storageClassName: fixed
  accessModes: [ReadWriteOnce]
  capacity: { storage: 2Gi }
  claimRef: { namespace: taskflow, name: taskflow }
  local: { path: /data }
  nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: node, operator: Exists }] }] } }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: more
spec:
  accessModes: [ReadWriteOnce]`;
const volume = (what: string, from: string, to: string, path?: string): Fault => ({
  what,
  file: "base/claim.yaml",
  from: "storageClassName: local-path",
  to: VOLUME.replace(from, to),
  object: path ? "PersistentVolume/fixed" : "PersistentVolumeClaim/taskflow",
  path: path ?? "spec.storageClassName",
});

/** What names something that is not there. */
export const REFERENCES: readonly Fault[] = [
  {
    ...DEPLOYMENT,
    what: "names a ConfigMap that is not there",
    from: "configMapRef:\n                name: taskflow",
    to: "configMapRef:\n                name: settings",
    path: `${CONTAINER}.envFrom[0].configMapRef`,
  },
  {
    ...DEPLOYMENT,
    what: "names a key that a ConfigMap does not have",
    from: "secretKeyRef:\n                  name: taskflow-secrets\n                  key: jwt-secret\n",
    to: "configMapKeyRef:\n                  name: taskflow\n                  key: nothing\n",
    path: `${CONTAINER}.env[0].valueFrom.configMapKeyRef`,
  },
  {
    ...DEPLOYMENT,
    what: "names a Secret that nobody makes",
    from: "name: taskflow-secrets",
    to: "name: taskflow-secret",
    path: `${CONTAINER}.env[0].valueFrom.secretKeyRef`,
  },
  {
    ...DEPLOYMENT,
    what: "names a key that a Secret does not have",
    from: "key: jwt-secret\n",
    to: "key: JWT_SECRET\n",
    path: `${CONTAINER}.env[0].valueFrom.secretKeyRef`,
  },
  {
    ...DEPLOYMENT,
    what: "depends on a key that a Secret need not have",
    from: "                  optional: true\n",
    to: "",
    path: `${CONTAINER}.env[1].valueFrom.secretKeyRef`,
  },
  {
    ...DEPLOYMENT,
    what: "names a claim that is not there",
    from: "claimName: taskflow",
    to: "claimName: data",
    path: `${POD}.volumes[0].persistentVolumeClaim.claimName`,
  },
  {
    ...DEPLOYMENT,
    what: "mounts a volume that the pod does not have",
    from: "- name: tmp\n              mountPath",
    to: "- name: temporary\n              mountPath",
    path: `${CONTAINER}.volumeMounts[1].name`,
  },
  {
    ...DEPLOYMENT,
    what: "names an account that is not there",
    from: "serviceAccountName: taskflow",
    to: "serviceAccountName: nobody",
    path: `${POD}.serviceAccountName`,
  },
  {
    what: "names a class of storage that is not there",
    file: "base/claim.yaml",
    from: "local-path",
    to: "local-storage",
    object: "PersistentVolumeClaim/taskflow",
    path: "spec.storageClassName",
  },
  {
    what: "misspells a class of storage",
    file: "base/claim.yaml",
    from: "local-path",
    to: "local-paht",
    object: "PersistentVolumeClaim/taskflow",
    path: "spec.storageClassName",
  },
  {
    what: "sends a Service to a port that no container has",
    file: "base/service.yaml",
    from: "targetPort: http",
    to: "targetPort: web",
    object: "Service/taskflow",
    path: "spec.ports[0].targetPort",
  },
  {
    what: "sends an Ingress to a Service that is not there",
    file: "base/ingress.yaml",
    from: "service:\n                name: taskflow",
    to: "service:\n                name: app",
    object: "Ingress/taskflow",
    path: "spec.rules[0].http.paths[0].backend.service.name",
  },
  {
    what: "sends an Ingress to a port that its Service does not have",
    file: "base/ingress.yaml",
    from: "port:\n                  name: http",
    to: "port:\n                  number: 8080",
    object: "Ingress/taskflow",
    path: "spec.rules[0].http.paths[0].backend.service.port",
  },
  {
    what: "misspells a class of Ingress",
    file: "base/ingress.yaml",
    from: "ingressClassName: traefik",
    to: "ingressClassName: treafik",
    object: "Ingress/taskflow",
    path: "spec.ingressClassName",
  },
  {
    what: "names a certificate that nobody makes",
    file: "base/ingress.yaml",
    from: "  rules:\n",
    to: "  tls:\n    - hosts: [taskflow.local]\n      secretName: certificate\n  rules:\n",
    object: "Ingress/taskflow",
    path: "spec.tls[0].secretName",
  },
  {
    what: "scales a Deployment that is not there",
    file: "components/postgres/scaler.yaml",
    from: "kind: Deployment\n    name: taskflow",
    to: "kind: Deployment\n    name: app",
    object: "HorizontalPodAutoscaler/taskflow",
    path: "spec.scaleTargetRef.name",
  },
  {
    what: "has an image without a tag",
    file: "base/backup.yaml",
    from: "image: taskflow",
    to: "image: docker.io/library/busybox",
    object: "CronJob/backup",
    path: "spec.jobTemplate.spec.template.spec.containers[0].image",
  },
  {
    what: "has an image with a tag that moves",
    file: "base/backup.yaml",
    from: "image: taskflow",
    to: "image: docker.io/library/busybox:latest",
    object: "CronJob/backup",
    path: "spec.jobTemplate.spec.template.spec.containers[0].image",
  },
  volume("has a volume that is too small", "2Gi", "512Mi"),
  volume("has a volume that is kept for another namespace", "namespace: taskflow", "namespace: default"),
  volume("has a volume that is nowhere", "  local: { path: /data }\n", "", "spec"),
  volume("has a volume in a folder that is none", "/data", "data", "spec.local.path"),
  volume(
    "has a volume on no node",
    "[{ key: node, operator: Exists }]",
    "[]",
    "spec.nodeAffinity.required.nodeSelectorTerms",
  ),
];
