import { availableParallelism } from "node:os";
import { buildImage, describeCommit, ROOT, referenceOf } from "./image.ts";
import { confirm, Problem, type Steps } from "./script.ts";
import { randomText, secretFiles } from "./secrets.ts";
import { MONITORING, namesOf, publishedAddress, type Stack } from "./stack.ts";

/** What up.ts starts. */
export interface Plan {
  readonly services: readonly string[];
  /** The environment variables of Compose. */
  readonly environment: Record<string, string>;
  /** Forgets options that this run was the first to enable. */
  revert(): void;
}

/** The options of up.ts, and whether a new PostgreSQL may start without the data on SQLite. */
type Wanted = Record<"postgres" | "litestream" | "monitoring" | "mayStartEmpty", boolean>;

const environmentOf = ({ project }: Stack, services: readonly string[], image: string) => ({
  COMPOSE_PROJECT_NAME: project,
  COMPOSE_PROFILES: ["monitoring", ...services.map((service) => service.replace("taskflow-", ""))].join(","),
  TASKFLOW_ADDRESS: publishedAddress(),
  TASKFLOW_IMAGE: image,
});

/**
 * Creates the secrets, builds the image, and chooses the services of compose.yaml. The options are kept in the secret
 * files, so that they stay enabled on later runs.
 * @throws Problem if the options don't fit together
 */
export async function planProduction(stack: Stack, steps: Steps, wanted: Wanted): Promise<Plan> {
  const secrets = secretFiles();
  const created = steps.dryRun ? [] : secrets.create();
  if (created.length > 0) console.error(`Created ${created.join(", ")} in ${secrets.folder}`);
  const url = secrets.read("database-url");
  const postgres = wanted.postgres || url.includes("@taskflow-postgres:");
  const kept = secrets.read("replica-url");
  const replica = wanted.litestream || kept ? process.env.REPLICA_URL || kept || "file:///backups/litestream" : "";
  const grafana = secrets.read("grafana-password");
  const isEncrypted = secrets.read("backup-passphrase") !== "";
  const without = `omit --litestream, and empty ${secrets.folder}/replica-url`;
  if (replica && (postgres || url))
    throw new Problem(`Litestream replicates SQLite, but the database is PostgreSQL: ${without}`, 2);
  if (replica.startsWith("file:///backups") && isEncrypted)
    throw new Problem(
      `backups are encrypted, but a replica beside them would not be: set REPLICA_URL to another place, such as s3://…, or ${without}`,
      2,
    );
  if (!steps.dryRun) {
    if (wanted.postgres && !url) {
      if (!wanted.mayStartEmpty) await confirmEmpty(stack, steps);
      const password = encodeURIComponent(secrets.read("postgres-password"));
      secrets.write("database-url", `postgres://taskflow:${password}@taskflow-postgres:5432/taskflow`);
    }
    if (replica !== kept) secrets.write("replica-url", replica);
    if (wanted.monitoring && !grafana) secrets.write("grafana-password", randomText());
  }
  const services = [...(postgres ? ["taskflow-postgres"] : []), "taskflow-app", "taskflow-backup"];
  if (replica) services.push("taskflow-litestream");
  if (wanted.monitoring || grafana) services.push(...MONITORING);
  return {
    services,
    environment: {
      ...environmentOf(stack, services, process.env.TASKFLOW_IMAGE || (await currentImage(stack, steps))),
      TASKFLOW_SECRETS: secrets.folder,
      // Docker rejects more than the machine has.
      TASKFLOW_CPUS: process.env.TASKFLOW_CPUS || String(Math.min(2, availableParallelism())),
      TASKFLOW_BACKUP_NETWORK: postgres || url ? "front" : "back",
      DATABASE_URL_FILE: postgres || url ? "/run/secrets/database-url" : "",
      BACKUP_PASSPHRASE_FILE: isEncrypted ? "/run/secrets/backup-passphrase" : "",
      OTEL_EXPORTER_OTLP_HEADERS_FILE: secrets.read("otlp-headers") ? "/run/secrets/otlp-headers" : "",
      ...(replica && { REPLICA_URL: replica }),
    },
    revert() {
      if (secrets.read("database-url") !== url) secrets.write("database-url", url);
      if (secrets.read("replica-url") !== kept) secrets.write("replica-url", kept);
      if (secrets.read("grafana-password") !== grafana) secrets.write("grafana-password", grafana);
    },
  };
}

/** @throws Problem if there is a database on SQLite, unless the user confirms that PostgreSQL starts empty */
async function confirmEmpty(stack: Stack, steps: Steps) {
  const volume = `${stack.project}_data`;
  if (!(await namesOf(stack, "volume", steps)).includes(volume)) return;
  const backup = `${stack.engine} exec ${stack.container("taskflow-backup")} /usr/bin/taskflow backup`;
  await confirm(
    `PostgreSQL starts empty; the data on SQLite stays in the volume ${volume}. To move it, make a backup (${backup}) and use --postgres --restore latest. Start empty?`,
  );
}

/** Returns the image of this commit. Builds it if it is missing, or if there are uncommitted changes. */
async function currentImage({ engine }: Stack, steps: Steps): Promise<string> {
  const commit = await describeCommit(steps);
  const reference = referenceOf(engine, commit.version);
  const format = '{{index .Config.Labels "org.opencontainers.image.revision"}}';
  const existing = (await steps.ask([engine, "image", "inspect", "--format", format, reference]))?.trim();
  if (existing === commit.revision && !/^unknown$|-modified$/.test(commit.revision)) return reference;
  return buildImage(engine, steps, commit);
}

/** Builds the image with the packages; the source of this checkout is mounted. */
export async function planDevelopment(stack: Stack, steps: Steps): Promise<Plan> {
  const { engine } = stack;
  const image = referenceOf(engine, "development");
  const format = engine === "podman" ? ["--format=docker", "--ignorefile=.containerignore"] : [];
  const options = ["--file=Containerfile", "--target=development", `--tag=${image}`];
  await steps.run("Installing the packages", [engine, "build", ...format, ...options, "."]);
  const services = ["taskflow-app"];
  const environment = { ...environmentOf(stack, services, image), TASKFLOW_SOURCE: ROOT };
  return { services, environment, revert() {} };
}
