import { join } from "node:path";
import { ROOT, run } from "./containers.ts";
import type { Rule } from "./stand-ins.ts";

export const TOOLS = ["kubectl", "k3d", "helm", "podman"];
export const KEY = "the key that signs sessions, and that nobody may see";
export const NEW = "registry.example.org/taskflow@sha256:".padEnd(101, "0");

export const base64 = (text: string) => Buffer.from(text).toString("base64");
const secret = JSON.stringify({ metadata: { resourceVersion: "7" }, data: { "jwt-secret": base64(KEY) } });
const servingBy = (tool: string) =>
  JSON.stringify({
    metadata: {
      annotations: { "deployment.kubernetes.io/revision": "4" },
      labels: { "app.kubernetes.io/managed-by": tool },
    },
    spec: { replicas: 2 },
    status: { updatedReplicas: 2, availableReplicas: 2 },
  });
export const nodes = (count: number) => JSON.stringify({ items: Array.from({ length: count }, () => ({})) });

export const answer = (tool: string, words: RegExp, stdout: string): Rule => ({ tool, words, stdout });
/** A cluster of k3d's that serves, and takes everything. */
export const CLUSTER: Rule[] = [
  { tool: "kubectl", words: /^kustomize /, real: true },
  { tool: "helm", words: /^(lint|template|version|show) /, real: true },
  answer("kubectl", /^config current-context/, "k3d-taskflow\n"),
  answer("kubectl", / get nodes /, nodes(3)),
  answer("kubectl", / get secret taskflow-secrets /, secret),
  answer("kubectl", / get deployment\/taskflow /, servingBy("kustomize")),
  { tool: "kubectl", words: / diff /, code: 1, stdout: "-  replicas: 1\n+  replicas: 2\n" },
  answer("podman", /^--version/, "podman version 4.9.3\n"),
];

/** The same, deployed by Helm: what failed and was taken back is in its history, too. */
export const BY_HELM: Rule[] = [
  answer("kubectl", / get deployment\/taskflow /, servingBy("Helm")),
  answer("helm", / history .*--output=json/, '[{"revision":7,"status":"failed"},{"revision":8,"status":"deployed"}]'),
  { tool: "helm", words: /^version /, stdout: "v4.1.4" },
  ...CLUSTER,
];

export async function script(name: string, words: string[], path: string, root = ROOT) {
  const env = { PATH: path, TASKFLOW_REGISTRY: "", TASKFLOW_ENGINE: "" };
  const result = await run([process.execPath, join(root, "scripts", `${name}.ts`), ...words], { env, cwd: root });
  return { ...result, words: result.stdout + result.stderr };
}
