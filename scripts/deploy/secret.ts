import { type Cluster, getJson } from "../lib/cluster.ts";
import { NAMESPACE } from "../lib/deployment.ts";
import { Problem, type Steps } from "../lib/script.ts";

const NAME = "taskflow-secrets";
const DATABASE = "taskflow-database";

/** In base64, as the cluster has it. */
export type Data = Readonly<Record<string, string>>;

export interface Secret {
  readonly metadata: {
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    /** Of what makes it out of something else: External Secrets, sealed secrets. */
    readonly ownerReferences?: readonly { readonly kind: string }[];
  };
  readonly data: Data;
}

export const readSecret = (steps: Steps, cluster: Cluster, name = NAME) =>
  getJson<Secret>(steps, cluster, "secret", name);

/** @returns 48 random bytes as text, of which HS256 needs 32, in base64 once more as a Secret has it */
export const newKey = () => btoa(crypto.getRandomValues(new Uint8Array(48)).toBase64({ alphabet: "base64url" }));

/** The namespace and, unless it is there, the Secret. Its text goes through standard input: nobody sees it pass. */
export async function ensureSecret(steps: Steps, cluster: Cluster): Promise<void> {
  if (await readSecret(steps, cluster)) return;
  await writeSecret(steps, cluster, "Making the secret", { "jwt-secret": newKey() }, "create");
}

/** @throws Problem that says how to make it */
export async function expectDatabase(steps: Steps, cluster: Cluster): Promise<void> {
  if (steps.dryRun || (await readSecret(steps, cluster, DATABASE))) return;
  throw new Problem(
    `there is no Secret ${DATABASE}, which names the PostgreSQL: write its address (postgres://user:password@host:5432/database) into a file, then\n  kubectl --context ${cluster.context} --namespace ${NAMESPACE} create secret generic ${DATABASE} --from-file=url=FILE`,
  );
}

/**
 * @param how `replace` fails when somebody changed the Secret since it was read
 * @param metadata what it has beside its name; with `replace` the version that was read
 * @returns the version that it has now
 */
export async function writeSecret(
  steps: Steps,
  cluster: Cluster,
  title: string,
  data: Data,
  how: "create" | "replace",
  metadata: Secret["metadata"] = {},
): Promise<string> {
  const named = { ...metadata, name: NAME, namespace: NAMESPACE };
  const secret = { apiVersion: "v1", kind: "Secret", metadata: named, type: "Opaque", data };
  const command = cluster.kubectl(how, "--filename=-", "--output=jsonpath={.metadata.resourceVersion}");
  return steps.run(title, command, { input: JSON.stringify(secret) });
}

/**
 * @param data what the Secret holds
 * @param postgres whether the pods have the other Secret, too, which names their database
 * @returns what changes when a key of theirs does, and tells nothing of it
 */
export async function checksumOf(steps: Steps, cluster: Cluster, data: Data, postgres: boolean): Promise<string> {
  const database = postgres ? ((await readSecret(steps, cluster, DATABASE))?.data ?? {}) : undefined;
  const entries = [data, ...(database ? [database] : [])].map((each) => Object.entries(each).sort());
  return Bun.SHA256.hash(JSON.stringify(entries), "hex").slice(0, 16);
}

/** @returns the checksum of the Secrets, and whether backups can be encrypted */
export async function factsOf(
  steps: Steps,
  cluster: Cluster,
  postgres: boolean,
): Promise<{ checksum: string; encrypted: boolean }> {
  const { data = {} } = (await readSecret(steps, cluster)) ?? {};
  const checksum = await checksumOf(steps, cluster, data, postgres);
  return { checksum, encrypted: Boolean(data["backup-passphrase"]) };
}
