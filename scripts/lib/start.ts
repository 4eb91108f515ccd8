import type { Parts } from "./parts.ts";
import type { Steps } from "./script.ts";
import { namesOf, openedAt, type Stack, takeDown } from "./stack.ts";
import { waitUntil } from "./wait.ts";

/** What reaches the containers' settings: a change of any makes them anew. */
const SETTINGS =
  /^(PORT|TRUST_PROXY|SHUTDOWN_DELAY|LOG_LEVEL|REPLICA_URL|(BACKUP|TASKFLOW|DATABASE|POSTGRES|LITESTREAM)_\w+)$/;

/**
 * Starts what does not run yet as it was asked for. podman-compose 1.0 leaves alone what is there, so it is taken away
 * first.
 * @returns false when all of it runs already
 */
export async function start(stack: Stack, steps: Steps, { services, environment }: Parts): Promise<boolean> {
  const id = await steps.ask([
    ...[stack.engine.command, "image", "inspect", "--format", "{{.Id}}", environment.TASKFLOW_IMAGE ?? ""],
  ]);
  const settings = Object.entries({ ...process.env, ...environment }).filter(([name]) => SETTINGS.test(name));
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
      TASKFLOW_ADDRESS: openedAt(),
      COMPOSE_PROJECT_NAME: stack.project,
      COMPOSE_PROFILES: services.map((service) => service.replace("taskflow-", "")).join(","),
      TASKFLOW_CONFIGURATION: configuration,
    },
  };
  for (const service of services) await fetchImage(stack, steps, service, environment);
  if (services.includes("taskflow-postgres")) await startPostgres(stack, steps, given);
  await steps.run("Starting the containers", stack.compose("up", "-d", ...services), given);
  return true;
}

/**
 * Fetches a service's image unless it is here: Compose would, too, but some say nothing when it fails.
 * @returns its name
 */
export async function fetchImage(stack: Stack, steps: Steps, service: string, given: Parts["environment"]) {
  const compose = Bun.YAML.parse(await Bun.file(stack.file).text()) as { services: Record<string, { image: string }> };
  const [, name = "", usual = ""] = /^\$\{(\w+):-(.+)\}$/.exec(compose.services[service]?.image ?? "") ?? [];
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
