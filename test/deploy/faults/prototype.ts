import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers[0]`;

/** What the prototype got wrong, each of which its own validator let pass. */
export const PROTOTYPE: readonly Fault[] = [
  {
    what: "names an image tag that nobody makes",
    file: "overlays/one/kustomization.yaml",
    to: "images:\n  - name: taskflow\n    newTag: dev-latest\n",
    object: "Deployment/taskflow",
    path: `${CONTAINER}.image`,
    told: "base/deployment.yaml",
  },
  {
    what: "replaces an image that no container has",
    file: "overlays/one/kustomization.yaml",
    to: "images:\n  - name: taskflow-app\n    newTag: 1.0.0\n",
    path: "images[0].name",
  },
  {
    ...DEPLOYMENT,
    what: "lets a probe ask the page of the API's documents",
    from: "livenessProbe:\n            httpGet:\n              path: /healthz",
    to: "livenessProbe:\n            httpGet:\n              path: /docs",
    path: `${CONTAINER}.livenessProbe.httpGet.path`,
  },
  {
    ...DEPLOYMENT,
    what: "gives each node a database of its own",
    from: "persistentVolumeClaim:\n            claimName: taskflow",
    to: "hostPath:\n            path: /var/lib/taskflow",
    path: `${POD}.volumes[0].hostPath`,
  },
  {
    ...DEPLOYMENT,
    what: "has a volume that its user can't write",
    from: "        fsGroup: 1000\n",
    to: "",
    path: `${POD}.securityContext.fsGroup`,
  },
  {
    what: "holds a Secret with data",
    file: "base/account.yaml",
    to: "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: other\ndata:\n  a: YQ==\n",
    object: "Secret/other",
    path: "data",
  },
  {
    what: "names a middleware that is not there",
    file: "base/ingress.yaml",
    from: "taskflow-headers@kubernetescrd",
    to: "taskflow-security-headers@kubernetescrd",
    object: "Ingress/taskflow",
    path: "metadata.annotations.traefik.ingress.kubernetes.io/router.middlewares",
  },
];
