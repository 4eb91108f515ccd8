#!/usr/bin/env bun
import { lookup } from "node:dns/promises";
import { join } from "node:path";
import { HOST, LOCAL } from "./lib/cluster.ts";
import { findEngine } from "./lib/engine.ts";
import { ROOT } from "./lib/image.ts";
import { confirm, need, Problem, runScript, type Steps } from "./lib/script.ts";

const HELP = `bun scripts/cluster.ts up|down|status: a Kubernetes cluster on this machine, by k3d (deploy/k3d.yaml)

  up                makes or starts it, tells kubectl of it, and waits until it is ready: one server, two agents, a
                    registry at ${LOCAL.registry}; offers to let the name ${HOST} lead here, by a line in /etc/hosts
  down              removes it, with all that is in it (asks first)
  status            what there is
  --yes             does not ask
  --dry-run         prints the commands
  --help

Works on Linux and macOS, with Docker (or Podman by its Docker socket). Then: bun scripts/deploy.ts dev`;

interface Listed {
  readonly name: string;
  /** Containers: servers, agents and the load balancer. */
  readonly nodes: readonly { readonly role: string; readonly State: { readonly Running: boolean } }[];
}

/** The first that reads our file's version (https://github.com/k3d-io/k3d/releases/tag/v5.5.0). */
const K3D_VERSION = [5, 5] as const;

const INSTALL = "https://k3d.io/stable/#installation says how to install it (macOS: brew install k3d)";
const HOSTS_FILE = "/etc/hosts";

const COMMANDS: Record<string, (steps: Steps, yes: boolean) => Promise<void>> = { up, down, status };

async function cluster(steps: Steps): Promise<Listed | undefined> {
  const text = await steps.ask(["k3d", "cluster", "list", "--output", "json"]);
  if (text === undefined)
    throw new Problem("k3d does not answer: see that the container engine runs (`k3d cluster list`)");
  return (JSON.parse(text || "[]") as Listed[]).find(({ name }) => name === LOCAL.name);
}

/** @throws Problem for one that would not read the file; a version that tells no number is taken on trust */
async function expectVersion(steps: Steps) {
  const text = (await steps.ask(["k3d", "version"])) ?? "";
  const [, major, minor] = /v(\d+)\.(\d+)/.exec(text)?.map(Number) ?? [];
  if (major === undefined || minor === undefined) return;
  const [first, second] = K3D_VERSION;
  if (major < first || (major === first && minor < second))
    throw new Problem(`k3d ${major}.${minor} is too old: ${K3D_VERSION.join(".")} or newer is needed (${INSTALL})`);
}

async function up(steps: Steps, yes: boolean) {
  const there = await cluster(steps);
  if (!there)
    await steps.run("Making the cluster", ["k3d", "cluster", "create", "--config", join(ROOT, "deploy", "k3d.yaml")]);
  else {
    if (there.nodes.some(({ State }) => !State.Running))
      await steps.run("Starting the cluster", ["k3d", "cluster", "start", LOCAL.name, "--wait"]);
    // As it is made: the kubeconfig may have lost it since, and what follows goes to the current context.
    const merge = ["kubeconfig", "merge", LOCAL.name, "--kubeconfig-merge-default", "--kubeconfig-switch-context"];
    await steps.run("Telling kubectl of it", ["k3d", ...merge]);
  }
  const kubectl = ["kubectl", "--context", LOCAL.context];
  await steps.run("Waiting for its nodes", [
    ...kubectl,
    "wait",
    "--for=condition=Ready",
    "nodes",
    "--all",
    "--timeout=180s",
  ]);
  // k3s installs Traefik by a Job of its own, some time after the nodes are ready.
  const ingress = ["--namespace", "kube-system", "wait", "--timeout=300s"];
  await steps.run("Waiting for its ingress", [...kubectl, ...ingress, "--for=create", "deployment/traefik"]);
  await steps.run("Waiting until it serves", [
    ...kubectl,
    ...ingress,
    "--for=condition=Available",
    "deployment/traefik",
  ]);
  await nameIt(steps, yes);
  if (!steps.dryRun) console.log("Next: bun scripts/deploy.ts dev");
}

/** Lets the Ingress's name lead to this machine, as no name server knows it. Asks first: it is the machine's file. */
async function nameIt(steps: Steps, yes: boolean) {
  if (await lookup(HOST).catch(() => undefined)) return;
  const line = `127.0.0.1 ${HOST}`;
  const rights = process.getuid?.() === 0 ? [] : ["sudo"];
  const command = [...rights, "sh", "-c", `printf '\\n%s\\n' '${line}' >> ${HOSTS_FILE}`];
  if (steps.dryRun) return void (await steps.run("Naming it", command));
  const question = `Add the line “${line}” to ${HOSTS_FILE}? Type yes:`;
  const wanted = yes || (process.stdin.isTTY && prompt(question)?.trim() === "yes");
  // The terminal is handed on, as sudo may ask for a password.
  const done = wanted && Bun.spawnSync(command, { stdio: ["inherit", "inherit", "inherit"] }).success;
  if (!done) console.log(`To reach it by name, add this line to ${HOSTS_FILE}:\n${line}`);
}

async function down(steps: Steps, yes: boolean) {
  if (!(await cluster(steps))) return console.log("There is no cluster to remove.");
  if (!yes && !steps.dryRun) await confirm(`This removes the cluster ${LOCAL.name}, its data and its backups.`);
  await steps.run("Removing the cluster", ["k3d", "cluster", "delete", LOCAL.name]);
}

async function status(steps: Steps) {
  const there = await cluster(steps);
  if (!there) throw new Problem("There is no cluster: bun scripts/cluster.ts up");
  for (const [role, nodes] of Map.groupBy(there.nodes, (node) => node.role)) {
    const running = nodes.filter(({ State }) => State.Running).length;
    console.log(`${there.name}: ${running} of ${nodes.length} run (${role})`);
  }
  const nodes = await steps.ask(["kubectl", "--context", LOCAL.context, "get", "nodes"]);
  if (nodes === undefined) throw new Problem("It does not answer: bun scripts/cluster.ts up");
  console.log(nodes.trimEnd());
}

await runScript({
  help: HELP,
  options: { yes: { type: "boolean" } },
  async main({ yes = false }, [word = "", ...more], steps) {
    const command = Object.hasOwn(COMMANDS, word) && more.length === 0 ? COMMANDS[word] : undefined;
    if (!command) throw new Problem("say up, down or status; see --help", 2);
    await need("k3d", INSTALL);
    await expectVersion(steps);
    await need(
      "kubectl",
      "https://kubernetes.io/docs/tasks/tools says how to install it (macOS: brew install kubectl)",
    );
    await findEngine(steps);
    await command(steps, yes);
  },
});
