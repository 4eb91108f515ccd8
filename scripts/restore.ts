#!/usr/bin/env bun
import type { IHorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { runCommand } from "./deploy/job.ts";
import { awaitRollout, findApp } from "./deploy/rollout.ts";
import { type Cluster, getJson, openCluster, PODS } from "./lib/cluster.ts";
import { confirm, Problem, runScript, type Steps } from "./lib/script.ts";

const HELP = `Usage: bun scripts/restore.ts NAME|latest [options]

Replaces the database of a cluster with a backup. The replaced database is kept as a file.

  --context NAME    cluster; default: the current context
  --yes             don't ask
  --dry-run         print the commands
  --help

NAME is a file in the volume taskflow-backups. The backup is verified first. TaskFlow stops during the restore and is
started again afterwards, also after Ctrl+C. With containers: bun scripts/up.ts prod --restore NAME.`;

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

await runScript({
  help: HELP,
  options: { context: { type: "string" }, yes: { type: "boolean" } },
  async main({ context, yes = false }, [name = "", ...more], steps) {
    if (!/^[\w.-]+$/.test(name) || more.length > 0)
      throw new Problem("Usage: bun scripts/restore.ts NAME|latest; see --help", 2);
    const cluster = await openCluster(steps, context);
    const file = name === "latest" ? name : `/backups/${name}`;
    console.error(await runCommand(steps, cluster, "Verifying the backup", ["verify", file]));
    if (!yes && !steps.dryRun) await confirm(`Replace the database in ${cluster.context} with ${name}?`);
    const autoscaler = await getJson<IHorizontalPodAutoscaler>(steps, cluster, "horizontalpodautoscaler/taskflow");
    const replicas = (await findApp(steps, cluster))?.spec?.replicas || autoscaler?.spec?.minReplicas || 1;
    await whileStopped(steps, cluster, replicas, async (signal) => {
      console.log(await runCommand(steps, cluster, "Restoring", ["restore", file, "--yes"], signal));
    });
    await awaitRollout(steps, cluster);
  },
});

/**
 * Stops TaskFlow, runs the work, and starts as many pods as before, whatever happens: the database is either the old or
 * the new one, never a mix. Ctrl+C and SIGTERM stop the work early.
 * @throws Problem
 */
async function whileStopped(
  ...[steps, cluster, replicas, work]: [Steps, Cluster, number, (signal: AbortSignal) => Promise<void>]
): Promise<void> {
  const scale = (count: number) => cluster.kubectl("scale", "deployment/taskflow", `--replicas=${count}`);
  const interruption = new AbortController();
  const { signal } = interruption;
  const interrupt = () => interruption.abort(new Problem("Interrupted. TaskFlow was started again.", 130));
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    await steps.run("Stopping TaskFlow", scale(0));
    signal.throwIfAborted();
    const gone = ["wait", "--for=delete", "pod", `--selector=${PODS}`, "--timeout=120s"];
    await steps.run("Waiting until it has stopped", cluster.kubectl(...gone));
    signal.throwIfAborted();
    await work(signal);
  } catch (error) {
    // Ctrl+C also ends kubectl, whose failure may arrive before the signal.
    await new Promise(setImmediate);
    signal.throwIfAborted();
    throw error;
  } finally {
    await steps.run("Starting TaskFlow", scale(replicas));
    for (const name of SIGNALS) process.off(name, interrupt);
  }
}
