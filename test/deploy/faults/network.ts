import type { Fault } from "../../support/manifests.ts";

const FILE = "base/policies.yaml";
const POLICY = { file: FILE, object: "NetworkPolicy/taskflow" };
const APP = { file: FILE, object: "Deployment/taskflow", told: "base/deployment.yaml" };
const DATABASE = { file: "components/postgres/policy.yaml", object: "NetworkPolicy/database" };
const namespace = (name: string) =>
  `- namespaceSelector:\n            matchLabels:\n              kubernetes.io/metadata.name: ${name}`;
const FROM = namespace("kube-system");
const PEER = "spec.ingress[0].from[0]";

const solver = (label: string, port: string) => ({
  file: FILE,
  object: "NetworkPolicy/solver",
  to: `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: solver }
spec:
  podSelector: { matchLabels: { acme.cert-manager.io/http01-solver: "${label}" } }
  policyTypes: [Ingress]
  ingress:
    - from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } } }]
      ports: [{ ${port} }]
`,
});

/** Ways that are shut, and ways that are open to everybody. */
export const NETWORK: readonly Fault[] = [
  {
    ...APP,
    what: "shuts nothing",
    from: "name: default-deny\nspec:\n  podSelector: {}",
    to: "name: default-deny\nspec:\n  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: taskflow",
    path: "metadata.namespace",
  },
  {
    file: FILE,
    object: "NetworkPolicy/default-deny",
    what: "shuts nothing that goes out",
    from: "policyTypes: [Ingress, Egress]",
    to: "policyTypes: [Ingress]",
    path: "spec.policyTypes",
  },
  {
    ...POLICY,
    what: "lets in pods beside Traefik that are not its own",
    from: FROM,
    to: `${FROM}\n          podSelector:\n            matchLabels:\n              app.kubernetes.io/name: ingress-nginx`,
    path: "spec.ingress[0]",
  },
  {
    ...POLICY,
    what: "lets no controller in",
    from: "metadata.name: kube-system",
    to: "metadata.name: monitoring",
    path: "spec.ingress[0]",
  },
  {
    file: FILE,
    object: "NetworkPolicy/dns",
    what: "leaves no way to the DNS",
    from: "port: 53\n          protocol: UDP",
    to: "port: 5353\n          protocol: UDP",
    path: "spec.egress[0]",
  },
  {
    ...APP,
    what: "lets nobody in",
    from: "policyTypes: [Ingress]\n  ingress:",
    to: "policyTypes: [Ingress]\n  egress:",
    path: "spec.template.metadata",
  },
  {
    what: "leaves no way to the database",
    file: "components/postgres/kustomization.yaml",
    from: "  - policy.yaml\n",
    to: "",
    object: "Deployment/taskflow",
    path: "spec.template.metadata",
    told: "base/deployment.yaml",
  },
  {
    ...DATABASE,
    what: "opens the database's port, but not by TCP",
    from: "port: 5432",
    to: "{ port: 5432, protocol: UDP }",
    path: "spec.egress[0]",
  },
  {
    ...DATABASE,
    what: "opens another port than that of the database's address",
    file: "components/postgres/deployment.yaml",
    from: "valueFrom:\n                secretKeyRef:\n                  name: taskflow-database\n                  key: url",
    to: "value: postgres://db.example.org:25060/taskflow",
    told: "components/postgres/policy.yaml",
    path: "spec.egress[0]",
  },
  {
    ...DATABASE,
    what: "has a range of addresses that is none",
    from: "192.0.2.10/32",
    to: "10.0.0.0/33",
    path: "spec.egress[0].to[0].ipBlock.cidr",
  },
  {
    ...DATABASE,
    what: "lets its pods ask anybody",
    from: "    - to:\n        - ipBlock:\n            cidr: 192.0.2.10/32\n      ports",
    to: "    - ports",
    path: "spec.egress[0].to",
  },
  {
    ...DATABASE,
    what: "writes rules of a kind that it does not name",
    from: "policyTypes: [Egress]",
    to: "policyTypes: [Ingress]",
    path: "spec.policyTypes",
  },
  {
    ...POLICY,
    what: "misspells the label of a namespace",
    from: "kubernetes.io/metadata.name: kube-system",
    to: "kubernetes.io/name: kube-system",
    path: `${PEER}.namespaceSelector.matchLabels.kubernetes.io/name`,
  },
  {
    ...POLICY,
    what: "misspells the name of a namespace",
    from: "metadata.name: kube-system",
    to: "metadata.name: kube-sytem",
    path: `${PEER}.namespaceSelector.matchLabels.kubernetes.io/metadata.name`,
  },
  {
    ...POLICY,
    what: "lets everybody in",
    from: `    - from:\n        ${FROM}\n        ${namespace("monitoring")}\n      ports:\n        - port: http`,
    to: "    - {}",
    path: "spec.ingress[0].from",
  },
  {
    ...POLICY,
    what: "lets every namespace in",
    from: FROM,
    to: "- namespaceSelector: {}",
    path: `${PEER}.namespaceSelector`,
  },
  {
    ...POLICY,
    what: "lets every address in",
    from: FROM,
    to: "- ipBlock:\n            cidr: 0.0.0.0/0",
    path: `${PEER}.ipBlock.cidr`,
  },
  {
    ...POLICY,
    what: "lets in who has no name",
    from: FROM,
    to: "- {}",
    path: PEER,
  },
  {
    what: "does not let in what watches",
    file: "components/postgres/monitor.yaml",
    from: "blackbox-exporter.monitoring.svc",
    to: "blackbox-exporter.probes.svc",
    object: "Probe/taskflow",
    path: "spec.prober.url",
  },
  {
    ...POLICY,
    what: "lets in by another protocol",
    from: "- port: http\n",
    to: "- port: http\n          protocol: UDP\n",
    path: "spec.ingress[0].ports[0].port",
  },
  {
    ...POLICY,
    what: "lets in every namespace that has a name",
    from: FROM,
    to: "- namespaceSelector:\n            matchExpressions: [{ key: kubernetes.io/metadata.name, operator: Exists }]",
    path: `${PEER}.namespaceSelector`,
  },
  {
    ...POLICY,
    what: "misspells the label of its own pods",
    from: FROM,
    to: `- podSelector:\n            matchLabels:\n              app.kubernetes.io/name: taskflwo\n        ${FROM}`,
    path: `${PEER}.podSelector.matchLabels.app.kubernetes.io/name`,
  },
  {
    ...DATABASE,
    what: "lets its pods ask every address anything",
    from: "cidr: 192.0.2.10/32\n      ports:\n        - port: 5432\n",
    to: "cidr: 0.0.0.0/0\n",
    path: "spec.egress[0].to[0].ipBlock.cidr",
  },
  { ...DATABASE, what: "opens a port that is none", from: "5432", to: "543200", path: "spec.egress[0].ports[0].port" },
  {
    ...solver("true", "port: 8088"),
    what: "does not let cert-manager's pods be asked",
    path: "spec.ingress",
  },
  { ...solver("yes", "port: 8089"), what: "means other pods than cert-manager's", path: "spec.podSelector" },
];
