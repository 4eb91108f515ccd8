import { which } from "zx";
import { Problem, type Steps } from "./script.ts";

const HOW =
  "install Podman (https://podman.io/docs/installation; Debian: apt-get install podman podman-compose) or Docker with Compose (https://docs.docker.com/engine/install)";
const COMPOSE = {
  podman: [["podman-compose"], ["podman", "compose"]],
  docker: [["docker", "compose"], ["docker-compose"]],
} as const;
const HOW_COMPOSE = {
  podman: "pip install podman-compose (Debian: apt-get install podman-compose)",
  docker: "install the Compose plugin (https://docs.docker.com/compose/install)",
} as const;

/** What runs containers. */
export interface Engine {
  /** The command: `podman` or `docker`. */
  readonly command: string;
  /** Whose options it takes: Podman may go by the name of `docker`. */
  readonly kind: "podman" | "docker";
}

/**
 * @returns the engine that TASKFLOW_ENGINE names, or else the first of Podman and Docker that answers
 * @throws Problem that names both and how to get them
 */
export async function findEngine(steps: Steps): Promise<Engine> {
  const given = process.env.TASKFLOW_ENGINE?.trim();
  if (given && given !== "podman" && given !== "docker")
    throw new Problem(`TASKFLOW_ENGINE must be podman or docker, not “${given}”`, 2);
  const silent: string[] = [];
  for (const command of given ? [given] : ["podman", "docker"]) {
    if (!(await which(command, { nothrow: true }))) continue;
    if ((await steps.ask([command, "version"])) === undefined) {
      silent.push(command);
      continue;
    }
    const podman = /podman/i.test((await steps.ask([command, "--version"])) ?? "");
    return { command, kind: podman ? "podman" : "docker" };
  }
  if (silent.length > 0)
    throw new Problem(
      `${silent.join(" and ")} does not answer: start its service, and see that \`${silent[0]} version\` works for this user`,
    );
  throw new Problem(
    given ? `${given} (TASKFLOW_ENGINE) is missing: ${HOW}` : `neither podman nor docker is here: ${HOW}`,
  );
}

/** @returns the Compose command that goes with the engine @throws Problem that says how to get one */
export async function findCompose({ kind }: Engine, steps: Steps): Promise<readonly string[]> {
  for (const command of COMPOSE[kind]) {
    const found = await which(command[0], { nothrow: true });
    const version = found && /version\s+v?([\d.]+)/.exec((await steps.ask([...command, "version"])) ?? "")?.[1];
    // The first docker-compose knows too little, and podman-compose 1.0 no limit of processes.
    if (!version || (kind === "docker" && version.startsWith("1."))) continue;
    return version.startsWith("1.0.") ? [...command, "--podman-run-args=--pids-limit=256"] : command;
  }
  throw new Problem(`there is no Compose for ${kind}: ${HOW_COMPOSE[kind]}`);
}
