#!/usr/bin/env bun
import { isOnFile } from "./deploy/objects.ts";
import { awaitRollout, findApp } from "./deploy/rollout.ts";
import { checksumOf, type Data, newKey, readSecret, type Secret, writeSecret } from "./deploy/secret.ts";
import { type Cluster, getJson, openCluster, PODS } from "./lib/cluster.ts";
import { Problem, runScript, type Steps } from "./lib/script.ts";

const HELP = `bun scripts/secret.ts rotate: a new key that signs sessions, and nobody is signed out

  --context NAME    the cluster; without, the current one
  --dry-run         prints the commands
  --help

In two steps, each a rollout: all pods learn to accept the new key, and then they sign with it and accept the one of
before. When it breaks off, say it again: it goes on where it was.
A session lasts 30 days: after that the older key is of no use. Rotating twice within them signs out whoever has not
signed in since the first time: do so when a key has leaked.`;

/** Says on the Secret how far a rotation has come: pods are to accept the new key, or to sign with it. */
const ROTATION = "taskflow.local/rotation";

await runScript({
  help: HELP,
  options: { context: { type: "string" } },
  async main({ context }, words, steps) {
    if (words.join() !== "rotate") throw new Problem("say rotate; see --help", 2);
    const cluster = await openCluster(steps, context);
    const secret = await readSecret(steps, cluster);
    let { data = {} } = secret ?? {};
    if (!data["jwt-secret"] && !steps.dryRun)
      throw new Problem("there is no Secret to rotate: bun scripts/deploy.ts makes it");
    const { resourceVersion, labels, annotations, ownerReferences = [] } = secret?.metadata ?? {};
    const [owner] = ownerReferences;
    if (owner) throw new Problem(`the Secret is kept by ${owner.kind}: change the keys there; see deploy/README.md`);
    const metadata = (step: string, version = resourceVersion) => ({
      ...(version && { resourceVersion: version }),
      ...(labels && { labels }),
      annotations: { ...annotations, [ROTATION]: step },
    });

    const { [ROTATION]: step } = annotations ?? {};
    let version: string | undefined;
    if (step === undefined) {
      data = { ...data, "jwt-secret-previous": newKey() };
      version = await writeSecret(steps, cluster, "Making a new key", data, "replace", metadata("accept"));
    }
    if (step !== "sign") {
      await roll(steps, cluster, "Having it accepted", data);
      const { "jwt-secret": current = "", "jwt-secret-previous": next = "" } = data;
      data = { ...data, "jwt-secret": next, "jwt-secret-previous": current };
      const given: Secret["metadata"] = metadata("sign", version);
      await writeSecret(steps, cluster, "Putting it in the place of the old one", data, "replace", given);
    }
    await roll(steps, cluster, "Having it sign", data);
    await steps.run("Ending the rotation", cluster.kubectl("annotate", "secret", "taskflow-secrets", `${ROTATION}-`));
  },
});

/** Has every pod start anew with these keys. @returns when none is left that has others */
async function roll(steps: Steps, cluster: Cluster, title: string, data: Data): Promise<void> {
  const app = await findApp(steps, cluster);
  const checksum = await checksumOf(steps, cluster, data, app !== undefined && !isOnFile(app));
  const annotations = { "taskflow.local/secret-checksum": checksum };
  const patch = JSON.stringify({ spec: { template: { metadata: { annotations } } } });
  await steps.run(title, cluster.kubectl("patch", "deployment/taskflow", "--patch", patch));
  await awaitRollout(steps, cluster);
  // A pod that ends counts no more, but still answers whoever comes late.
  const pods = await getJson<{ items: { metadata: { name: string; deletionTimestamp?: string } }[] }>(
    ...([steps, cluster, "pods", `--selector=${PODS}`] as const),
  );
  const ending = (pods?.items ?? []).filter(({ metadata }) => metadata.deletionTimestamp);
  if (ending.length === 0) return;
  const names = ending.map(({ metadata }) => `pod/${metadata.name}`);
  await steps.run("Waiting for the old ones", cluster.kubectl("wait", "--for=delete", ...names, "--timeout=60s"));
}
