import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import { type Cluster, getJson, SERVER_SIDE } from "../lib/cluster.ts";
import { NAMESPACE } from "../lib/deployment.ts";
import { Problem, type Steps } from "../lib/script.ts";
import { findFailure } from "./diagnosis.ts";
import { find, onlyIn } from "./objects.ts";
import type { Rendering } from "./render.ts";

export const APP = "deployment/taskflow";
const LAST_PASSED = "taskflow-last-passed";
const PAUSE_MS = 2000;

/** Returns the Deployment, if there is one. */
export const findApp = (steps: Steps, cluster: Cluster) => getJson<IDeployment>(steps, cluster, APP);

/** Applies a rendering from a file, or from the input if the file is "-". */
export const apply = (steps: Steps, { kubectl }: Cluster, file: string, input?: string) =>
  steps.run("Applying the objects", kubectl("apply", ...SERVER_SIDE, `--filename=${file}`), { input });

/** Removes the objects that only the first rendering has. */
export async function removeOnlyIn(...[steps, { kubectl }, first, second]: [Steps, Cluster, string, string]) {
  const items = onlyIn(first, second);
  if (items.length === 0) return;
  const title = `Removing ${items.map(({ kind, metadata }) => `${kind}/${metadata.name}`).join(", ")}`;
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  await steps.run(title, kubectl("delete", "--ignore-not-found", "--filename=-"), { input });
}

/**
 * Waits for the rollout. Fails early if a new pod will not become ready.
 * @param rendering if given, TaskFlow is started first if it is scaled to 0, which an autoscaler does not do
 * @throws Problem
 */
export async function awaitRollout(steps: Steps, cluster: Cluster, rendering?: string): Promise<void> {
  if (rendering !== undefined) await start(steps, cluster, rendering);
  const command = cluster.kubectl("rollout", "status", APP, "--timeout=10m");
  if (steps.dryRun) return void (await steps.run("Waiting", command));
  console.error("Waiting for the rollout …");
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const output = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  for (; isRunning(); await Promise.race([child.exited, Bun.sleep(PAUSE_MS)])) {
    const failure = await findFailure(steps, cluster).catch(() => undefined);
    if (!failure || !isRunning()) continue;
    child.kill();
    throw new Problem(`The rollout failed. ${failure}`);
  }
  if (child.exitCode !== 0) throw new Problem(`The rollout failed. ${(await output).join("").trim()}`);
}

async function start(steps: Steps, cluster: Cluster, rendering: string): Promise<void> {
  if (find(rendering, "Deployment")?.spec?.replicas !== undefined) return;
  if ((await findApp(steps, cluster))?.spec?.replicas !== 0) return;
  const count = find(rendering, "HorizontalPodAutoscaler")?.spec?.minReplicas ?? 1;
  await steps.run("Starting TaskFlow", cluster.kubectl("scale", APP, `--replicas=${count}`));
}

/** Returns the options with which Helm takes fields back that other tools have set. Helm 3 does so by itself. */
export async function helmForce(steps: Steps): Promise<string[]> {
  const version = await steps.ask(["helm", "version", "--template", "{{.Version}}"]);
  return version?.startsWith("v3.") ? [] : ["--server-side=true", "--force-conflicts"];
}

/** Reads the last rendering that passed from the cluster: the next deployment may come from another machine. */
export async function readPassed(steps: Steps, cluster: Cluster): Promise<string | undefined> {
  return (await getJson<{ data: { last: string } }>(steps, cluster, `configmap/${LAST_PASSED}`))?.data.last;
}

/** Keeps a rendering as the last one that passed. A ConfigMap takes 1 MiB; a rendering has about 15 KiB. */
export async function keepPassed(steps: Steps, { kubectl }: Cluster, { yaml, file }: Rendering): Promise<void> {
  const metadata = { name: LAST_PASSED, namespace: NAMESPACE };
  const input = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { last: yaml } });
  const options = [`--from-file=last=${file}`, "--dry-run=client", "--output=yaml"];
  const inputFrom = kubectl("create", "configmap", LAST_PASSED, ...options);
  const apply = kubectl("apply", ...SERVER_SIDE, "--filename=-");
  await steps.run("Recording that it passed", apply, { input, inputFrom });
}
