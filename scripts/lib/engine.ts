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
  for await (const engine of engines(steps)) return engine;
  throw noEngine();
}

/**
 * @returns the same, or the first that has its Compose, and the Compose command that goes with it
 * @throws Problem that names what is missing and how to get it
 */
export async function findCompose(steps: Steps): Promise<{ engine: Engine; compose: readonly string[] }> {
  const without: Engine[] = [];
  for await (const engine of engines(steps)) {
    for (const command of COMPOSE[engine.kind]) {
      const found = await which(command[0], { nothrow: true });
      const answer = found ? await steps.ask([...command, "version"]) : undefined;
      // The first docker-compose knows too little, and podman-compose 1.0 no limit of processes.
      if (answer === undefined || (engine.kind === "docker" && /version\s+v?1\./.test(answer))) continue;
      const old = /version\s+v?1\.0\./.test(answer);
      return { engine, compose: old ? [...command, "--podman-run-args=--pids-limit=256"] : command };
    }
    without.push(engine);
  }
  const [first] = without;
  throw first ? new Problem(`there is no Compose for ${first.kind}: ${HOW_COMPOSE[first.kind]}`) : noEngine();
}

const asked = () => process.env.TASKFLOW_ENGINE?.trim();

function noEngine(): Problem {
  return new Problem(
    asked() ? `${asked()} (TASKFLOW_ENGINE) is missing: ${HOW}` : `neither podman nor docker is here: ${HOW}`,
  );
}

/** Each engine that answers, in the order in which they are taken. @throws Problem when those that are here don't */
async function* engines(steps: Steps): AsyncGenerator<Engine> {
  const given = asked();
  if (given && given !== "podman" && given !== "docker")
    throw new Problem(`TASKFLOW_ENGINE must be podman or docker, not “${given}”`, 2);
  const silent: string[] = [];
  let answered = false;
  for (const command of given ? [given] : ["podman", "docker"]) {
    if (!(await which(command, { nothrow: true }))) continue;
    if ((await steps.ask([command, "version"])) === undefined) {
      silent.push(command);
      continue;
    }
    answered = true;
    const podman = /podman/i.test((await steps.ask([command, "--version"])) ?? "");
    yield { command, kind: podman ? "podman" : "docker" };
  }
  if (silent.length > 0 && !answered)
    throw new Problem(
      `${silent.join(" and ")} does not answer: start its service, and see that \`${silent[0]} version\` works for this user`,
    );
}
