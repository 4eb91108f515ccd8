import { NAMESPACE } from "./deployment.ts";
import { need, Problem, type Steps } from "./script.ts";

/** The cluster that cluster.ts makes, where it is reached, and the registry that goes with it (deploy/k3d.yaml). */
export const LOCAL = {
  name: "taskflow",
  context: "k3d-taskflow",
  url: "http://127.0.0.1:8080",
  registry: "localhost:5050",
} as const;
/** The name that the Ingress of dev goes by. */
export const HOST = "taskflow.local";
/** How our pods are found. */
export const PODS = "app.kubernetes.io/name=taskflow,app.kubernetes.io/component=app";

/**
 * How kubectl applies and compares: a rollback, a rotated key and a restore set fields in other tools' names, and what
 * the manifests say of these counts again (https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts).
 */
export const SERVER_SIDE = ["--server-side", "--force-conflicts", "--field-manager=taskflow-deploy"];

/** A cluster, by the context of the kubeconfig that leads to it. */
export interface Cluster {
  readonly context: string;
  /** Whether it is the one that cluster.ts makes. */
  readonly isLocal: boolean;
  /** @returns a command of kubectl in our namespace */
  kubectl(...words: string[]): string[];
}

/**
 * @param given the context that was asked for; without, the current one
 * @throws Problem without kubectl, without a context, and where the context can only be another project's
 */
export async function openCluster(steps: Steps, given: string | undefined): Promise<Cluster> {
  await need("kubectl", "https://kubernetes.io/docs/tasks/tools says how to install it");
  const context = given ?? (await steps.ask(["kubectl", "config", "current-context"]))?.trim();
  if (!context)
    throw new Problem("kubectl knows no cluster: make one with `bun scripts/cluster.ts up`, or say --context");
  return {
    context,
    isLocal: context === LOCAL.context,
    kubectl: (...words) => ["kubectl", "--context", context, "--namespace", NAMESPACE, ...words],
  };
}

/**
 * Asks the cluster for something in JSON.
 * @returns undefined when it is not there, and with `--dry-run` also when nobody answers
 * @throws Problem when the cluster does not say whether it is
 */
export async function getJson<Answer>(
  steps: Steps,
  { context, kubectl }: Cluster,
  ...words: string[]
): Promise<Answer | undefined> {
  const command = kubectl("get", ...words, "--ignore-not-found", "--output=json");
  const text = await steps.ask(command);
  if (text === undefined && !steps.dryRun)
    throw new Problem(`${context} does not answer, or not to you; try: ${command.join(" ")}`);
  return text ? (JSON.parse(text) as Answer) : undefined;
}
