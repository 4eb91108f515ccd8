import { join } from "node:path";
import { run } from "./containers.ts";
import type { Rule } from "./fake-tools.ts";
import { ROOT } from "./program.ts";

export const TOOLS = ["kubectl", "k3d", "helm", "podman"];
export const KEY = "a signing key that must not appear in any output";
export const OLD = "registry.example.org/taskflow:1.0";
export const NEW = "registry.example.org/taskflow@sha256:".padEnd(101, "0");

export const base64 = (text: string) => Buffer.from(text).toString("base64");
const secret = JSON.stringify({ metadata: { resourceVersion: "7" }, data: { "jwt-secret": base64(KEY) } });

export const answer = (tool: string, words: RegExp, stdout: string | object): Rule => ({
  tool,
  words,
  stdout: typeof stdout === "string" ? stdout : JSON.stringify(stdout),
});

/** Returns a Deployment that is available. */
export const deployment = ({ by = "kustomize", sqlite = true, replicas = 2, image = OLD } = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "taskflow", labels: { "app.kubernetes.io/managed-by": by } },
  spec: {
    replicas,
    template: {
      spec: {
        containers: [{ name: "taskflow", image }],
        volumes: sqlite ? [{ name: "data", persistentVolumeClaim: { claimName: "taskflow-data" } }] : [],
      },
    },
  },
  status: { replicas, updatedReplicas: replicas, availableReplicas: replicas },
});

/** Returns a rendering with a Deployment, an Ingress and network policies with these names. */
export const rendering = (policies: string[], options = {}) =>
  [
    deployment(options),
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "taskflow" },
      spec: { rules: [{ host: "taskflow.local" }] },
    },
    ...policies.map((name) => ({ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name } })),
  ]
    .map((object) => JSON.stringify(object))
    .join("\n---\n");

/** Responds with the last rendering that passed. */
export const passed = (last: string) => answer("kubectl", / get configmap\/taskflow-last-passed /, { data: { last } });

/** An ingress controller. TaskFlow is ready behind it, but responds to nothing else. */
export function controller() {
  const hosts = new Set<string>();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      hosts.add(request.headers.get("host") ?? "");
      return new Response("", { status: new URL(request.url).pathname === "/readyz" ? 200 : 404 });
    },
  });
  return { url: server.url.origin, hosts, [Symbol.dispose]: () => void server.stop(true) };
}

/** A cluster of three nodes in which TaskFlow runs, and which accepts everything. */
export const CLUSTER: Rule[] = [
  { tool: "kubectl", words: /^kustomize /, real: true },
  { tool: "helm", words: /^(lint|template|show) /, real: true },
  answer("helm", /^version /, "v4.1.4"),
  answer("helm", / history .*--output=json/, [
    { revision: 7, status: "deployed" },
    { revision: 8, status: "failed" },
  ]),
  answer("kubectl", /^config current-context/, "k3d-taskflow\n"),
  answer("kubectl", / get nodes /, { items: [{}, {}, {}] }),
  answer("kubectl", / get secret taskflow-secrets /, secret),
  answer("kubectl", / get deployment\/taskflow /, deployment()),
  { tool: "kubectl", words: / diff /, code: 1, stdout: "-  replicas: 1\n+  replicas: 2\n" },
  answer("podman", /^--version/, "podman version 4.9.3\n"),
];

export async function script(name: string, words: string[], path: string, root = ROOT) {
  const result = await run([process.execPath, join(root, "scripts", `${name}.ts`), ...words], {
    cwd: root,
    env: { PATH: path, TASKFLOW_REGISTRY: "", TASKFLOW_ENGINE: "" },
    // A process group of its own, so that Ctrl+C reaches the script and its children only.
    detached: true,
  });
  return { ...result, words: result.stdout + result.stderr };
}
