import { type Cluster, getJson } from "../lib/cluster.ts";
import { NAMESPACE } from "../lib/deployment.ts";
import type { Steps } from "../lib/script.ts";
import type { Entrance } from "./entrance.ts";
import { find, imageOf, objectsOf } from "./objects.ts";

/** As many as there are ReplicaSets of the past: one that goes further back is deployed anew. */
const KEPT = 5;
const LABEL = "taskflow.local/proven";

/** A deployment for which the contract held. */
export interface Proven {
  /** All that it put there, but for Secrets. */
  readonly manifests: string;
  readonly entrance: Entrance;
  /** What Helm counts it as; undefined for an overlay's. */
  readonly release?: string | undefined;
}

/** One that is kept in the cluster. */
export interface Kept extends Proven {
  readonly number: number;
  readonly since: string;
}

interface ConfigMap {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string };
  readonly data: Readonly<Record<"number" | "manifests" | "entrance" | "release", string>>;
}

/** Each tool counts for itself: after a hand-over there are those of both. */
const nameOf = ({ release, number }: Pick<Kept, "release" | "number">) =>
  `taskflow-proven-${release === undefined ? "overlay" : "chart"}-${number}`;

/**
 * @param byChart of which tool, as neither can go back to what the other made
 * @returns what was proven here, the oldest first: the last of it is what a deployment that fails goes back to
 */
export async function listProven(steps: Steps, cluster: Cluster, byChart: boolean): Promise<Kept[]> {
  const found = await getJson<{ items: ConfigMap[] }>(steps, cluster, "configmaps", `--selector=${LABEL}`);
  return (found?.items ?? [])
    .map(({ metadata, data }) => ({
      number: Number(data.number),
      since: metadata.creationTimestamp,
      manifests: data.manifests,
      entrance: JSON.parse(data.entrance) as Entrance,
      release: data.release || undefined,
    }))
    .filter(({ release }) => (release !== undefined) === byChart)
    .sort((one, other) => one.number - other.number);
}

/**
 * Keeps a deployment as the newest that is proven: in the cluster, as whoever deploys next may sit elsewhere. A ConfigMap
 * takes 1 MiB, and a rendering has some 15 KiB.
 * @param before what is kept already; the oldest goes when there are too many
 * @param instead of this one: it was gone back to, or is deployed once more, and is the newest now
 */
export async function keepProven(
  steps: Steps,
  { kubectl }: Cluster,
  { manifests, entrance, release }: Proven,
  before: readonly Kept[],
  instead?: Kept,
): Promise<void> {
  const number = (before.at(-1)?.number ?? 0) + 1;
  const configMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: nameOf({ release, number }), namespace: NAMESPACE, labels: { [LABEL]: "true" } },
    data: {
      number: String(number),
      entrance: JSON.stringify(entrance),
      manifests,
      ...(release && { release }),
    },
  };
  await steps.run("Keeping it as proven", kubectl("create", "--filename=-"), { input: JSON.stringify(configMap) });
  const others = before.filter((each) => each !== instead);
  const old = [...others.slice(0, Math.max(0, others.length + 1 - KEPT)), ...(instead ? [instead] : [])];
  if (old.length === 0) return;
  const names = old.map(nameOf);
  await steps.run("Forgetting an older one", kubectl("delete", "configmap", ...names, "--ignore-not-found"));
}

/** Many may read a ConfigMap who may read no Secret. @returns manifests that may be kept */
export const withoutSecrets = (yaml: string) =>
  yaml
    .split(/^---$/m)
    .filter((document) => !objectsOf(document).some(({ kind }) => kind === "Secret"))
    .join("---");

/** @returns a line for each, for a person who has to choose */
export function describeProven(proven: readonly Kept[]): string {
  const rows = proven.map(({ number, since, manifests }) => [
    String(number),
    since,
    imageOf(find(manifests, "Deployment")) ?? "",
  ]);
  return [["NUMBER", "PROVEN", "IMAGE"], ...rows]
    .map(([number = "", since = "", image = ""]) => `${number.padEnd(8)}${since.padEnd(22)}${image}`)
    .join("\n");
}
