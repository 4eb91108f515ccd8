import { $ } from "zx";
import { Problem } from "./script.ts";
import { publishedAddress, type Stack } from "./stack.ts";

const TIMEOUT_MS = 120_000;
const PAUSE_MS = 250;
/** A container that has restarted this often will not come up. */
const MOST_RESTARTS = 3;
/** An engine may report a container that restarts in a loop as running, but not for this long. */
const STEADY_MS = 3000;

const quiet = $({ nothrow: true, quiet: true });

/**
 * Waits until the app responds at its published address, there is a verified backup, and every service stays up. Does not
 * use the engine's health checks: Docker's first comes after 30 seconds, and Podman has none without systemd.
 * @returns the address for people
 * @throws Problem with the end of the log if a service does not stay up, or after two minutes
 */
export async function waitUntilHealthy(stack: Stack, services: readonly string[]): Promise<string> {
  const published = publishedAddress();
  const host = ["127.0.0.1", "0.0.0.0", "[::]"].includes(published) ? "localhost" : published;
  const url = `http://${host}:${process.env.PORT || 8000}`;
  const responds = async () => {
    // A proxy for other hosts can't reach this one.
    const options = { proxy: false, signal: AbortSignal.timeout(5000) } as const;
    const response = await fetch(`${url}/readyz`, options).catch(() => undefined);
    return response?.status === 200;
  };
  console.error("Waiting until it is healthy …");
  await waitFor(stack, "taskflow-app", services, responds);
  if (services.includes("taskflow-backup"))
    await waitUntil(stack, "taskflow-backup", ["/usr/bin/taskflow", "backup", "--check"]);
  for (const service of services)
    await waitFor(stack, service, [service], async () => (await stateOf(stack, service)).isSteady);
  return process.env.BASE_URL || url;
}

/**
 * Waits until a command succeeds in a service's container.
 * @throws Problem with the end of the log if the service does not stay up, or after two minutes
 */
export async function waitUntil(stack: Stack, service: string, command: readonly string[]): Promise<void> {
  const words = [stack.engine, "exec", stack.container(service), ...command];
  await waitFor(stack, service, [service], async () => (await quiet`${words}`).exitCode === 0);
}

/** @param needed the services that must keep running while it waits */
async function waitFor(stack: Stack, service: string, needed: readonly string[], isReady: () => Promise<boolean>) {
  for (const end = performance.now() + TIMEOUT_MS; performance.now() < end; await Bun.sleep(PAUSE_MS)) {
    if (await isReady()) return;
    for (const each of needed) {
      const { status, restarts } = await stateOf(stack, each);
      if (["created", "configured", "initialized"].includes(status)) await startAgain(stack, each);
      else if (restarts >= MOST_RESTARTS || ["", "exited", "dead"].includes(status))
        throw new Problem(`${await endOfLog(stack, each)}\n${each} does not stay up; the end of its log is above`);
    }
  }
  const log = await endOfLog(stack, service);
  throw new Problem(`${log}\n${service} is not ready after ${TIMEOUT_MS / 1000} s; the end of its log is above`);
}

/** Returns the state of a service's container. The status of a missing one is "". */
async function stateOf({ engine, container }: Stack, service: string) {
  const format = "{{.State.Status}} {{.RestartCount}} {{json .State.StartedAt}}";
  const { stdout } = await quiet`${[engine, "inspect", "--format", format, container(service)]}`;
  const [status = "", restarts = "0", startedAt = '""'] = stdout.trim().split(" ");
  const isSteady = status === "running" && Date.now() - Date.parse(JSON.parse(startedAt)) >= STEADY_MS;
  return { status, restarts: Number(restarts), isSteady };
}

/** Starts a container that podman-compose 1.0 could not start, as it hides the reason. @throws Problem with the reason */
async function startAgain({ engine, container }: Stack, service: string): Promise<void> {
  const { exitCode, stderr } = await quiet`${[engine, "start", container(service)]}`;
  if (exitCode !== 0) throw new Problem(`${stderr.trim()}\n${service} does not start`);
}

async function endOfLog({ engine, container }: Stack, service: string): Promise<string> {
  const { stdout, stderr } = await quiet`${[engine, "logs", "--tail", "20", container(service)]}`;
  return `${stdout}${stderr}`.trim();
}
