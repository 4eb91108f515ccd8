import { join } from "node:path";
import { ROOT, run } from "./containers.ts";
import type { Rule } from "./stand-ins.ts";

export const TOOLS = ["kubectl", "k3d", "helm", "podman"];
export const KEY = "the key that signs sessions, and that nobody may see";
export const OLD = "registry.example.org/taskflow:1.0";
export const NEW = "registry.example.org/taskflow@sha256:".padEnd(101, "0");

export const base64 = (text: string) => Buffer.from(text).toString("base64");
const secret = JSON.stringify({ metadata: { resourceVersion: "7" }, data: { "jwt-secret": base64(KEY) } });
/** A Deployment that serves. @param more of what its pods are */
export const serving = (tool = "kustomize", more: object = {}) =>
  JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "taskflow", labels: { "app.kubernetes.io/managed-by": tool } },
    spec: { replicas: 2, template: { spec: pods({ claimName: "taskflow-data" }) } },
    status: { replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
    ...more,
  });
/** @param claim what SQLite's file is on; undefined on PostgreSQL */
export const pods = (claim: object | undefined) => ({
  containers: [{ image: OLD }],
  volumes: claim ? [{ name: "data", persistentVolumeClaim: claim }] : [],
});
export const nodes = (count: number) => JSON.stringify({ items: Array.from({ length: count }, () => ({})) });

/** What was proven in a cluster, oldest first: of each a Deployment, and policies by these names. */
export const proven = (url: string, ...each: { policies: string[]; release?: string; onFile?: boolean }[]) =>
  JSON.stringify({
    items: each.map(({ policies, release, onFile = true }, index) => ({
      metadata: { name: `taskflow-proven-${index + 3}`, creationTimestamp: `2026-01-0${index + 1}T00:00:00Z` },
      data: {
        number: String(index + 3),
        entrance: JSON.stringify({ url, host: "taskflow.local", address: url }),
        manifests: [
          JSON.parse(serving("kustomize", onFile ? {} : { spec: { template: { spec: pods(undefined) } } })),
          ...policies.map((name) => ({
            apiVersion: "networking.k8s.io/v1",
            kind: "NetworkPolicy",
            metadata: { name },
          })),
        ]
          .map((object) => JSON.stringify(object))
          .join("\n---\n"),
        ...(release && { release }),
      },
    })),
  });

/** A controller behind which TaskFlow is ready, and nothing else of it is there. */
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

export const answer = (tool: string, words: RegExp, stdout: string): Rule => ({ tool, words, stdout });
/** A cluster of k3d's that serves, and takes everything. */
export const CLUSTER: Rule[] = [
  { tool: "kubectl", words: /^kustomize /, real: true },
  { tool: "helm", words: /^(lint|template|version|show) /, real: true },
  answer("kubectl", /^config current-context/, "k3d-taskflow\n"),
  answer("kubectl", / get nodes /, nodes(3)),
  answer("kubectl", / get secret taskflow-secrets /, secret),
  answer("kubectl", / get deployment\/taskflow /, serving()),
  { tool: "kubectl", words: / diff /, code: 1, stdout: "-  replicas: 1\n+  replicas: 2\n" },
  answer("podman", /^--version/, "podman version 4.9.3\n"),
];

/** The same, deployed by Helm: what failed and was taken back is in its history, too. */
export const BY_HELM: Rule[] = [
  answer("kubectl", / get deployment\/taskflow /, serving("Helm")),
  answer("helm", / history .*--output=json/, '[{"revision":7,"status":"failed"},{"revision":8,"status":"deployed"}]'),
  { tool: "helm", words: /^version /, stdout: "v4.1.4" },
  ...CLUSTER,
];

export async function script(name: string, words: string[], path: string, root = ROOT) {
  const result = await run([process.execPath, join(root, "scripts", `${name}.ts`), ...words], {
    cwd: root,
    env: { PATH: path, TASKFLOW_REGISTRY: "", TASKFLOW_ENGINE: "" },
    // As a terminal does, for Ctrl+C: it and what it starts are one group, and this process is in none of it.
    detached: true,
  });
  return { ...result, words: result.stdout + result.stderr };
}
