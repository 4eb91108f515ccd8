import { $ } from "zx";
import { Problem } from "./script.ts";
import type { Stack } from "./stack.ts";

const PATIENCE_MS = 120_000;
const PAUSE_MS = 250;
/** A container that has been started again so often will not come up by waiting. */
const MOST_RESTARTS = 3;

/**
 * Asks the app's own health check, as timed ones come late (Docker's first after 30 seconds) or never (Podman without
 * systemd), and then the address itself.
 * @returns the address
 * @throws Problem with the end of the log when a service ends, or none is healthy in two minutes
 */
export async function waitUntilHealthy(stack: Stack, services: readonly string[]): Promise<string> {
  const { command, kind } = stack.engine;
  const app = stack.container("taskflow-app");
  const address = process.env.TASKFLOW_ADDRESS || "127.0.0.1";
  const host = ["127.0.0.1", "0.0.0.0"].includes(address) ? "localhost" : address;
  const url = `http://${host}:${process.env.PORT || 8000}`;
  const check = kind === "podman" ? ["healthcheck", "run", app] : ["exec", app, "/usr/bin/taskflow", "health"];
  const isHealthy = async () =>
    stack.stage === "dev" || (await $({ nothrow: true, quiet: true })`${[command, ...check]}`).exitCode === 0;
  const answers = async () => {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
    return answer?.status === 200;
  };

  console.error("Waiting until it is healthy …");
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await Bun.sleep(PAUSE_MS)) {
    if ((await isHealthy()) && (await answers())) return url;
    for (const service of services) await expectAlive(stack, service);
  }
  throw new Problem(`${await lastWords(stack, app)}\nnothing healthy at ${url} after ${PATIENCE_MS / 1000} s`);
}

/**
 * Runs a service's own command in it until it ends well.
 * @throws Problem with the end of the log when the service ends, or it is not so in two minutes
 */
export async function waitUntil(stack: Stack, service: string, command: readonly string[]): Promise<void> {
  const name = stack.container(service);
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await Bun.sleep(PAUSE_MS)) {
    const check = await $({ nothrow: true, quiet: true })`${[stack.engine.command, "exec", name, ...command]}`;
    if (check.exitCode === 0) return;
    await expectAlive(stack, service);
  }
  throw new Problem(`${await lastWords(stack, name)}\n${service} is not ready after ${PATIENCE_MS / 1000} s`);
}

async function expectAlive(stack: Stack, service: string) {
  const name = stack.container(service);
  const format = "{{.State.Status}} {{.RestartCount}}";
  const inspect = await $({
    nothrow: true,
    quiet: true,
  })`${[stack.engine.command, "inspect", "--format", format, name]}`;
  const [status = "missing", restarts = "0"] = inspect.stdout.trim().split(" ");
  if (["created", "configured", "initialized"].includes(status)) {
    // podman-compose 1.0 goes on when one does not start: to try it again is to hear why.
    const again = await $({ nothrow: true, quiet: true })`${[stack.engine.command, "start", name]}`;
    if (again.exitCode === 0) return;
    throw new Problem(`${again.stderr.trim()}\n${service} does not start`);
  }
  if (inspect.exitCode === 0 && Number(restarts) < MOST_RESTARTS && !["exited", "dead"].includes(status)) return;
  throw new Problem(`${await lastWords(stack, name)}\n${service} does not stay up; the lines above are its last`);
}

async function lastWords({ engine }: Stack, name: string): Promise<string> {
  const logs = await $({ nothrow: true, quiet: true })`${[engine.command, "logs", "--tail", "20", name]}`;
  return `${logs.stdout}${logs.stderr}`.trim();
}
