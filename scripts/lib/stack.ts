import { isIPv6 } from "node:net";
import { join } from "node:path";
import { type Engine, findCompose } from "./engine.ts";
import { ROOT } from "./image.ts";
import { Problem, type Steps } from "./script.ts";
import type { Secret } from "./secrets.ts";

const STAGES = ["prod", "dev"] as const;
export type Stage = (typeof STAGES)[number];
/** The name of a stage's project unless COMPOSE_PROJECT_NAME is set. */
export const DEFAULT_PROJECT = { prod: "taskflow", dev: "taskflow-dev" } as const;
/** Enables the optional services: a command about all of them needs the profiles. */
export const everyProfile = { COMPOSE_PROFILES: "postgres,litestream" };

/** A Compose project on this machine. */
export interface Stack {
  readonly stage: Stage;
  /** The prefix of its containers, volumes and networks. */
  readonly project: string;
  readonly engine: Engine;
  /** The path of the compose file, relative to the repository, which is the current folder. */
  readonly file: string;
  /** Returns a Compose command for this project. */
  compose(...words: string[]): string[];
  /** Returns the name of a service's container. */
  container(service: string): string;
}

/** Returns the stage that the arguments name. @throws Problem if they are anything else */
export function stageOf(words: readonly string[]): Stage {
  const [word = "prod", ...more] = words;
  const stage = STAGES.find((each) => each === word);
  if (!stage || more.length > 0) throw new Problem(`expected prod or dev, not “${words.join(" ")}”; see --help`, 2);
  return stage;
}

/** Returns the address at which the app's port is published, with IPv6 in brackets. */
export function publishedAddress(): string {
  const address = process.env.TASKFLOW_ADDRESS || "127.0.0.1";
  return isIPv6(address) ? `[${address}]` : address;
}

/** @throws Problem without a container engine or without Compose */
export async function openStack(stage: Stage, steps: Steps): Promise<Stack> {
  const { engine, compose: command } = await findCompose(steps);
  const project = process.env.COMPOSE_PROJECT_NAME || DEFAULT_PROJECT[stage];
  const file = join("deploy", stage === "prod" ? "compose.yaml" : "compose.dev.yaml");
  process.chdir(ROOT);
  return {
    ...{ stage, project, engine, file },
    compose: (...words) => [...command, "-p", project, "-f", file, ...words],
    container: (service) => `${project}-${service.replace(/^taskflow-/, "")}`,
  };
}

interface Service {
  readonly image: string;
  readonly secrets?: readonly Secret[];
  readonly volumes: readonly string[];
}

/** Returns a service as the compose file describes it. @throws Problem that lists the services */
export async function describeService({ file }: Stack, service: string): Promise<Service> {
  const { services } = Bun.YAML.parse(await Bun.file(file).text()) as { services: Record<string, Service> };
  const described = services[service];
  if (described) return described;
  throw new Problem(`unknown service “${service}”; the services are ${Object.keys(services).join(", ")}`, 2);
}

/** Returns the names of the stack's containers, volumes or networks. */
export async function namesOf({ engine, project }: Stack, kind: "container" | "volume" | "network", steps: Steps) {
  const [field, all] = kind === "container" ? ["{{.Names}}", ["-a"]] : ["{{.Name}}", []];
  const filter = `label=com.docker.compose.project=${project}`;
  const names = await steps.ask([engine.command, kind, "ls", ...all, "--filter", filter, "--format", field]);
  return (names ?? "").split("\n").filter(Boolean);
}

/** Returns the name of a service's container. @throws Problem unless it exists and, if wanted, runs */
export async function serviceOf(stack: Stack, service: string, steps: Steps, wanted: "running" | "there") {
  await describeService(stack, service);
  const name = stack.container(service);
  if (steps.dryRun) return name;
  const running = (await steps.ask([stack.engine.command, "inspect", "--format", "{{.State.Running}}", name]))?.trim();
  const start = `start it with: bun scripts/up.ts ${stack.stage}`;
  if (running === undefined) throw new Problem(`${service} does not exist; ${start}`);
  if (running !== "true" && wanted === "running") throw new Problem(`${service} is not running; ${start}`);
  return name;
}

/** Stops and removes the stack's containers; the volumes stay. */
export async function takeDown(stack: Stack, steps: Steps): Promise<void> {
  const environment = { ...everyProfile, COMPOSE_PROJECT_NAME: stack.project };
  // Separately, because `down` of podman-compose 1.0 kills the containers after one second.
  await steps.run("Stopping the containers", stack.compose("stop", "-t", "30"), { environment });
  await steps.run("Removing the containers", stack.compose("down"), { environment });
}
