import { dirname, join } from "node:path";
import type { Parts } from "./parts.ts";
import type { Steps } from "./script.ts";
import { secretFiles } from "./secrets.ts";
import { describeService, namesOf, publishedAddress, type Stack, takeDown } from "./stack.ts";
import { waitUntil } from "./wait.ts";

/** The environment variables that configure the containers: if one changes, the containers are recreated. */
const SETTINGS =
  /^(PORT|TRUST_PROXY|SHUTDOWN_DELAY|LOG_LEVEL|REPLICA_URL|(BACKUP|TASKFLOW|DATABASE|POSTGRES|LITESTREAM)_\w+)$/;

/**
 * Starts the services, and recreates the containers if their configuration changed. podman-compose 1.0 does not do that
 * itself, so the old containers are removed first.
 * @returns false if everything already runs with this configuration
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
      TASKFLOW_ADDRESS: publishedAddress(),
      COMPOSE_PROJECT_NAME: stack.project,
      COMPOSE_PROFILES: services.map((service) => service.replace("taskflow-", "")).join(","),
      TASKFLOW_CONFIGURATION: configuration,
    },
  };
  if (services.includes("taskflow-postgres")) await startPostgres(stack, steps, given);
  await steps.run("Starting the containers", stack.compose("up", "-d", ...services), given);
  return true;
}

/** Returns the contents of the files that the services mount, with the secrets as a digest. */
async function mountedFiles(stack: Stack, services: readonly string[]): Promise<string> {
  const described = await Promise.all(services.map((service) => describeService(stack, service)));
  const secrets = new Set(described.flatMap((service) => service.secrets ?? []));
  const others = described.flatMap(({ volumes }) => volumes).filter((volume) => volume.startsWith("./"));
  const texts = others.map((volume) => Bun.file(join(dirname(stack.file), volume.split(":")[0] ?? "")).text());
  return [secretFiles().digest([...secrets]), ...(await Promise.all(texts))].join("\n");
}

/** The same restrictions as in compose.yaml. */
export const LOCKED = [
  ...["run", "--rm", "--no-healthcheck", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"],
  ...["--security-opt=no-new-privileges", "--user=1000:1000"],
];

/** Returns the options that mount a service's secrets with their current content. */
export async function secretsOf(stack: Stack, service: string, { environment }: Parts): Promise<string[]> {
  const { secrets = [] } = await describeService(stack, service);
  return secrets.map((name) => `--volume=${environment.TASKFLOW_SECRETS}/${name}:/run/secrets/${name}:ro`);
}

/** Variables that go to the program unchanged. */
const PASSED_ON = ["LOG_LEVEL", "TRUST_PROXY", "SHUTDOWN_DELAY", "BACKUP_AT", "BACKUP_KEEP", "BACKUP_KEEP_WEEKLY"];

/** Returns the options that give a command the configuration of the app and the backup service. */
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

/** Checks the configuration before running containers are replaced. @throws Problem with the program's error */
async function tryConfiguration(stack: Stack, steps: Steps, parts: Parts) {
  await steps.run("Checking the configuration", [
    ...[stack.engine.command, ...LOCKED, "--network=none", ...(await configurationOf(stack, parts))],
    // Reads the whole configuration and changes nothing.
    ...[parts.environment.TASKFLOW_IMAGE ?? "", "backup", "--list"],
  ]);
}

/** Pulls a service's image unless it exists, as some versions of Compose hide the error. @returns its name */
export async function fetchImage(stack: Stack, steps: Steps, service: string, given: Parts["environment"]) {
  const described = await describeService(stack, service);
  const [, name = "", usual = ""] = /^\$\{(\w+):-(.+)\}$/.exec(described.image) ?? [];
  const image = given[name] || process.env[name] || usual;
  // With --dry-run the image may not have been built.
  const ours = steps.dryRun && image === given.TASKFLOW_IMAGE;
  if (!ours && (await steps.ask([stack.engine.command, "image", "inspect", image])) === undefined)
    await steps.run(`Pulling ${image}`, [stack.engine.command, "pull", image]);
  return image;
}

/** Starts PostgreSQL and waits until it responds, so that the app does not restart in a loop on the first start. */
export async function startPostgres(stack: Stack, steps: Steps, given: { environment: Record<string, string> }) {
  await steps.run("Starting PostgreSQL", stack.compose("up", "-d", "taskflow-postgres"), given);
  if (!steps.dryRun) await waitUntil(stack, "taskflow-postgres", ["pg_isready", "--quiet", "--host=127.0.0.1"]);
}
