import type { Fault } from "../../support/manifests.ts";

/** An object more, in a file of the base that comes to the namespace. */
const added = (what: string, object: string, path: string, text: string): Fault => {
  const [kind = "", name = ""] = object.split("/");
  const [apiVersion = "", ...rest] = text.split("\n");
  const to = ["---", `apiVersion: ${apiVersion}`, `kind: ${kind}`, `metadata: { name: ${name} }`, ...rest, ""].join(
    "\n",
  );
  return { what, file: "base/account.yaml", object, path, to };
};

const route = (what: string, path: string, rest: string) =>
  added(
    what,
    "IngressRoute/route",
    path,
    `traefik.io/v1alpha1\nspec:\n  entryPoints: [web]\n  routes:\n    - match: Host(\`taskflow.local\`)\n      kind: Rule\n${rest}`,
  );
const services = (name: string, port: string) => `      services: [{ name: ${name}, port: ${port} }]`;
const monitor = (what: string, path: string, endpoint: string) =>
  added(
    what,
    "ServiceMonitor/more",
    path,
    `monitoring.coreos.com/v1\nspec:\n  selector:\n    matchLabels: { app.kubernetes.io/name: taskflow }\n  endpoints: [{ ${endpoint} }]`,
  );
const RBAC = "rbac.authorization.k8s.io";
const binding = (what: string, kind: string, path: string, role: string, subject: string) =>
  added(
    what,
    `${kind}/more`,
    path,
    `${RBAC}/v1\nroleRef: { apiGroup: ${RBAC}, ${role} }\nsubjects: [{ kind: ServiceAccount, name: ${subject}, namespace: taskflow }]`,
  );
const POD = "spec.template.spec";
const pod = (what: string, field: string): Fault => ({
  what,
  file: "base/deployment.yaml",
  from: "serviceAccountName: taskflow",
  to: `serviceAccountName: taskflow\n      ${field}: nothing`,
  object: "Deployment/taskflow",
  path: `${POD}.${field}`,
});
const INGRESS = { file: "base/ingress.yaml", object: "Ingress/taskflow" };
const WATCH = {
  file: "components/postgres/monitor.yaml",
  object: "Probe/taskflow",
  path: "spec.targets.staticConfig.static[0]",
};

/** Objects that name one another, and what is not there. */
export const OBJECTS: readonly Fault[] = [
  route(
    "has a route through a middleware that is not there",
    "spec.routes[0].middlewares[0].name",
    `      middlewares: [{ name: nothing }]\n${services("taskflow", "80")}`,
  ),
  route("has a route to a Service that is not there", "spec.routes[0].services[0].name", services("nothing", "80")),
  route(
    "has a route to a port that its Service does not have",
    "spec.routes[0].services[0].port",
    services("taskflow", "8080"),
  ),
  route(
    "has a route with a certificate that nobody makes",
    "spec.tls.secretName",
    `${services("taskflow", "80")}\n  tls: { secretName: nothing }`,
  ),
  added(
    "has a chain of a middleware that is not there",
    "Middleware/chain",
    "spec.chain.middlewares[0].name",
    "traefik.io/v1alpha1\nspec:\n  chain:\n    middlewares: [{ name: nothing }]",
  ),
  {
    ...INGRESS,
    what: "misspells an entry point of Traefik's",
    from: "  annotations:\n",
    to: "  annotations:\n    traefik.ingress.kubernetes.io/router.entrypoints: websecur\n",
    path: "metadata.annotations.traefik.ingress.kubernetes.io/router.entrypoints",
  },
  {
    ...INGRESS,
    what: "has a certificate for another host",
    from: "  rules:\n",
    to: "  tls:\n    - hosts: [other.local]\n      secretName: taskflow-tls\n  rules:\n",
    path: "spec.tls[0].hosts[0]",
  },
  {
    ...INGRESS,
    what: "has a host that is none",
    from: "host: taskflow.local",
    to: "host: Task_flow.local:8080",
    path: "spec.rules[0].host",
  },
  {
    ...INGRESS,
    what: "has a path without its slash",
    from: "path: /\n",
    to: "path: api\n",
    path: "spec.rules[0].http.paths[0].path",
  },
  {
    ...INGRESS,
    what: "leads nowhere",
    from: "  ingressClassName",
    to: "  rules: []\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: other\nspec:\n  ingressClassName",
    path: "spec.rules",
  },
  binding("binds a Role that is not there", "RoleBinding", "roleRef.name", "kind: Role, name: nothing", "taskflow"),
  binding(
    "binds a ClusterRole that is not there",
    "ClusterRoleBinding",
    "roleRef.name",
    "kind: ClusterRole, name: nothing",
    "taskflow",
  ),
  binding(
    "gives a role to an account that is not there",
    "ClusterRoleBinding",
    "subjects[0].name",
    "kind: ClusterRole, name: view",
    "nobody",
  ),
  pod("names a priority that is not there", "priorityClassName"),
  pod("names a runtime that is not there", "runtimeClassName"),
  added(
    "has a StatefulSet of a Service that is not there",
    "StatefulSet/set",
    "spec.serviceName",
    `apps/v1\nspec:\n  serviceName: nothing\n  selector: { matchLabels: { app: set } }\n  template:\n    metadata: { labels: { app: set } }\n    spec: { containers: [{ name: set, image: "set:1" }] }`,
  ),
  added("has a Service that leads to no pod", "Service/nowhere", "spec.selector", "v1\nspec:\n  ports: [{ port: 80 }]"),
  {
    what: "has no Namespace",
    file: "base/kustomization.yaml",
    from: "  - namespace.yaml\n",
    to: "",
    object: "Deployment/taskflow",
    path: "metadata.namespace",
    told: "base/deployment.yaml",
  },
  monitor("watches a port that a Service does not have", "spec.endpoints[0].port", "port: metrics"),
  monitor("watches a path that TaskFlow does not have", "spec.endpoints[0].path", "port: http, path: /metricz"),
  { ...WATCH, what: "asks a Service that is not there", from: "http://taskflow.", to: "http://taskflw." },
  { ...WATCH, what: "asks a namespace that is not there", from: ".taskflow.svc", to: ".taskflw.svc" },
  { ...WATCH, what: "asks for a path that TaskFlow does not have", from: "/readyz", to: "/status" },
  { ...WATCH, what: "asks a port that a Service does not have", from: "svc/", to: "svc:8000/" },
  {
    what: "scales a Deployment of another API",
    file: "components/postgres/scaler.yaml",
    from: "apps/v1\n",
    to: "apps/v1beta1\n",
    object: "HorizontalPodAutoscaler/taskflow",
    path: "spec.scaleTargetRef.apiVersion",
  },
  added(
    "alerts by an expression that is none",
    "PrometheusRule/rules",
    "spec.groups[0].rules[0].expr",
    "monitoring.coreos.com/v1\nspec:\n  groups: [{ name: a, rules: [{ alert: A, expr: 'rate((up[5m])' }] }]",
  ),
  {
    ...INGRESS,
    what: "has a certificate of an issuer that is not there",
    from: "  annotations:\n",
    to: "  annotations:\n    cert-manager.io/issuer: nobody\n",
    path: "metadata.annotations.cert-manager.io/issuer",
  },
  added(
    "asks an issuer that is not there for a certificate",
    "Certificate/more",
    "spec.issuerRef.name",
    "cert-manager.io/v1\nspec:\n  secretName: more\n  dnsNames: [taskflow.local]\n  issuerRef: { kind: Issuer, name: nobody }",
  ),
  {
    ...INGRESS,
    what: "names a port in two ways",
    from: "port:\n                  name: http",
    to: "port:\n                  name: http\n                  number: 80",
    path: "spec.rules[0].http.paths[0].backend.service.port",
  },
  added(
    "asks for passwords of a Secret that nobody makes",
    "Middleware/passwords",
    "spec.basicAuth.secret",
    "traefik.io/v1alpha1\nspec:\n  basicAuth: { secret: nothing }",
  ),
  binding(
    "gives the whole cluster away",
    "ClusterRoleBinding",
    "roleRef.name",
    "kind: ClusterRole, name: cluster-admin",
    "taskflow",
  ),
  {
    what: "has an account that misspells a Secret",
    file: "base/account.yaml",
    to: "imagePullSecrets: [{ name: regisrty }]\n---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: { name: registry }\n",
    object: "ServiceAccount/taskflow",
    path: "imagePullSecrets[0].name",
  },
  {
    what: "sends a Service to a port of another protocol",
    file: "base/service.yaml",
    from: "targetPort: http",
    to: "targetPort: http\n      protocol: UDP",
    object: "Service/taskflow",
    path: "spec.ports[0].targetPort",
  },
  {
    what: "changes an object that is not there",
    file: "overlays/one/kustomization.yaml",
    to: 'patches:\n  - target: { kind: Deployment, name: app }\n    patch: \'[{ "op": "remove", "path": "/spec/replicas" }]\'\n',
    path: "patches[0].target",
  },
  {
    what: "makes its Service a name for another host",
    file: "base/service.yaml",
    from: "spec:\n",
    to: "spec:\n  type: ExternalName\n  externalName: example.org\n",
    object: "Service/taskflow",
    path: "spec.type",
  },
  {
    ...INGRESS,
    what: "leads to one page alone",
    from: "pathType: Prefix",
    to: "pathType: Exact",
    path: "spec.rules[0].http.paths",
  },
  {
    ...INGRESS,
    what: "leads to a part of the pages",
    from: "path: /\n",
    to: "path: /tasks\n",
    path: "spec.rules[0].http.paths",
  },
  {
    ...INGRESS,
    what: "leads to nothing at all",
    from: "backend:\n              service:\n                name: taskflow\n                port:\n                  name: http",
    to: "backend: {}",
    path: "spec.rules[0].http.paths[0].backend.service",
  },
  {
    ...INGRESS,
    what: "has an issuer of certificates for no host",
    from: "  annotations:\n",
    to: "  annotations:\n    cert-manager.io/cluster-issuer: letsencrypt\n",
    path: "spec.tls",
  },
  {
    what: "has a probe that asks nothing",
    file: "components/postgres/monitor.yaml",
    from: 'static: ["http://taskflow.taskflow.svc/readyz"]',
    to: "static: []",
    object: "Probe/taskflow",
    path: "spec.targets",
  },
  {
    what: "goes to no namespace",
    file: "overlays/one/kustomization.yaml",
    to: 'patches:\n  - target: { kind: PodDisruptionBudget }\n    patch: \'[{ "op": "remove", "path": "/metadata/namespace" }]\'\n',
    object: "PodDisruptionBudget/taskflow",
    told: "base/budget.yaml",
    path: "metadata.namespace",
  },
];
