import { isIPv6 } from "node:net";
import { join } from "node:path";
import { type Engine, findCompose } from "./engine.ts";
import { ROOT } from "./image.ts";
import { Problem, type Steps } from "./script.ts";
import type { Secret } from "./secrets.ts";

const STAGES = ["prod", "dev"] as const;
export type Stage = (typeof STAGES)[number];

/** Services that only start when they are asked for. */
const PROFILES = ["postgres", "litestream"] as const;

/** A compose file as it runs here: what every script needs to talk about it. */
export interface Stack {
  readonly stage: Stage;
  /** What its containers, volumes and networks are named after: COMPOSE_PROJECT_NAME, or `taskflow` and `taskflow-dev`. */
  readonly project: string;
  readonly engine: Engine;
  /** The compose file, from the root of the repository, which is the current folder. */
  readonly file: string;
  /** @returns a command of Compose about this file, without a word for the services */
  compose(...words: string[]): string[];
  /** @returns the name of a service's container */
  container(service: string): string;
}

/** @param words of the command line: at most the stage @throws Problem */
export function stageOf(words: readonly string[]): Stage {
  const [word = "prod", ...more] = words;
  const stage = STAGES.find((each) => each === word);
  if (!stage || more.length > 0) throw new Problem(`say prod or dev, not “${words.join(" ")}”; see --help`, 2);
  return stage;
}

/** What a stage's project is called unless COMPOSE_PROJECT_NAME says otherwise. */
export const USUAL_PROJECT = { prod: "taskflow", dev: "taskflow-dev" } as const;

/** @returns where the app's port is opened, as a part of an address: IPv6 in brackets */
export function openedAt(): string {
  const address = process.env.TASKFLOW_ADDRESS || "127.0.0.1";
  return isIPv6(address) ? `[${address}]` : address;
}

/** @throws Problem when there is no engine with a Compose here */
export async function openStack(stage: Stage, steps: Steps): Promise<Stack> {
  const { engine, compose: command } = await findCompose(steps);
  const project = process.env.COMPOSE_PROJECT_NAME || USUAL_PROJECT[stage];
  const file = join("deploy", stage === "prod" ? "compose.yaml" : "compose.dev.yaml");
  process.chdir(ROOT);
  return {
    stage,
    project,
    engine,
    file,
    compose: (...words) => [...command, "-p", project, "-f", file, ...words],
    container: (service) => `${project}-${service.replace(/^taskflow-/, "")}`,
  };
}

interface Service {
  readonly image: string;
  readonly secrets?: readonly Secret[];
  readonly volumes: readonly string[];
}

/** @returns what the compose file says of a service, with its variables as they stand there @throws Problem that names all */
export async function describeService({ file }: Stack, service: string): Promise<Service> {
  const { services } = Bun.YAML.parse(await Bun.file(file).text()) as { services: Record<string, Service> };
  const described = services[service];
  if (described) return described;
  throw new Problem(`there is no service “${service}”: say ${Object.keys(services).join(", ")}; see --help`, 2);
}

/** @returns which of the things that bear the stack's name there are: containers, volumes or networks */
export async function namesOf({ engine, project }: Stack, kind: "container" | "volume" | "network", steps: Steps) {
  const field = kind === "container" ? "{{.Names}}" : "{{.Name}}";
  const command = [engine.command, kind, "ls", ...(kind === "container" ? ["-a"] : [])];
  const filter = `label=com.docker.compose.project=${project}`;
  const names = await steps.ask([...command, "--filter", filter, "--format", field]);
  return (names ?? "").split("\n").filter(Boolean);
}

/**
 * @param service the word that somebody said for a service
 * @returns its container
 * @throws Problem unless there is such a service, and it runs or, where that will do, has run
 */
export async function serviceOf(stack: Stack, service: string, steps: Steps, wanted: "running" | "there") {
  await describeService(stack, service);
  const name = stack.container(service);
  if (steps.dryRun) return name;
  const running = (await steps.ask([stack.engine.command, "inspect", "--format", "{{.State.Running}}", name]))?.trim();
  const start = `start it with: bun scripts/up.ts ${stack.stage}`;
  if (running === undefined) throw new Problem(`there is no ${service} here; ${start}`);
  if (running !== "true" && wanted === "running") throw new Problem(`${service} does not run; ${start}`);
  return name;
}

/** Compose wants these said for a file with several parts, whatever is done with it. */
export const everyProfile = { COMPOSE_PROFILES: PROFILES.join(",") };

/** Ends the stack's containers in good order; what is in its volumes stays. */
export async function takeDown(stack: Stack, steps: Steps): Promise<void> {
  const environment = { ...everyProfile, COMPOSE_PROJECT_NAME: stack.project };
  // Apart, as podman-compose 1.0 gives them one second otherwise.
  await steps.run("Stopping", stack.compose("stop", "-t", "30"), { environment });
  await steps.run("Removing the containers", stack.compose("down"), { environment });
}
