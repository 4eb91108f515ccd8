import { isIPv6 } from "node:net";
import { join } from "node:path";
import { findEngine } from "./engine.ts";
import { ROOT } from "./image.ts";
import { Problem, type Steps } from "./script.ts";

const STAGES = ["prod", "dev"] as const;
export type Stage = (typeof STAGES)[number];
/** The name of a stage's project unless COMPOSE_PROJECT_NAME is set. */
export const DEFAULT_PROJECT = { prod: "taskflow", dev: "taskflow-dev" } as const;
export const MONITORING = ["taskflow-prometheus", "taskflow-alertmanager", "taskflow-grafana"];
const SERVICES = ["taskflow-app", "taskflow-backup", "taskflow-postgres", "taskflow-litestream", ...MONITORING];

/** A Compose project on this machine. */
export interface Stack {
  readonly stage: Stage;
  /** The prefix of its containers, volumes and networks. */
  readonly project: string;
  readonly engine: "podman" | "docker";
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
  const { command, compose } = await findEngine(steps, true);
  const project = process.env.COMPOSE_PROJECT_NAME || DEFAULT_PROJECT[stage];
  const file = join("deploy", stage === "prod" ? "compose.yaml" : "compose.dev.yaml");
  process.chdir(ROOT);
  return {
    ...{ stage, project, engine: command, file },
    compose: (...words) => [...compose, "-p", project, "-f", file, ...words],
    container: (service) => `${project}-${service.replace(/^taskflow-/, "")}`,
  };
}

/** Returns the names of the stack's containers, volumes or networks. */
export async function namesOf({ engine, project }: Stack, kind: "container" | "volume" | "network", steps: Steps) {
  const [field, all] = kind === "container" ? ["{{.Names}}", ["-a"]] : ["{{.Name}}", []];
  const filter = `label=com.docker.compose.project=${project}`;
  const names = await steps.ask([engine, kind, "ls", ...all, "--filter", filter, "--format", field]);
  return (names ?? "").split("\n").filter(Boolean);
}

/** Returns the name of a service's container. @throws Problem that lists the services */
export function containerOf({ container }: Stack, service: string): string {
  if (SERVICES.includes(service)) return container(service);
  throw new Problem(`unknown service “${service}”; the services are ${SERVICES.join(", ")}`, 2);
}

/** Stops and removes the stack's containers; the volumes stay. */
export async function takeDown(stack: Stack, steps: Steps): Promise<void> {
  const environment = { COMPOSE_PROFILES: "postgres,litestream,monitoring", COMPOSE_PROJECT_NAME: stack.project };
  // Separately, because `down` of podman-compose 1.0 kills the containers after one second.
  await steps.run("Stopping the containers", stack.compose("stop", "-t", "30"), { environment });
  await steps.run("Removing the containers", stack.compose("down"), { environment });
}

/** What Podman and podman-compose 1.0 print besides the output of the program. */
const CHATTER = /^(podman |\['podman'|using podman version|exit code: |time=")/;

/**
 * Runs a command in a new container of a service, with its volumes, secrets and networks.
 * @returns its output
 * @throws Problem with its output if it fails
 */
export async function runInService(
  ...[stack, steps, title, service, words, environment]: [
    ...[Stack, Steps, string, string, string[], Record<string, string>],
  ]
): Promise<string> {
  const command = stack.compose("run", "--rm", "-T", "--no-deps", service, ...words);
  if (steps.dryRun) return steps.run(title, command, { environment });
  console.error(`${title} …`);
  const { exitCode, stdout, stderr } = await steps.capture(command, { environment });
  const output = `${stderr}${stdout}`.split("\n").filter((line) => line && !CHATTER.test(line));
  // podman-compose 1.0 succeeds whatever the program's exit code, but prints it.
  if (exitCode !== 0 || /^exit code: [1-9]/m.test(stdout)) throw new Problem(`${output.join("\n")}\n${title} failed.`);
  return output.join("\n");
}
