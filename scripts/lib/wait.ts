import { $ } from "zx";
import { Problem } from "./script.ts";
import { publishedAddress, type Stack } from "./stack.ts";

const PATIENCE_MS = 120_000;
const PAUSE_MS = 250;
/** What has run for so long was not started again just now, as engines do with what keeps ending. */
const STEADY_MS = 3000;
/** A container that has been started again so often will not come up by waiting. */
const MOST_RESTARTS = 3;

/**
 * Asks the app's own health check, as timed ones come late (Docker's first after 30 seconds) or never (Podman without
 * systemd), and the address itself; then whether there is a proven backup; then whether every service stays up.
 * @returns the address
 * @throws Problem with the end of the log when a service ends, or one is not ready in two minutes
 */
export async function waitUntilHealthy(stack: Stack, services: readonly string[]): Promise<string> {
  const { command, kind } = stack.engine;
  const app = stack.container("taskflow-app");
  const host = ["127.0.0.1", "0.0.0.0", "[::]"].includes(publishedAddress()) ? "localhost" : publishedAddress();
  const url = `http://${host}:${process.env.PORT || 8000}`;
  const check = kind === "podman" ? ["healthcheck", "run", app] : ["exec", app, "/usr/bin/taskflow", "health"];
  const isHealthy = async () =>
    stack.stage === "dev" || (await $({ nothrow: true, quiet: true })`${[command, ...check]}`).exitCode === 0;
  const answers = async () => {
    // The way out of a network is not the way to this machine: HTTP_PROXY does not count.
    const options = { proxy: false, signal: AbortSignal.timeout(5000) } as const;
    const answer = await fetch(`${url}/readyz`, options).catch(() => undefined);
    return answer?.status === 200;
  };
  const others = services.filter((service) => service !== "taskflow-app");

  console.error("Waiting until it is healthy …");
  await waitFor(stack, "taskflow-app", async () => (await isHealthy()) && (await answers()), others);
  if (services.includes("taskflow-backup"))
    await waitUntil(stack, "taskflow-backup", ["/usr/bin/taskflow", "backup", "--check"]);
  for (const service of services) await waitFor(stack, service, async () => (await stateOf(stack, service)).steady);
  return url;
}

/**
 * Runs a service's own command in it until it ends well.
 * @throws Problem with the end of the log when the service ends, or it is not so in two minutes
 */
export async function waitUntil(stack: Stack, service: string, command: readonly string[]): Promise<void> {
  const line = [stack.engine.command, "exec", stack.container(service), ...command];
  await waitFor(stack, service, async () => (await $({ nothrow: true, quiet: true })`${line}`).exitCode === 0);
}

/** @param others what has to stay alive meanwhile, besides the service that is waited for */
async function waitFor(stack: Stack, service: string, isReady: () => Promise<boolean>, others: readonly string[] = []) {
  const restartsBefore = new Map<string, number>();
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await Bun.sleep(PAUSE_MS)) {
    if (await isReady()) return;
    for (const each of [service, ...others]) {
      const restarts = await expectAlive(stack, each);
      if (!restartsBefore.has(each)) restartsBefore.set(each, restarts);
      if (restarts - (restartsBefore.get(each) ?? 0) >= MOST_RESTARTS) throw await fallen(stack, each);
    }
  }
  const words = await lastWords(stack, service);
  throw new Problem(`${words}\n${service} is not ready after ${PATIENCE_MS / 1000} s; the lines above are its last`);
}

/** @returns what the engine says of a service's container; it is steady when it has run for a while */
async function stateOf(stack: Stack, service: string) {
  const format = "{{.State.Status}} {{.RestartCount}} {{json .State.StartedAt}}";
  const command = [stack.engine.command, "inspect", "--format", format, stack.container(service)];
  const { stdout } = await $({ nothrow: true, quiet: true })`${command}`;
  const [status = "", restarts = "0", since = '""'] = stdout.trim().split(" ");
  const ran = Date.now() - Date.parse(JSON.parse(since));
  return { status: status || "missing", restarts: Number(restarts), steady: status === "running" && ran >= STEADY_MS };
}

/** @returns how often it was started again @throws Problem unless it runs, or is about to */
async function expectAlive(stack: Stack, service: string): Promise<number> {
  const { status, restarts } = await stateOf(stack, service);
  if (["created", "configured", "initialized"].includes(status)) {
    // podman-compose 1.0 goes on when one does not start: to try it again is to hear why.
    const again = await $({ nothrow: true, quiet: true })`${[stack.engine.command, "start", stack.container(service)]}`;
    if (again.exitCode !== 0) throw new Problem(`${again.stderr.trim()}\n${service} does not start`);
  } else if (["missing", "exited", "dead"].includes(status)) throw await fallen(stack, service);
  return restarts;
}

async function fallen(stack: Stack, service: string): Promise<Problem> {
  return new Problem(`${await lastWords(stack, service)}\n${service} does not stay up; the lines above are its last`);
}

async function lastWords({ engine, container }: Stack, service: string): Promise<string> {
  const logs = await $({ nothrow: true, quiet: true })`${[engine.command, "logs", "--tail", "20", container(service)]}`;
  return `${logs.stdout}${logs.stderr}`.trim();
}
