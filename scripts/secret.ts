#!/usr/bin/env bun
import { awaitRollout } from "./deploy/rollout.ts";
import { checksumOf, newKey, readSecret, writeSecret } from "./deploy/secret.ts";
import { openCluster } from "./lib/cluster.ts";
import { Problem, runScript } from "./lib/script.ts";

const HELP = `bun scripts/secret.ts rotate: a new key that signs sessions, and nobody is signed out

  --context NAME    the cluster; without, the current one
  --dry-run         prints the commands
  --help

What the key of before has signed counts on. A session lasts 30 days: rotate again after that, and the older key is gone.
Rotating twice within them signs out whoever has not signed in since the first time. A leaked key: rotate twice.`;

await runScript({
  help: HELP,
  options: { context: { type: "string" } },
  async main({ context }, words, steps) {
    if (words.join() !== "rotate") throw new Problem("say rotate; see --help", 2);
    const cluster = await openCluster(steps, context);
    const secret = await readSecret(steps, cluster);
    const { "jwt-secret": current, ...others } = secret?.data ?? {};
    if (!current && !steps.dryRun) throw new Problem("there is no Secret to rotate: bun scripts/deploy.ts makes it");
    const text = (base64 = "") => Buffer.from(base64, "base64").toString();
    const kept = Object.fromEntries(Object.entries(others).map(([name, value]) => [name, text(value)]));
    const values = { ...kept, "jwt-secret": newKey(), "jwt-secret-previous": text(current) };
    const version = secret?.metadata.resourceVersion;
    await writeSecret(steps, cluster, "Changing the key", values, "replace", version);
    const annotations = { "taskflow.local/secret-checksum": await checksumOf(steps, cluster) };
    const patch = JSON.stringify({ spec: { template: { metadata: { annotations } } } });
    await steps.run("Rolling the pods", cluster.kubectl("patch", "deployment/taskflow", "--patch", patch));
    await awaitRollout(steps, cluster);
  },
});
