import { which } from "zx";
import { Problem, type Steps } from "./script.ts";

const INSTALL =
  "install Podman (https://podman.io/docs/installation; Debian: apt-get install podman podman-compose) or Docker with Compose (https://docs.docker.com/engine/install)";

interface Engine {
  readonly command: "podman" | "docker";
  readonly compose: readonly string[];
  readonly howToGetCompose: string;
}

const ENGINES: readonly Engine[] = [
  {
    command: "podman",
    // podman-compose 1.0 ignores `pids_limit`.
    compose: ["podman-compose", "--podman-run-args=--pids-limit=256"],
    howToGetCompose: "pip install podman-compose (Debian: apt-get install podman-compose)",
  },
  {
    command: "docker",
    compose: ["docker", "compose"],
    howToGetCompose: "install the Compose plugin (https://docs.docker.com/compose/install)",
  },
];

/**
 * Returns the first engine that responds, or the one that TASKFLOW_ENGINE names.
 * @param withCompose whether the engine must have Compose
 * @throws Problem that says how to get what is missing
 */
export async function findEngine(steps: Steps, withCompose = false): Promise<Engine> {
  const given = process.env.TASKFLOW_ENGINE?.trim();
  const allowed = ENGINES.filter(({ command }) => !given || command === given);
  if (allowed.length === 0) throw new Problem(`TASKFLOW_ENGINE must be podman or docker, not “${given}”`, 2);
  const problems: string[] = [];
  for (const engine of allowed) {
    const { command, compose, howToGetCompose } = engine;
    if (!(await which(command, { nothrow: true }))) continue;
    if ((await steps.ask([command, "version"])) === undefined)
      problems.push(
        `${command} does not respond: start its service, and check that \`${command} version\` works for this user`,
      );
    else if (withCompose && (await steps.ask([...compose, "version"])) === undefined)
      problems.push(`no Compose for ${command}: ${howToGetCompose}`);
    else return engine;
  }
  const missing = given ? `${given} (TASKFLOW_ENGINE) is not installed` : "no container engine";
  throw new Problem(problems[0] ?? `${missing}: ${INSTALL}`);
}
