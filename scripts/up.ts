#!/usr/bin/env bun
import { development, type Parts, production } from "./lib/parts.ts";
import { Problem, runScript, type Steps } from "./lib/script.ts";
import { everyProfile, namesOf, openStack, type Stack, stageOf, takeDown } from "./lib/stack.ts";
import { waitUntil, waitUntilHealthy } from "./lib/wait.ts";

const HELP = `bun scripts/up.ts [prod|dev]: starts TaskFlow in containers, waits until it is healthy, prints the address

  prod              the image of this checkout, built when it is not there, and a backup service (the default)
  dev               the source of this checkout, started again whenever it changes
  --postgres        on a PostgreSQL of its own; from then on without saying so
  --litestream      with a replica of the SQLite file that is never more than a second old
  --restore FILE    first puts back a backup, by its name in the backups' volume, or “latest”; what is there is kept.
                    With --litestream also “replica”, where the data's volume is lost or empty
  --dry-run         prints the commands
  --help

Run again it changes nothing, unless the image or the configuration is another. The secrets are made once, in .secrets.
PORT (8000), TRUST_PROXY, SHUTDOWN_DELAY, LOG_LEVEL, BACKUP_AT, BACKUP_KEEP, BACKUP_KEEP_WEEKLY are passed on.
TASKFLOW_IMAGE takes another image and builds none; TASKFLOW_ADDRESS (127.0.0.1) is where the port is opened.
To encrypt backups, write a passphrase into .secrets/backup-passphrase. Uses Podman or Docker: TASKFLOW_ENGINE says which.`;

/** As in compose.yaml. */
const REPLICA_URL = "file:///backups/litestream";

await runScript({
  help: HELP,
  options: { postgres: { type: "boolean" }, litestream: { type: "boolean" }, restore: { type: "string" } },
  async main({ postgres = false, litestream = false, restore }, words, steps) {
    const stage = stageOf(words);
    if (stage === "dev" && (postgres || litestream || restore !== undefined))
      throw new Problem("--postgres, --litestream and --restore go with prod only; see --help", 2);
    if (restore !== undefined && !/^[\w][\w.-]*$/.test(restore))
      throw new Problem("--restore: say latest, replica, or the name of a file in the backups' volume", 2);
    if (restore === "replica" && !litestream) throw new Problem("--restore replica goes with --litestream", 2);
    const stack = await openStack(stage, steps);
    const parts =
      stage === "prod" ? await production(stack, steps, { postgres, litestream }) : await development(stack, steps);
    if (restore !== undefined) await putBack(stack, steps, parts, restore);
    const changed = await start(stack, steps, parts);
    if (steps.dryRun) return;
    const address = await waitUntilHealthy(stack, parts.services);
    if (!changed) console.error("Everything runs as it should.");
    console.log(address);
  },
});

/** Nobody may use the database meanwhile; where it is a server, that has to run. */
async function putBack(stack: Stack, steps: Steps, { services, environment }: Parts, file: string) {
  const { command } = stack.engine;
  const given = { environment: { ...environment, COMPOSE_PROJECT_NAME: stack.project, ...everyProfile } };
  const [service, network, ...words] =
    file === "replica"
      ? ["taskflow-litestream", "front", "restore", "-config", "/etc/litestream.yml", "/data/taskflow.db"]
      : [
          "taskflow-backup",
          environment.TASKFLOW_BACKUP_NETWORK,
          "restore",
          file === "latest" ? file : `/backups/${file}`,
          "--yes",
        ];
  await fetchImages(stack, steps, [service], environment);
  await takeDown(stack, steps);
  // Its volumes, new ones where they were lost, are the ones that the restore gets.
  await steps.run("Preparing the volumes", stack.compose("up", "--no-start", service), given);
  if (services.includes("taskflow-postgres")) await startPostgres(stack, steps, given);

  // Not by "compose run", whose exit code podman-compose 1.0 keeps to itself.
  const format = "{{.Config.Image}}";
  const image = (await steps.ask([command, "inspect", "--format", format, stack.container(service)]))?.trim();
  const settings: Record<string, string | undefined> = {
    ...environment,
    REPLICA_URL: process.env.REPLICA_URL || REPLICA_URL,
  };
  const told = await steps.run(`Restoring ${file}`, [
    ...[
      command,
      "run",
      "--rm",
      "--read-only",
      "--cap-drop=ALL",
      "--security-opt=no-new-privileges",
      "--user=1000:1000",
    ],
    ...[`--volumes-from=${stack.container(service)}`, `--network=${stack.project}_${network}`],
    ...["DATABASE_URL_FILE", "BACKUP_PASSPHRASE_FILE", "REPLICA_URL"].flatMap((name) =>
      settings[name] ? [`--env=${name}=${settings[name]}`] : [],
    ),
    ...[image || service, ...words],
  ]);
  if (told) console.log(told.trim());
}

/**
 * Starts what does not run yet as it was asked for. podman-compose 1.0 leaves alone what is there, so it is taken away
 * first.
 * @returns false when all of it runs already
 */
async function start(stack: Stack, steps: Steps, { services, environment }: Parts): Promise<boolean> {
  const id = await steps.ask([
    ...[stack.engine.command, "image", "inspect", "--format", "{{.Id}}", environment.TASKFLOW_IMAGE ?? ""],
  ]);
  const settings = Object.entries({ ...process.env, ...environment }).filter(([name]) =>
    /^(PORT|TRUST_PROXY|SHUTDOWN_DELAY|LOG_LEVEL|REPLICA_URL|(BACKUP|TASKFLOW|DATABASE|POSTGRES|LITESTREAM)_\w+)$/.test(
      name,
    ),
  );
  const configuration = Bun.SHA256.hash(
    JSON.stringify([id, services, settings.sort(), await Bun.file(stack.file).text()]),
    "hex",
  ).slice(0, 16);

  const running = await Promise.all(
    services.map(async (service) => {
      const format = '{{.State.Running}} {{index .Config.Labels "org.taskflow.configuration"}}';
      return (await steps.ask([stack.engine.command, "inspect", "--format", format, stack.container(service)]))?.trim();
    }),
  );
  const wanted = `true ${configuration}`;
  if (running.every((each) => each === wanted)) return false;
  const others = running.some((each) => each !== undefined && !each.endsWith(configuration));
  if (others || (await namesOf(stack, "container", steps)).length > services.length) await takeDown(stack, steps);
  const given = {
    environment: {
      ...environment,
      COMPOSE_PROJECT_NAME: stack.project,
      COMPOSE_PROFILES: services.map((service) => service.replace("taskflow-", "")).join(","),
      TASKFLOW_CONFIGURATION: configuration,
    },
  };
  await fetchImages(stack, steps, services, environment);
  if (services.includes("taskflow-postgres")) await startPostgres(stack, steps, given);
  await steps.run("Starting the containers", stack.compose("up", "-d", ...services), given);
  return true;
}

/** Fetches what is not here yet: Compose would, too, but some say nothing when it fails. */
async function fetchImages(
  { engine, file }: Stack,
  steps: Steps,
  services: readonly string[],
  given: Parts["environment"],
) {
  const compose = Bun.YAML.parse(await Bun.file(file).text()) as { services: Record<string, { image: string }> };
  const images = services.map((service) => {
    const [, name = "", usual = ""] = /^\$\{(\w+):-(.+)\}$/.exec(compose.services[service]?.image ?? "") ?? [];
    return given[name] || process.env[name] || usual;
  });
  for (const image of new Set(images)) {
    if ((await steps.ask([engine.command, "image", "inspect", image])) !== undefined) continue;
    if (!steps.dryRun || image !== given.TASKFLOW_IMAGE)
      await steps.run(`Fetching ${image}`, [engine.command, "pull", image]);
  }
}

/** The first start makes the database; an app that came before would be started again and again until it is there. */
async function startPostgres(stack: Stack, steps: Steps, given: { environment: Record<string, string> }) {
  await steps.run("Starting PostgreSQL", stack.compose("up", "-d", "taskflow-postgres"), given);
  if (!steps.dryRun) await waitUntil(stack, "taskflow-postgres", ["pg_isready", "--quiet", "--host=127.0.0.1"]);
}
