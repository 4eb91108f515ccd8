import { NAMESPACE } from "./deployment.ts";
import { need, Problem, type Steps } from "./script.ts";

/** The cluster that cluster.ts creates, its address and its registry (deploy/k3d.yaml). */
export const LOCAL = {
  name: "taskflow",
  context: "k3d-taskflow",
  url: "http://127.0.0.1:8080",
  registry: "localhost:5050",
} as const;
/** Selects the pods of the app. */
export const PODS = "app.kubernetes.io/name=taskflow,app.kubernetes.io/component=app";

/**
 * `kubectl rollout undo`, `scale` and `patch` take ownership of fields. The manifests take it back
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts).
 */
export const SERVER_SIDE = ["--server-side", "--force-conflicts", "--field-manager=taskflow-deploy"];

/** A cluster, named by a context of the kubeconfig. */
export interface Cluster {
  /** Undefined only with `--dry-run`, where no context is selected. */
  readonly context: string | undefined;
  /** Whether it is the cluster that cluster.ts creates. */
  readonly isLocal: boolean;
  /** Returns a kubectl command in our namespace. */
  kubectl(...words: string[]): string[];
  /** Returns a Helm command in our namespace. */
  helm(...words: string[]): string[];
}

/**
 * Finds the cluster to work on. Asks the kubeconfig only, not the cluster.
 * @param given the value of `--context`; the current context when undefined
 * @throws Problem without kubectl, or without a context
 */
export async function openCluster(steps: Steps, given: string | undefined): Promise<Cluster> {
  await need("kubectl", "see https://kubernetes.io/docs/tasks/tools");
  const context = given ?? ((await steps.ask(["kubectl", "config", "current-context"]))?.trim() || undefined);
  if (!context && !steps.dryRun)
    throw new Problem("No cluster is selected. Create one with `bun scripts/cluster.ts up`, or use --context.");
  const namespace = ["--namespace", NAMESPACE];
  return {
    context,
    isLocal: context === LOCAL.context,
    kubectl: (...words) => ["kubectl", ...(context ? ["--context", context] : []), ...namespace, ...words],
    helm: (...words) => ["helm", ...(context ? ["--kube-context", context] : []), ...namespace, ...words],
  };
}

/**
 * Reads an object, or a list of them, from the cluster.
 * @returns undefined if it does not exist, and always with `--dry-run`, which needs no cluster
 * @throws Problem if the cluster does not respond
 */
export async function getJson<Answer>(
  steps: Steps,
  { context, kubectl }: Cluster,
  ...words: string[]
): Promise<Answer | undefined> {
  if (steps.dryRun) return undefined;
  const command = kubectl("get", ...words, "--ignore-not-found", "--output=json");
  const text = await steps.ask(command);
  if (text === undefined) throw new Problem(`Can't read from the cluster ${context}. Try: ${command.join(" ")}`);
  return text ? (JSON.parse(text) as Answer) : undefined;
}
