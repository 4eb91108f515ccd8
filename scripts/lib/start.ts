import type { Plan } from "./plan.ts";
import type { Steps } from "./script.ts";
import { secretFiles } from "./secrets.ts";
import { namesOf, runInService, type Stack, takeDown } from "./stack.ts";
import { waitUntil } from "./wait.ts";

/** The environment variables that configure the containers: if one changes, the containers are recreated. */
const SETTINGS =
  /^(PORT|BASE_URL|HSTS_MAX_AGE|TRUST_PROXY|SIGN_UPS_PER_HOUR|STREAMS_PER_ADDRESS|CHANGE_LOG_DAYS|SHUTDOWN_DELAY|LOG_\w+|REPLICA_URL|(OTEL|BACKUP|TASKFLOW|DATABASE|POSTGRES|LITESTREAM|PROMETHEUS|ALERTMANAGER|GRAFANA)_\w+)$/;

/**
 * Starts the services, and recreates the containers if their configuration changed. podman-compose 1.0 does not do that
 * itself, so the old containers are removed first.
 * @returns false if everything already runs with this configuration
 * @throws Problem with the program's error if the configuration is wrong; the old containers keep running then
 */
export async function start(stack: Stack, steps: Steps, { services, environment }: Plan): Promise<boolean> {
  const image = ["image", "inspect", "--format", "{{.Id}}", environment.TASKFLOW_IMAGE ?? ""];
  const settings = Object.entries({ ...process.env, ...environment }).filter(([name]) => SETTINGS.test(name));
  const monitoring = [...new Bun.Glob("deploy/monitoring/**/*.{yml,yaml}").scanSync()].sort();
  const files = [stack.file, "deploy/litestream.yml", ...monitoring].map((file) => Bun.file(file).text());
  const parts = [await steps.ask([stack.engine, ...image]), services, settings.sort(), await Promise.all(files)];
  const secrets = stack.stage === "prod" ? secretFiles().digest() : "";
  const configuration = Bun.SHA256.hash(JSON.stringify([...parts, secrets]), "hex").slice(0, 16);

  const format = '{{.State.Running}} {{index .Config.Labels "org.taskflow.configuration"}}';
  const inspect = (service: string) =>
    steps.ask([stack.engine, "inspect", "--format", format, stack.container(service)]);
  const running = await Promise.all(services.map(inspect));
  if (running.every((each) => each?.trim() === `true ${configuration}`)) return false;
  const isOther = running.some((each) => each !== undefined && !each.trim().endsWith(configuration));
  // Reads the whole configuration and changes nothing.
  const check = ["backup", "--list"];
  if (isOther && stack.stage === "prod")
    await runInService(stack, steps, "Checking the configuration", "taskflow-app", check, environment);
  if (isOther || (await namesOf(stack, "container", steps)).length > services.length) await takeDown(stack, steps);
  const configured = { ...environment, TASKFLOW_CONFIGURATION: configuration };
  if (services.includes("taskflow-postgres")) await startPostgres(stack, steps, configured);
  await steps.run("Starting the containers", stack.compose("up", "-d", ...services), { environment: configured });
  return true;
}

/** Starts PostgreSQL and waits until it responds, so that the app does not restart in a loop on the first start. */
export async function startPostgres(stack: Stack, steps: Steps, environment: Record<string, string>) {
  await steps.run("Starting PostgreSQL", stack.compose("up", "-d", "taskflow-postgres"), { environment });
  if (!steps.dryRun) await waitUntil(stack, "taskflow-postgres", ["pg_isready", "--quiet", "--host=127.0.0.1"]);
}
