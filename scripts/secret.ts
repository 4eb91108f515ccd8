#!/usr/bin/env bun
import type { IPod } from "kubernetes-models/v1/Pod";
import { usesSqlite } from "./deploy/objects.ts";
import { awaitRollout, findApp } from "./deploy/rollout.ts";
import { checksumOf, type Data, readSecret } from "./deploy/secret.ts";
import { type Cluster, getJson, openCluster, PODS } from "./lib/cluster.ts";
import { Problem, runScript, type Steps } from "./lib/script.ts";
import { randomText } from "./lib/secrets.ts";

const HELP = `Usage: bun scripts/secret.ts rotate [options]

Replaces the key that signs sessions. Nobody is signed out.

  --context NAME    cluster; default: the current context
  --dry-run         print the commands
  --help

This takes two rollouts: first all pods accept the new key, then they sign with it and still accept the old one.
If interrupted, run it again; it resumes.
The old key is useless after 180 days, the longest session. To make a leaked key useless at once, rotate twice: this
signs out everyone who has not signed in since the first rotation.`;

/** The step of an unfinished rotation, as an annotation of the Secret: "accept" or "sign". */
const ROTATION = "taskflow.local/rotation";

await runScript({
  help: HELP,
  options: { context: { type: "string" } },
  async main({ context }, words, steps) {
    if (words.join() !== "rotate") throw new Problem("Usage: bun scripts/secret.ts rotate; see --help", 2);
    const cluster = await openCluster(steps, context);
    const { data: existing = {}, metadata } = (await readSecret(steps, cluster)) ?? {};
    if (!existing["jwt-secret"] && !steps.dryRun)
      throw new Problem("There is no Secret to rotate. bun scripts/deploy.ts creates it.");
    const [owner] = metadata?.ownerReferences ?? [];
    if (owner) throw new Problem(`The Secret belongs to ${owner.kind}. Rotate the keys there; see docs/kubernetes.md.`);

    let [data, resourceVersion] = [existing, metadata?.resourceVersion];
    /** Changes keys of the Secret, unless it has changed since it was read. */
    const write = async (title: string, step: string, keys: Data) => {
      data = { ...data, ...keys };
      const patch = { metadata: { resourceVersion, annotations: { [ROTATION]: step } }, data: keys };
      const options = ["--type=merge", "--patch-file=/dev/stdin", "--output=jsonpath={.metadata.resourceVersion}"];
      const command = cluster.kubectl("patch", "secret", "taskflow-secrets", ...options);
      resourceVersion = await steps.run(title, command, { input: JSON.stringify(patch) });
    };
    const step = metadata?.annotations?.[ROTATION];
    if (step === undefined) await write("Creating a new key", "accept", { "jwt-secret-previous": btoa(randomText()) });
    if (step !== "sign") {
      await roll(steps, cluster, "Rolling out: accept the new key", data);
      const { "jwt-secret": current = "", "jwt-secret-previous": next = "" } = data;
      await write("Exchanging the keys", "sign", { "jwt-secret": next, "jwt-secret-previous": current });
    }
    await roll(steps, cluster, "Rolling out: sign with the new key", data);
    await steps.run("Ending the rotation", cluster.kubectl("annotate", "secret", "taskflow-secrets", `${ROTATION}-`));
  },
});

/** Restarts every pod with these keys. Returns when no pod has others. */
async function roll(steps: Steps, cluster: Cluster, title: string, data: Data): Promise<void> {
  const app = await findApp(steps, cluster);
  const checksum = await checksumOf(steps, cluster, data, app !== undefined && !usesSqlite(app));
  const annotations = { "taskflow.local/secret-checksum": checksum };
  const patch = JSON.stringify({ spec: { template: { metadata: { annotations } } } });
  await steps.run(title, cluster.kubectl("patch", "deployment/taskflow", "--patch", patch));
  await awaitRollout(steps, cluster);
  // A terminating pod is not part of the rollout any more, but still serves late requests.
  const pods = await getJson<{ items: IPod[] }>(steps, cluster, "pods", `--selector=${PODS}`);
  const names = (pods?.items ?? []).flatMap(({ metadata }) =>
    metadata?.deletionTimestamp ? [`pod/${metadata.name}`] : [],
  );
  if (names.length > 0)
    await steps.run("Waiting for the old pods", cluster.kubectl("wait", "--for=delete", ...names, "--timeout=60s"));
}
