import { which } from "zx";
import { Problem, type Steps } from "./script.ts";

const INSTALL =
  "install Podman (https://podman.io/docs/installation; Debian: apt-get install podman podman-compose) or Docker with Compose (https://docs.docker.com/engine/install)";
const COMPOSE = {
  podman: {
    commands: [["podman-compose"], ["podman", "compose"]],
    install: "pip install podman-compose (Debian: apt-get install podman-compose)",
  },
  docker: {
    commands: [["docker", "compose"], ["docker-compose"]],
    install: "install the Compose plugin (https://docs.docker.com/compose/install)",
  },
} as const;

export interface Engine {
  readonly command: "podman" | "docker";
  /** Whose options the command accepts: `docker` may be an alias of Podman. */
  readonly kind: "podman" | "docker";
}

/**
 * @returns the engine that TASKFLOW_ENGINE names, or else the first of Podman and Docker that responds
 * @throws Problem that says how to get one
 */
export async function findEngine(steps: Steps): Promise<Engine> {
  const [first] = await findEngines(steps);
  return first;
}

/**
 * @returns the first engine that has Compose, and the command of Compose
 * @throws Problem that says how to get what is missing
 */
export async function findCompose(steps: Steps): Promise<{ engine: Engine; compose: readonly string[] }> {
  const engines = await findEngines(steps);
  for (const engine of engines)
    for (const command of COMPOSE[engine.kind].commands) {
      const found = await which(command[0], { nothrow: true });
      const version = found ? await steps.ask([...command, "version"]) : undefined;
      // docker-compose 1 lacks features that compose.yaml uses, and podman-compose 1.0 ignores pids_limit.
      if (version === undefined || (engine.kind === "docker" && /version\s+v?1\./.test(version))) continue;
      const old = /version\s+v?1\.0\./.test(version);
      return { engine, compose: old ? [...command, "--podman-run-args=--pids-limit=256"] : command };
    }
  const [{ kind }] = engines;
  throw new Problem(`no Compose for ${kind}: ${COMPOSE[kind].install}`);
}

/** @returns the engines that respond, at least one */
async function findEngines(steps: Steps): Promise<[Engine, ...Engine[]]> {
  const given = process.env.TASKFLOW_ENGINE?.trim();
  const commands = (["podman", "docker"] as const).filter((command) => !given || command === given);
  if (commands.length === 0) throw new Problem(`TASKFLOW_ENGINE must be podman or docker, not “${given}”`, 2);
  const engines: Engine[] = [];
  const silent: string[] = [];
  for (const command of commands) {
    if (!(await which(command, { nothrow: true }))) continue;
    if ((await steps.ask([command, "version"])) === undefined) silent.push(command);
    else {
      const podman = /podman/i.test((await steps.ask([command, "--version"])) ?? "");
      engines.push({ command, kind: podman ? "podman" : "docker" });
    }
  }
  const [first, ...others] = engines;
  if (first) return [first, ...others];
  if (silent.length > 0)
    throw new Problem(
      `${silent.join(" and ")} does not respond: start its service, and check that \`${silent[0]} version\` works for this user`,
    );
  throw new Problem(
    given ? `${given} (TASKFLOW_ENGINE) is not installed: ${INSTALL}` : `no container engine: ${INSTALL}`,
  );
}
