import { buildImage, describeCommit, ROOT, referenceOf } from "./image.ts";
import { confirm, Problem, type Steps } from "./script.ts";
import { type Secrets, secretFiles } from "./secrets.ts";
import { namesOf, type Stack } from "./stack.ts";

/** What is started, and what Compose is told of it. */
export interface Parts {
  readonly services: readonly string[];
  readonly environment: Record<string, string>;
  /** Lets go of what was asked for the first time: for when nothing came of it. */
  forget(): void;
}

/** Where a replica goes when nothing else is said: beside the backups. */
const REPLICA_URL = "file:///backups/litestream";

interface Asked {
  readonly postgres: boolean;
  readonly litestream: boolean;
  /** Whether a PostgreSQL that is new may stay without what is on SQLite, or gets something else put into it. */
  readonly mayStartEmpty: boolean;
}

/**
 * The image, its secrets and the services of compose.yaml. What was asked for once is kept in the secrets' folder: it
 * goes on without a word.
 * @throws Problem when the parts don't fit together
 */
export async function production(stack: Stack, steps: Steps, asked: Asked): Promise<Parts> {
  const secrets = secretFiles();
  if (!steps.dryRun) {
    const made = secrets.make();
    if (made.length > 0) console.error(`Made ${made.join(", ")} in ${secrets.folder}`);
  }
  const url = secrets.read("database-url");
  const postgres = asked.postgres || url.includes("@taskflow-postgres:");
  const replicated = secrets.read("replica-url");
  const replica = asked.litestream || replicated ? process.env.REPLICA_URL || replicated || REPLICA_URL : "";
  if (replica && (postgres || url))
    throw new Problem(
      `Litestream copies a SQLite file, and PostgreSQL is none: leave out --litestream, and empty ${secrets.folder}/replica-url`,
      2,
    );
  if (replica.startsWith("file:///backups") && secrets.read("backup-passphrase"))
    throw new Problem(
      `backups are encrypted, and a replica beside them is not: set REPLICA_URL to another place, such as s3://…, or leave out --litestream and empty ${secrets.folder}/replica-url`,
      2,
    );
  const forget = () => {
    if (secrets.read("database-url") !== url) secrets.write("database-url", url);
    if (secrets.read("replica-url") !== replicated) secrets.write("replica-url", replicated);
  };
  if (asked.postgres && !url && !steps.dryRun) {
    if (!asked.mayStartEmpty) await askAboutSqlite(stack, steps);
    usePostgres(secrets);
  }
  if (replica !== replicated && !steps.dryRun) secrets.write("replica-url", replica);
  return {
    forget,
    services: [
      ...(postgres ? ["taskflow-postgres"] : []),
      "taskflow-app",
      "taskflow-backup",
      ...(replica ? ["taskflow-litestream"] : []),
    ],
    environment: {
      TASKFLOW_IMAGE: process.env.TASKFLOW_IMAGE || (await currentImage(stack, steps)),
      TASKFLOW_SECRETS: secrets.folder,
      DATABASE_URL_FILE: postgres || url ? "/run/secrets/database-url" : "",
      BACKUP_PASSPHRASE_FILE: secrets.read("backup-passphrase") ? "/run/secrets/backup-passphrase" : "",
      ...(replica ? { REPLICA_URL: replica } : {}),
      ...(await networks(stack, steps, postgres ? "beside" : url ? "elsewhere" : "file")),
      TASKFLOW_CPUS: process.env.TASKFLOW_CPUS || String(Math.min(2, await processors(stack, steps))),
    },
  };
}

/**
 * The app's way to a database beside it is an inner network, as is the backups' service's. Podman with CNI knows no names
 * in one, and opens the app's port into it, too, where no answer finds its way out.
 */
async function networks({ engine }: Stack, steps: Steps, database: "file" | "beside" | "elsewhere") {
  const cni = engine.kind === "podman" && (await infoOf(engine, steps, "Host.NetworkBackend")) === "cni";
  const outside = database === "elsewhere" || (cni && database === "beside");
  return {
    TASKFLOW_DATABASE_NETWORK: cni ? "front" : "back",
    TASKFLOW_BACKUP_NETWORK: outside ? "front" : "back",
  };
}

/** @returns how many processors containers may use: Docker takes no limit above that */
async function processors({ engine }: Stack, steps: Steps): Promise<number> {
  return Number(await infoOf(engine, steps, engine.kind === "podman" ? "Host.CPUs" : "NCPU")) || 1;
}

async function infoOf({ command }: Stack["engine"], steps: Steps, field: string): Promise<string | undefined> {
  return (await steps.ask([command, "info", "--format", `{{.${field}}}`]))?.trim();
}

/** @throws Problem when there is something on SQLite, unless somebody says that it may stay behind */
async function askAboutSqlite(stack: Stack, steps: Steps) {
  const volume = `${stack.project}_data`;
  if (!(await namesOf(stack, "volume", steps)).includes(volume)) return;
  await confirm(
    `PostgreSQL starts empty, and what is on SQLite stays behind in the volume ${volume}. To take it along, make a backup (${stack.engine.command} exec ${stack.container("taskflow-backup")} /usr/bin/taskflow backup) and say --postgres --restore latest; or see “taskflow copy”. Start empty?`,
  );
}

/** From now on: it is the address that says so. */
function usePostgres(secrets: Secrets) {
  const password = encodeURIComponent(secrets.read("postgres-password"));
  secrets.write("database-url", `postgres://taskflow:${password}@taskflow-postgres:5432/taskflow`);
}

/** @returns the image of this commit, built unless it is there; of files that no known commit holds it is always built */
async function currentImage({ engine }: Stack, steps: Steps): Promise<string> {
  const commit = await describeCommit(steps);
  const reference = referenceOf(engine, commit.version);
  const format = '{{index .Config.Labels "org.opencontainers.image.revision"}}';
  const there = (await steps.ask([engine.command, "image", "inspect", "--format", format, reference]))?.trim();
  if (there === commit.revision && !/^unknown$|-modified$/.test(commit.revision)) return reference;
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
  const environment = { TASKFLOW_IMAGE: image, TASKFLOW_SOURCE: ROOT };
  return { services: ["taskflow-app"], environment, forget() {} };
}
