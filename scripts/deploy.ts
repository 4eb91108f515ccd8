#!/usr/bin/env bun
import { lookup } from "node:dns/promises";
import { join } from "node:path";
import { $ } from "zx";
import { holdContract } from "./deploy/contract.ts";
import { backUp } from "./deploy/job.ts";
import { helmWords, partsOf, refuseSplit, render, type Wanted } from "./deploy/render.ts";
import { awaitRollout, explain, goodRevision, helm, helmForce, refuseOtherTool, rollBack } from "./deploy/rollout.ts";
import { ensureSecret, expectDatabase, factsOf } from "./deploy/secret.ts";
import { type Cluster, getJson, HOST, LOCAL, openCluster, SERVER_SIDE } from "./lib/cluster.ts";
import { NAMESPACE } from "./lib/deployment.ts";
import { describeCommit, ROOT } from "./lib/image.ts";
import { confirm, need, Problem, runScript, type Steps } from "./lib/script.ts";

const HELP = `bun scripts/deploy.ts dev|staging|prod: puts this checkout into a cluster, and proves that it works there

  --chart           the Helm chart (staging always) instead of the Kustomize overlay
  --postgres        on the PostgreSQL that the Secret taskflow-database names; needed on several nodes in production
  --image REF       this image, which is there already; without, this commit's is built and pushed
  --context NAME    the cluster; without, the current one, and for dev only ${LOCAL.context}
  --url URL         where its ingress is reached; without, ${LOCAL.url} for k3d, or https://${HOST}
  --yes             does not ask
  --dry-run         prints the commands
  --help

The manifests are validated; the image is built, and pushed to TASKFLOW_REGISTRY (k3d: ${LOCAL.registry}) under
the commit's tag; the Secret is made unless it is there (with a backup-passphrase in it backups are encrypted); the
difference is shown and asked about, then applied; the rollout is waited for; test/contract runs through the ingress.
When one of the last two fails, events and logs are shown, what served before comes back, and the exit code is 1.
Where no backup was made yet, the first one is.`;

await runScript({
  help: HELP,
  options: {
    chart: { type: "boolean" },
    postgres: { type: "boolean" },
    image: { type: "string" },
    context: { type: "string" },
    url: { type: "string" },
    yes: { type: "boolean" },
  },
  async main({ chart = false, postgres = false, image, context, url, yes = false }, [stage = "", ...more], steps) {
    if (!["dev", "staging", "prod"].includes(stage) || more.length > 0)
      throw new Problem("say dev, staging or prod; see --help", 2);
    if (image !== undefined) partsOf(image);
    const byChart = chart || stage === "staging";
    if (byChart) await need("helm", "https://helm.sh/docs/intro/install says how to install it");
    const cluster = await openCluster(steps, context);
    if (stage === "dev" && context === undefined && cluster.context !== LOCAL.context)
      throw new Problem(`dev goes to ${LOCAL.context}, and the current context is ${cluster.context}: say --context`);
    console.error(`To ${cluster.context}, namespace ${NAMESPACE}`);

    await refuseOtherTool(steps, cluster, byChart);
    // The contract's specs and the validator need more than a clone has.
    const install = ["install", "--frozen-lockfile", "--cwd", ROOT];
    await steps.run("Installing what this needs", [process.execPath, ...install]);
    await steps.run("Validating the manifests", [process.execPath, join(ROOT, "scripts", "validate.ts")]);
    const reference = image ?? (await publish(steps, cluster));
    // Who may only use the namespace may not know.
    const nodes = (await getJson<{ items: unknown[] }>(steps, cluster, "nodes").catch(() => undefined))?.items.length;
    const draft = { stage, chart: byChart, postgres, image: reference, checksum: "none", encrypted: false };
    if (nodes !== undefined || !steps.dryRun) refuseSplit(await render(steps, draft), stage, nodes);

    // An overlay has the namespace, with labels of its own; the chart has not.
    if (byChart || !(await getJson(steps, cluster, "namespace", NAMESPACE))) {
      const file = join(ROOT, "deploy", "kustomize", "base", "namespace.yaml");
      await steps.run("Making the namespace", cluster.kubectl("apply", ...SERVER_SIDE, `--filename=${file}`));
    }
    await ensureSecret(steps, cluster);
    if (postgres) await expectDatabase(steps, cluster);
    const wanted: Wanted = { ...draft, ...(await factsOf(steps, cluster)) };
    const yaml = await render(steps, wanted);
    if (await differs(steps, cluster, yaml)) {
      if (!yes && !steps.dryRun) await confirm(`Apply this to ${cluster.context}?`);
    } else console.error("Nothing differs.");
    await roll(steps, cluster, wanted, yaml, url ?? (cluster.isLocal ? LOCAL.url : `https://${HOST}`));
    await firstBackup(steps, cluster);
    if (steps.dryRun) return;
    const named = await lookup(HOST).catch(() => undefined);
    if (cluster.isLocal && !url && !named)
      console.error(`To reach it by name, add this line to /etc/hosts:\n127.0.0.1 ${HOST}`);
    console.log(url ?? (cluster.isLocal ? `http://${HOST}:8080` : `https://${HOST}`));
  },
});

/** Builds and pushes. @returns the image's reference: the commit's tag, and another for files that no commit holds */
async function publish(steps: Steps, { isLocal, context }: Cluster): Promise<string> {
  const registry = process.env.TASKFLOW_REGISTRY || (isLocal ? LOCAL.registry : undefined);
  if (!registry)
    throw new Problem(
      `say which registry ${context} takes images from: TASKFLOW_REGISTRY=registry.example.org, or --image`,
    );
  const { revision } = await describeCommit(steps);
  const [commit = "", modified] = revision.split("-");
  const changes = modified === undefined ? "" : `-${await hashOfChanges()}`;
  const reference = `${registry}/taskflow:${commit.slice(0, 12)}${changes}`;
  const script = join(ROOT, "scripts", "image.ts");
  await steps.run("Building and pushing the image", [process.execPath, script, "--tag", reference, "--push"]);
  return reference;
}

async function hashOfChanges(): Promise<string> {
  const git = $({ cwd: ROOT, quiet: true, nothrow: true });
  const changes = `${await git`git diff HEAD`}${await git`git ls-files --others --exclude-standard`}`;
  return Bun.SHA256.hash(changes, "hex").slice(0, 8);
}

/** Shows what would change. @throws Problem when the cluster would refuse it */
async function differs(steps: Steps, { kubectl }: Cluster, yaml: string): Promise<boolean> {
  const command = kubectl("diff", ...SERVER_SIDE, "--filename=-");
  if (steps.dryRun) {
    console.log(command.join(" "));
    return true;
  }
  const { exitCode, stdout, stderr } = await $({ input: yaml, nothrow: true, quiet: true })`${command}`;
  if (stdout) console.log(stdout.trimEnd());
  if (exitCode !== null && exitCode > 1) throw new Problem(`the cluster would not take it:\n${stderr.trim()}`);
  return exitCode === 1;
}

/** Nobody should find out at night that backups can't be made. @throws Problem */
async function firstBackup(steps: Steps, cluster: Cluster): Promise<void> {
  const cron = await getJson<{ status?: { lastSuccessfulTime?: string } }>(steps, cluster, "cronjob/taskflow-backup");
  if (!cron || cron.status?.lastSuccessfulTime) return;
  console.error(`The first backup: ${await backUp(steps, cluster)}`);
}

/** Applies, waits, proves; goes back when that fails. @throws Problem */
async function roll(steps: Steps, cluster: Cluster, wanted: Wanted, yaml: string, url: string): Promise<void> {
  const before = await goodRevision(steps, cluster);
  try {
    if (wanted.chart)
      await steps.run("Applying the chart", [
        ...helm(cluster, "upgrade", "--install"),
        ...(await helmForce(steps)),
        ...helmWords(wanted),
      ]);
    else await steps.run("Applying", cluster.kubectl("apply", ...SERVER_SIDE, "--filename=-"), { input: yaml });
    await awaitRollout(steps, cluster);
    await holdContract(steps, url);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(error.message);
    await explain(steps, cluster);
    if (before === undefined)
      throw new Problem("The deployment failed, and nothing served before it that it could go back to.");
    await rollBack(steps, cluster, before);
    throw new Problem("The deployment failed; what served before it serves again.");
  }
}
