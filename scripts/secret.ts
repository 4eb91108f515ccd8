#!/usr/bin/env bun
import { awaitRollout } from "./deploy/rollout.ts";
import { factsOf, newKey, readSecret, writeSecret } from "./deploy/secret.ts";
import { openCluster } from "./lib/cluster.ts";
import { Problem, runScript } from "./lib/script.ts";

const HELP = `bun scripts/secret.ts rotate: a new key that signs sessions, and nobody is signed out

  --context NAME    the cluster; without, the current one
  --dry-run         prints the commands
  --help

What the key of before has signed still counts. A session lasts 30 days: after that the older key is of no use.
Rotating twice within them signs out whoever has not signed in since the first time: do so when a key has leaked.`;

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
    const { checksum } = await factsOf(steps, cluster);
    const annotations = { "taskflow.local/secret-checksum": checksum };
    const patch = JSON.stringify({ spec: { template: { metadata: { annotations } } } });
    await steps.run("Rolling the pods", cluster.kubectl("patch", "deployment/taskflow", "--patch", patch));
    await awaitRollout(steps, cluster);
  },
});
