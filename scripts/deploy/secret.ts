import { type Cluster, getJson } from "../lib/cluster.ts";
import { NAMESPACE } from "../lib/deployment.ts";
import { Problem, type Steps } from "../lib/script.ts";

const NAME = "taskflow-secrets";

export interface Secret {
  readonly metadata: { readonly resourceVersion?: string };
  /** Base64. */
  readonly data: Readonly<Record<string, string>>;
}

export const readSecret = (steps: Steps, cluster: Cluster, name = NAME) =>
  getJson<Secret>(steps, cluster, "secret", name);

/** 48 random bytes: a key of HS256 needs 32. */
export const newKey = () => crypto.getRandomValues(new Uint8Array(48)).toBase64({ alphabet: "base64url" });

/** The namespace and, unless it is there, the Secret. Its text goes through standard input: nobody sees it pass. */
export async function ensureSecret(steps: Steps, cluster: Cluster): Promise<void> {
  if (await readSecret(steps, cluster)) return;
  await writeSecret(steps, cluster, "Making the secret", { "jwt-secret": newKey() }, "create");
}

/** @throws Problem that says how to make it */
export async function expectDatabase(steps: Steps, cluster: Cluster): Promise<void> {
  if (steps.dryRun || (await readSecret(steps, cluster, "taskflow-database"))) return;
  throw new Problem(
    `there is no Secret taskflow-database, which names the PostgreSQL: write its address (postgres://user:password@host:5432/database) into a file, then\n  kubectl --context ${cluster.context} --namespace ${NAMESPACE} create secret generic taskflow-database --from-file=url=FILE`,
  );
}

/** @param how `replace` fails when somebody changed the Secret since it was read */
export async function writeSecret(
  steps: Steps,
  cluster: Cluster,
  title: string,
  values: Readonly<Record<string, string>>,
  how: "create" | "replace",
  resourceVersion?: string,
): Promise<void> {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: NAME, namespace: NAMESPACE, ...(resourceVersion && { resourceVersion }) },
    type: "Opaque",
    stringData: values,
  };
  await steps.run(title, cluster.kubectl(how, "--filename=-"), { input: JSON.stringify(secret) });
}

/** @returns what changes when a key of the Secret does, and tells nothing of it; and whether backups are encrypted */
export async function factsOf(steps: Steps, cluster: Cluster): Promise<{ checksum: string; encrypted: boolean }> {
  const { data = {} } = (await readSecret(steps, cluster)) ?? {};
  const checksum = Bun.SHA256.hash(JSON.stringify(Object.entries(data).sort()), "hex").slice(0, 16);
  return { checksum, encrypted: Boolean(data["backup-passphrase"]) };
}
