#!/usr/bin/env bun
import { join } from "node:path";
import { LOCAL } from "./lib/cluster.ts";
import { ROOT } from "./lib/image.ts";
import { confirm, need, Problem, runScript, type Steps } from "./lib/script.ts";

const HELP = `Usage: bun scripts/cluster.ts up|down [options]

Manages a Kubernetes cluster on this machine with k3d 5.5 or newer (deploy/k3d.yaml): one server, two agents, and a
registry at ${LOCAL.registry}. Needs Docker, or Podman with its Docker socket.

  up                create or start the cluster, select it in kubectl, and wait until it is ready
  down              delete the cluster with all its data
  --yes             don't ask
  --dry-run         print the commands
  --help

Next: bun scripts/deploy.ts dev`;

const kubectl = ["kubectl", "--context", LOCAL.context];

async function up(steps: Steps) {
  if (!(await exists(steps))) {
    const file = join(ROOT, "deploy", "k3d.yaml");
    await steps.run("Creating the cluster", ["k3d", "cluster", "create", "--config", file]);
  } else {
    await steps.run("Starting the cluster", ["k3d", "cluster", "start", LOCAL.name, "--wait"]);
    // k3d does this when it creates a cluster. The kubeconfig may have changed since.
    const options = ["--kubeconfig-merge-default", "--kubeconfig-switch-context"];
    await steps.run("Selecting it in kubectl", ["k3d", "kubeconfig", "merge", LOCAL.name, ...options]);
  }
  const ready = ["wait", "--for=condition=Ready", "nodes", "--all", "--timeout=180s"];
  await steps.run("Waiting for its nodes", [...kubectl, ...ready]);
  // k3s installs Traefik with a Job, after the nodes are ready.
  const traefik = ["--namespace", "kube-system", "wait", "deployment/traefik", "--timeout=300s"];
  await steps.run("Waiting for Traefik", [...kubectl, ...traefik, "--for=create"]);
  await steps.run("Waiting until it is available", [...kubectl, ...traefik, "--for=condition=Available"]);
  if (!steps.dryRun) console.log("Next: bun scripts/deploy.ts dev");
}

async function down(steps: Steps, yes: boolean) {
  if (!steps.dryRun && !(await exists(steps))) return console.log("There is no cluster to delete.");
  if (!yes && !steps.dryRun) await confirm(`This deletes the cluster ${LOCAL.name} with its data and backups.`);
  await steps.run("Deleting the cluster", ["k3d", "cluster", "delete", LOCAL.name]);
}

async function exists(steps: Steps): Promise<boolean> {
  const text = await steps.ask(["k3d", "cluster", "list", "--output", "json"]);
  if (text === undefined && !steps.dryRun)
    throw new Problem("k3d can't list its clusters. Is the container engine running? Try: k3d cluster list");
  return (JSON.parse(text || "[]") as { name: string }[]).some(({ name }) => name === LOCAL.name);
}

await runScript({
  help: HELP,
  options: { yes: { type: "boolean" } },
  async main({ yes = false }, [word = "", ...more], steps) {
    if (!["up", "down"].includes(word) || more.length > 0)
      throw new Problem("Usage: bun scripts/cluster.ts up|down; see --help", 2);
    await need("k3d", "see https://k3d.io/stable/#installation (macOS: brew install k3d)");
    await need("kubectl", "see https://kubernetes.io/docs/tasks/tools (macOS: brew install kubectl)");
    await (word === "up" ? up(steps) : down(steps, yes));
  },
});
