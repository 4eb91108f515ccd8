import type { ISecret } from "kubernetes-models/v1/Secret";
import { type Cluster, getJson } from "../lib/cluster.ts";
import { Problem, type Steps } from "../lib/script.ts";
import { randomText } from "../lib/secrets.ts";

const NAME = "taskflow-secrets";
const DATABASE = "taskflow-database";

/** Values in base64, as a Secret holds them. */
export type Data = Readonly<Record<string, string>>;

export const readSecret = (steps: Steps, cluster: Cluster, name = NAME) =>
  getJson<ISecret>(steps, cluster, "secret", name);

/** Creates the Secret unless it exists. The key goes through standard input, so that no process list shows it. */
export async function ensureSecret(steps: Steps, cluster: Cluster): Promise<void> {
  if (await readSecret(steps, cluster)) return;
  const command = cluster.kubectl("create", "secret", "generic", NAME, "--from-file=jwt-secret=/dev/stdin");
  const inputFrom = ["openssl", "rand", "-base64", "48"];
  await steps.run("Creating the Secret", command, { input: randomText(), inputFrom });
}

/** @throws Problem with the command that creates the Secret of the database */
export async function expectDatabase(steps: Steps, cluster: Cluster): Promise<void> {
  if (steps.dryRun || (await readSecret(steps, cluster, DATABASE))) return;
  const create = cluster.kubectl("create", "secret", "generic", DATABASE, "--from-file=url=FILE").join(" ");
  throw new Problem(
    `The Secret ${DATABASE} is missing. Write the address of the database (postgres://user:password@host:5432/database) to FILE, then run:\n  ${create}`,
  );
}

/**
 * Returns a checksum of the Secrets that the pods mount. As an annotation it rolls the pods when one of them changes.
 * @param postgres whether the pods also mount the Secret of the database
 */
export async function checksumOf(steps: Steps, cluster: Cluster, data: Data, postgres: boolean): Promise<string> {
  const database = postgres ? [(await readSecret(steps, cluster, DATABASE))?.data ?? {}] : [];
  const entries = [data, ...database].map((each) => Object.entries(each).sort());
  return Bun.SHA256.hash(JSON.stringify(entries), "hex").slice(0, 16);
}
