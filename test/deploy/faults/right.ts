import type { Fault } from "../../support/manifests.ts";

type Right = Pick<Fault, "what" | "file" | "from" | "to">;
const DEPLOYMENT = { file: "base/deployment.yaml" };
const added = (what: string, to: string): Right => ({ what, file: "base/account.yaml", to: `---\n${to}\n` });
const schedule = (what: string, to: string): Right => {
  return { what, file: "base/backup.yaml", from: "0 3 * * *", to };
};
/** As kubeseal writes it: random, but nobody's secret. */
const SEALED = ["AgBy3i4OJSWK", "PiTySYZZA9rO43cGDEq4Zx8k", "P9qF1n2Lm3vBc7Xd0sTuWyAeRfHgJk"].join("+");

/** What a validator that is too strict would refuse. */
export const RIGHT: readonly Right[] = [
  added(
    "a sealed Secret",
    `apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: { name: taskflow-secrets }\nspec:\n  encryptedData:\n    jwt-secret: ${SEALED}==`,
  ),
  {
    what: "a Secret that SOPS has encrypted",
    file: "base/secret.enc.yaml",
    to: `apiVersion: v1\nkind: Secret\nmetadata: { name: taskflow-secrets }\nstringData:\n  jwt-secret: ENC[AES256_GCM,data:${SEALED},type:str]\nsops:\n  mac: ENC[AES256_GCM,data:${SEALED},type:str]\n`,
  },
  added(
    "a route of the Gateway API",
    "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: route }\nspec: { rules: [{ backendRefs: [{ name: taskflow, port: 80 }] }] }",
  ),
  added(
    "a class of snapshots",
    "apiVersion: snapshot.storage.k8s.io/v1\nkind: VolumeSnapshotClass\nmetadata: { name: snapshots }\ndriver: x\ndeletionPolicy: Delete",
  ),
  added(
    "a kind of one's own, with its definition",
    `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: things.example.com }\nspec:\n  group: example.com\n  scope: Namespaced\n  names: { plural: things, kind: Thing }\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          type: object\n          properties: { spec: { type: object, x-kubernetes-preserve-unknown-fields: true } }\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata: { name: thing }`,
  ),
  added(
    "a role for somebody of another namespace",
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: { name: deployer }\nroleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit }\nsubjects: [{ kind: ServiceAccount, name: deployer, namespace: ci }]",
  ),
  added(
    "a Service whose endpoints are given by hand",
    "apiVersion: v1\nkind: Service\nmetadata: { name: database }\nspec: { ports: [{ port: 5432 }] }\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: database-1, labels: { kubernetes.io/service-name: database } }\naddressType: IPv4\nendpoints: [{ addresses: [10.0.0.1] }]\nports: [{ port: 5432 }]",
  ),
  {
    ...DEPLOYMENT,
    what: "limits without requests",
    from: "requests:\n              cpu: 50m\n              memory: 128Mi\n            limits:\n",
    to: "limits:\n              cpu: 500m\n",
  },
  { ...DEPLOYMENT, what: "a quantity with an exponent", from: "memory: 256Mi", to: "memory: 1e9" },
  { what: "a size in exbibytes", file: "base/claim.yaml", from: "storage: 1Gi", to: "storage: 1Ei" },
  {
    ...DEPLOYMENT,
    what: "an image by its digest",
    from: "image: taskflow",
    to: `image: ghcr.io/example/taskflow@sha256:${"0a".repeat(32)}`,
  },
  {
    ...DEPLOYMENT,
    what: "a probe by the program itself",
    from: "readinessProbe:\n            httpGet:\n              path: /readyz\n              port: http",
    to: "readinessProbe:\n            exec:\n              command: [taskflow, health]",
  },
  schedule("a schedule by its name", '"@midnight"'),
  schedule("a schedule by a distance", '"@every 6h"'),
  schedule("a schedule of names, steps and lists", '"*/15 0-5 1,15 JAN-JUN MON-FRI"'),
  {
    what: "the cluster's own class of storage",
    file: "base/claim.yaml",
    from: "  storageClassName: local-path\n",
    to: "",
  },
  { what: "another class of storage", file: "base/claim.yaml", from: "local-path", to: "gp3" },
  { what: "another class of Ingress", file: "base/ingress.yaml", from: "Name: traefik", to: "Name: nginx" },
  {
    what: "Traefik in a namespace of its own",
    file: "base/policies.yaml",
    from: "metadata.name: kube-system",
    to: "metadata.name: traefik",
  },
  { what: "a registry's credentials", file: "base/account.yaml", to: "imagePullSecrets: [{ name: ghcr }]\n" },
  {
    what: "what is said to be made elsewhere",
    file: "overlays/one/kustomization.yaml",
    to: `patches:
  - target: { kind: Deployment }
    patch: |
      - { op: add, path: /spec/template/spec/priorityClassName, value: high }
      - { op: replace, path: /spec/template/spec/containers/0/env/0/valueFrom/secretKeyRef/name, value: keys }
      - op: add
        path: /metadata/annotations
        value: { taskflow.local/made-elsewhere: "Secret/keys, PriorityClass/high" }
`,
  },
  {
    ...DEPLOYMENT,
    what: "an init container, which nobody probes",
    from: "      containers:\n        - name: taskflow\n",
    to: `      initContainers:
        - name: migrate
          image: taskflow
          args: [migrate]
          resources: { limits: { cpu: 500m, memory: 256Mi } }
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
          volumeMounts: [{ name: data, mountPath: /data }]
      containers:
        - name: taskflow
`,
  },
  {
    what: "a Secret's file that is mounted alone",
    file: "overlays/one/kustomization.yaml",
    to: `patches:
  - target: { kind: Deployment }
    patch: |
      - op: add
        path: /spec/template/spec/volumes/-
        value: { name: secrets, secret: { secretName: taskflow-secrets } }
      - op: add
        path: /spec/template/spec/containers/0/volumeMounts/-
        value: { name: secrets, mountPath: /run/jwt-secret, subPath: jwt-secret }
      - op: replace
        path: /spec/template/spec/containers/0/env
        value: [{ name: JWT_SECRET_FILE, value: /run/jwt-secret }]
`,
  },
  {
    what: "another port, here and there",
    file: "overlays/one/kustomization.yaml",
    to: `configMapGenerator:
  - { name: taskflow, namespace: taskflow, behavior: merge, literals: [PORT=9000] }
patches:
  - target: { kind: Deployment }
    patch: |
      - op: replace
        path: /spec/template/spec/containers/0/ports/0/containerPort
        value: 9000
`,
  },
];
