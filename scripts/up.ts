#!/usr/bin/env bun
import { join } from "node:path";
import { buildImage, describeCommit, ROOT, referenceOf } from "./lib/image.ts";
import { Problem, runScript, type Steps } from "./lib/script.ts";
import { type Secrets, secretFiles } from "./lib/secrets.ts";
import { everyProfile, namesOf, openStack, type Stack, stageOf, takeDown } from "./lib/stack.ts";
import { waitUntilHealthy } from "./lib/wait.ts";

const HELP = `bun scripts/up.ts [prod|dev]: starts TaskFlow in containers, waits until it is healthy, prints the address

  prod              the image of this checkout, built when it is not there, and a backup service (the default)
  dev               the source of this checkout, started again whenever it changes
  --postgres        on a PostgreSQL of its own; from then on without saying so
  --litestream      with a replica of the SQLite file that is never more than a second old
  --restore FILE    first puts back a backup, by its name in the backups' volume, or “latest”; what is there is kept
  --dry-run         prints the commands
  --help

Run again it changes nothing, unless the image or the configuration is another. The secrets are made once, in .secrets.
PORT (8000), TRUST_PROXY, SHUTDOWN_DELAY, LOG_LEVEL, BACKUP_AT, BACKUP_KEEP, BACKUP_KEEP_WEEKLY are passed on.
TASKFLOW_IMAGE takes another image and builds none; TASKFLOW_ADDRESS (127.0.0.1) is where the port is opened.
To encrypt backups, write a passphrase into .secrets/backup-passphrase. Uses Podman or Docker: TASKFLOW_ENGINE says which.`;

await runScript({
  help: HELP,
  options: { postgres: { type: "boolean" }, litestream: { type: "boolean" }, restore: { type: "string" } },
  async main({ postgres = false, litestream = false, restore }, words, steps) {
    const stage = stageOf(words);
    if (stage === "dev" && (postgres || litestream || restore !== undefined))
      throw new Problem("--postgres, --litestream and --restore go with prod only; see --help", 2);
    if (restore !== undefined && !/^[\w][\w.-]*$/.test(restore))
      throw new Problem("--restore: say latest, or the name of a file in the backups' volume", 2);
    const stack = await openStack(stage, steps);
    const parts =
      stage === "prod" ? await production(stack, steps, { postgres, litestream }) : await development(stack, steps);
    if (restore !== undefined) await putBack(stack, steps, parts, restore);
    await start(stack, steps, parts);
    if (steps.dryRun) return;
    const address = await waitUntilHealthy(stack, parts.services);
    console.log(address);
  },
});

/** What is started, and what Compose is told of it. */
interface Parts {
  readonly services: readonly string[];
  readonly environment: Record<string, string>;
}

/** @throws Problem when the parts don't fit together */
async function production(
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
    },
  };
}

/** Whoever has data on SQLite moves it first: a new database would look like everything was lost. @throws Problem */
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

async function development({ engine }: Stack, steps: Steps): Promise<Parts> {
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

/** Nobody may use the database meanwhile; where it is a server, that has to run. */
async function putBack(stack: Stack, steps: Steps, { services, environment }: Parts, file: string) {
  const { command } = stack.engine;
  const given = { environment: { ...environment, COMPOSE_PROJECT_NAME: stack.project, ...everyProfile } };
  await takeDown(stack, steps);
  // Its volumes, new ones where they were lost, are the ones that the restore gets.
  await steps.run("Preparing the volumes", stack.compose("up", "--no-start", "taskflow-backup"), given);
  if (services.includes("taskflow-postgres"))
    await steps.run("Starting PostgreSQL", stack.compose("up", "-d", "taskflow-postgres"), given);
  // Not by "compose run", whose exit code podman-compose 1.0 keeps to itself.
  const settings = ["DATABASE_URL_FILE", "BACKUP_PASSPHRASE_FILE"].map(
    (name) => `--env=${name}=${environment[name] ?? ""}`,
  );
  const words = ["restore", file === "latest" ? file : `/backups/${file}`, "--yes"];
  const told = await steps.run(`Restoring ${file}`, [
    ...[command, "run", "--rm", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"],
    ...[`--volumes-from=${stack.container("taskflow-backup")}`, `--network=${stack.project}_back`, ...settings],
    ...[environment.TASKFLOW_IMAGE ?? "", ...words],
  ]);
  if (told) console.log(told.trim());
}

/** Starts what does not run yet as it should. podman-compose 1.0 leaves alone what is there, so it is taken away first. */
async function start(stack: Stack, steps: Steps, { services, environment }: Parts) {
  const file = join("deploy", stack.stage === "prod" ? "compose.yaml" : "compose.dev.yaml");
  const id = await steps.ask([
    ...[stack.engine.command, "image", "inspect", "--format", "{{.Id}}", environment.TASKFLOW_IMAGE ?? ""],
  ]);
  const settings = Object.entries({ ...process.env, ...environment }).filter(([name]) =>
    /^(PORT|TRUST_PROXY|SHUTDOWN_DELAY|LOG_LEVEL|REPLICA_URL|(BACKUP|TASKFLOW|DATABASE|POSTGRES|LITESTREAM)_\w+)$/.test(
      name,
    ),
  );
  const configuration = Bun.SHA256.hash(
    JSON.stringify([id, services, settings.sort(), await Bun.file(file).text()]),
    "hex",
  ).slice(0, 16);

  const running = await Promise.all(
    services.map(async (service) => {
      const format = '{{.State.Running}} {{index .Config.Labels "org.taskflow.configuration"}}';
      return (await steps.ask([stack.engine.command, "inspect", "--format", format, stack.container(service)]))?.trim();
    }),
  );
  const wanted = `true ${configuration}`;
  if (running.every((each) => each === wanted)) return console.error("Everything runs as it should.");
  const others = running.some((each) => each !== undefined && !each.endsWith(configuration));
  if (others || (await namesOf(stack, "container", steps)).length > services.length) await takeDown(stack, steps);
  await steps.run("Starting the containers", stack.compose("up", "-d", ...services), {
    environment: {
      ...environment,
      COMPOSE_PROJECT_NAME: stack.project,
      COMPOSE_PROFILES: services.map((service) => service.replace("taskflow-", "")).join(","),
      TASKFLOW_CONFIGURATION: configuration,
    },
  });
}
