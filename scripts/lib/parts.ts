import { buildImage, describeCommit, ROOT, referenceOf } from "./image.ts";
import { Problem, type Steps } from "./script.ts";
import { type Secrets, secretFiles } from "./secrets.ts";
import type { Stack } from "./stack.ts";

/** What is started, and what Compose is told of it. */
export interface Parts {
  readonly services: readonly string[];
  readonly environment: Record<string, string>;
}

/** The image, its secrets and the services of compose.yaml. @throws Problem when the parts don't fit together */
export async function production(
  stack: Stack,
  steps: Steps,
  asked: { postgres: boolean; litestream: boolean },
): Promise<Parts> {
  const secrets = secretFiles();
  if (!steps.dryRun) {
    const made = secrets.make();
    if (made.length > 0) console.error(`Made ${made.join(", ")} in ${secrets.folder}`);
    if (asked.postgres) usePostgres(secrets);
  }
  const url = secrets.read("database-url");
  const postgres = asked.postgres || url.includes("@taskflow-postgres:");
  if (asked.litestream && (postgres || url))
    throw new Problem("--litestream copies a SQLite file, and this TaskFlow is on PostgreSQL", 2);
  return {
    services: [
      ...(postgres ? ["taskflow-postgres"] : []),
      "taskflow-app",
      "taskflow-backup",
      ...(asked.litestream ? ["taskflow-litestream"] : []),
    ],
    environment: {
      TASKFLOW_IMAGE: process.env.TASKFLOW_IMAGE || (await currentImage(stack, steps)),
      TASKFLOW_SECRETS: secrets.folder,
      DATABASE_URL_FILE: postgres || url ? "/run/secrets/database-url" : "",
      BACKUP_PASSPHRASE_FILE: secrets.read("backup-passphrase") ? "/run/secrets/backup-passphrase" : "",
      TASKFLOW_BACKUP_NETWORK: url || postgres ? await serverNetwork(stack, steps, postgres) : "back",
    },
  };
}

/** @returns the network in which the backups' service reaches a database server */
async function serverNetwork({ engine }: Stack, steps: Steps, ours: boolean): Promise<string> {
  if (!ours) return "front";
  if (engine.kind === "docker") return "back";
  const backend = await steps.ask([engine.command, "info", "--format", "{{.Host.NetworkBackend}}"]);
  return backend?.trim() === "cni" ? "front" : "back";
}

/** From now on. What is on SQLite stays in its volume: `taskflow copy` moves it. */
function usePostgres(secrets: Secrets) {
  if (secrets.read("database-url")) return;
  const password = encodeURIComponent(secrets.read("postgres-password"));
  secrets.write("database-url", `postgres://taskflow:${password}@taskflow-postgres:5432/taskflow`);
}

/** @returns the image of this commit, built unless it is there; of files that no commit holds it is always built */
async function currentImage({ engine }: Stack, steps: Steps): Promise<string> {
  const commit = await describeCommit(steps);
  const reference = referenceOf(engine, commit.version);
  const format = '{{index .Config.Labels "org.opencontainers.image.revision"}}';
  const there = (await steps.ask([engine.command, "image", "inspect", "--format", format, reference]))?.trim();
  if (there === commit.revision && !commit.revision.endsWith("-modified")) return reference;
  return buildImage(engine, steps, commit);
}

/** The image with the packages, and the source of this checkout. */
export async function development({ engine }: Stack, steps: Steps): Promise<Parts> {
  const image = referenceOf(engine, "development");
  await steps.run("Installing what the lockfile names", [
    engine.command,
    "build",
    ...(engine.kind === "podman" ? ["--format=docker", "--ignorefile=.containerignore"] : []),
    "--file=Containerfile",
    "--target=development",
    `--tag=${image}`,
    ".",
  ]);
  return { services: ["taskflow-app"], environment: { TASKFLOW_IMAGE: image, TASKFLOW_SOURCE: ROOT } };
}
