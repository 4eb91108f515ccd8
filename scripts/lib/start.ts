import { dirname, join } from "node:path";
import type { Parts } from "./parts.ts";
import type { Steps } from "./script.ts";
import { secretFiles } from "./secrets.ts";
import { describeService, namesOf, openedAt, type Stack, takeDown } from "./stack.ts";
import { waitUntil } from "./wait.ts";

/** What reaches the containers' settings: a change of any makes them anew. */
const SETTINGS =
  /^(PORT|TRUST_PROXY|SHUTDOWN_DELAY|LOG_LEVEL|REPLICA_URL|(BACKUP|TASKFLOW|DATABASE|POSTGRES|LITESTREAM)_\w+)$/;

/**
 * Starts what does not run yet as it was asked for. podman-compose 1.0 leaves alone what is there, so it is taken away
 * first.
 * @returns false when all of it runs already
 */
export async function start(stack: Stack, steps: Steps, parts: Parts): Promise<boolean> {
  const { services, environment } = parts;
  for (const service of services) await fetchImage(stack, steps, service, environment);
  const id = await steps.ask([
    ...[stack.engine.command, "image", "inspect", "--format", "{{.Id}}", environment.TASKFLOW_IMAGE ?? ""],
  ]);
  const settings = Object.entries({ ...process.env, ...environment }).filter(([name]) => SETTINGS.test(name));
  const files = [Bun.file(stack.file).text(), mountedFiles(stack, services)];
  const configuration = Bun.SHA256.hash(
    JSON.stringify([id, services, settings.sort(), ...(await Promise.all(files))]),
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
  if (others && stack.stage === "prod") await tryConfiguration(stack, steps, parts);
  if (others || (await namesOf(stack, "container", steps)).length > services.length) await takeDown(stack, steps);
  const given = {
    environment: {
      ...environment,
      TASKFLOW_ADDRESS: openedAt(),
      COMPOSE_PROJECT_NAME: stack.project,
      COMPOSE_PROFILES: services.map((service) => service.replace("taskflow-", "")).join(","),
      TASKFLOW_CONFIGURATION: configuration,
    },
  };
  if (services.includes("taskflow-postgres")) await startPostgres(stack, steps, given);
  await steps.run("Starting the containers", stack.compose("up", "-d", ...services), given);
  return true;
}

/** @returns a digest of the files that services have mounted: a container has read them when it started */
async function mountedFiles(stack: Stack, services: readonly string[]): Promise<string> {
  const described = await Promise.all(services.map((service) => describeService(stack, service)));
  const secrets = new Set(described.flatMap((service) => service.secrets ?? []));
  const others = described.flatMap(({ volumes }) => volumes).filter((volume) => volume.startsWith("./"));
  const texts = others.map((volume) => Bun.file(join(dirname(stack.file), volume.split(":")[0] ?? "")).text());
  return [secretFiles().digest([...secrets]), ...(await Promise.all(texts))].join("\n");
}

/** As compose.yaml has it: nothing to write to but the volumes, and no right beyond any user's. */
export const LOCKED = [
  ...["run", "--rm", "--no-healthcheck", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"],
  ...["--security-opt=no-new-privileges", "--user=1000:1000"],
];

/** @returns the options that give a command a service's secrets as they are now, and not as its container has them */
export async function secretsOf(stack: Stack, service: string, { environment }: Parts): Promise<string[]> {
  const { secrets = [] } = await describeService(stack, service);
  return secrets.map((name) => `--volume=${environment.TASKFLOW_SECRETS}/${name}:/run/secrets/${name}:ro`);
}

/** What the program reads of its own, and answers for. */
const PASSED_ON = ["LOG_LEVEL", "TRUST_PROXY", "SHUTDOWN_DELAY", "BACKUP_AT", "BACKUP_KEEP", "BACKUP_KEEP_WEEKLY"];

/** @returns the options that give a command all that the app and the backups' service will read */
export async function configurationOf(stack: Stack, parts: Parts): Promise<string[]> {
  const given: Record<string, string | undefined> = {
    ...process.env,
    ...parts.environment,
    JWT_SECRET_FILE: "/run/secrets/jwt-secret",
  };
  const names = ["JWT_SECRET_FILE", "DATABASE_URL_FILE", "BACKUP_PASSPHRASE_FILE", ...PASSED_ON];
  return [
    ...(await secretsOf(stack, "taskflow-app", parts)),
    ...names.flatMap((name) => (given[name] ? [`--env=${name}=${given[name]}`] : [])),
  ];
}

/** What runs is not given up for settings that what comes after it refuses. @throws Problem with the program's words */
async function tryConfiguration(stack: Stack, steps: Steps, parts: Parts) {
  await steps.run("Trying the configuration", [
    ...[stack.engine.command, ...LOCKED, "--network=none", ...(await configurationOf(stack, parts))],
    // It reads all of the configuration, and touches nothing.
    ...[parts.environment.TASKFLOW_IMAGE ?? "", "backup", "--list"],
  ]);
}

/**
 * Fetches a service's image unless it is here: Compose would, too, but some say nothing when it fails.
 * @returns its name
 */
export async function fetchImage(stack: Stack, steps: Steps, service: string, given: Parts["environment"]) {
  const described = await describeService(stack, service);
  const [, name = "", usual = ""] = /^\$\{(\w+):-(.+)\}$/.exec(described.image) ?? [];
  const image = given[name] || process.env[name] || usual;
  // What --dry-run has not built is not for fetching, either.
  const ours = steps.dryRun && image === given.TASKFLOW_IMAGE;
  if (!ours && (await steps.ask([stack.engine.command, "image", "inspect", image])) === undefined)
    await steps.run(`Fetching ${image}`, [stack.engine.command, "pull", image]);
  return image;
}

/** The first start makes the database; an app that came before would be started again and again until it is there. */
export async function startPostgres(stack: Stack, steps: Steps, given: { environment: Record<string, string> }) {
  await steps.run("Starting PostgreSQL", stack.compose("up", "-d", "taskflow-postgres"), given);
  if (!steps.dryRun) await waitUntil(stack, "taskflow-postgres", ["pg_isready", "--quiet", "--host=127.0.0.1"]);
}
