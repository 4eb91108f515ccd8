#!/usr/bin/env bun
import { lookup } from "node:dns/promises";
import { basename, join } from "node:path";
import { $ } from "zx";
import { entranceOf, isNameless } from "./deploy/entrance.ts";
import { backUp } from "./deploy/job.ts";
import { type App, find, imageOf } from "./deploy/objects.ts";
import { type Kept, listProven } from "./deploy/proven.ts";
import { partsOf, render, validatorWords, type Wanted } from "./deploy/render.ts";
import { roll } from "./deploy/roll.ts";
import { droppedFrom, findApp, refuseOtherTool } from "./deploy/rollout.ts";
import { ensureSecret, expectDatabase, factsOf } from "./deploy/secret.ts";
import { refuseOtherEngine, refuseSplit } from "./deploy/split.ts";
import { type Cluster, getJson, LOCAL, openCluster, SERVER_SIDE } from "./lib/cluster.ts";
import { IMAGE, NAMESPACE } from "./lib/deployment.ts";
import { describeCommit, ROOT } from "./lib/image.ts";
import { confirm, need, Problem, runScript, type Steps } from "./lib/script.ts";

const HELP = `bun scripts/deploy.ts dev|staging|prod: puts this checkout into a cluster, and proves that it works there

  --chart           the Helm chart (staging always) instead of the Kustomize overlay
  --postgres        on the PostgreSQL that the Secret taskflow-database names; needed on several nodes in production
  --image REF       this image, which is there already; without, this commit's is built and pushed
  --context NAME    the cluster; without, the current one, and for dev only ${LOCAL.context}
  --url URL         where it is reached; without, ${LOCAL.url} for ${LOCAL.context}, or the Ingress's own name
  --yes             does not ask
  --dry-run         prints the commands
  --help

The manifests are validated; the image is built, and pushed to TASKFLOW_REGISTRY (for ${LOCAL.context} ${LOCAL.registry}) under
the commit's tag; the Secret is made unless it is there (with a backup-passphrase in it backups are encrypted); the
difference is shown and asked about; before another image a backup is made; then it is applied, the rollout waited for,
and test/contract run through the ingress. When that fails, events and logs are shown, all that was proven last is put
back, and the exit code is 1. What holds is kept in the cluster as proven. Where no backup was made yet, the first is.`;

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

    const live = await findApp(steps, cluster);
    refuseOtherTool(live, byChart);
    // Before anything is built: the image makes no difference to what is refused.
    const draft = {
      stage,
      chart: byChart,
      postgres,
      image: image ?? `${IMAGE}:draft`,
      checksum: "none",
      encrypted: false,
    };
    await refuse(steps, cluster, live, draft, url);

    // The contract's specs and the validator need more than a clone has.
    const install = ["install", "--frozen-lockfile", "--cwd", ROOT];
    await steps.run("Installing what this needs", [process.execPath, ...install]);
    const validate = [join(ROOT, "scripts", "validate.ts"), ...validatorWords(draft)];
    await steps.run("Validating the manifests", [process.execPath, ...validate]);
    const reference = image ?? (await publish(steps, cluster));

    // An overlay has the namespace, with labels of its own; the chart has not.
    if (byChart || !(await getJson(steps, cluster, "namespace", NAMESPACE))) {
      const file = join(ROOT, "deploy", "kustomize", "base", "namespace.yaml");
      await steps.run("Making the namespace", cluster.kubectl("apply", ...SERVER_SIDE, `--filename=${file}`));
    }
    await ensureSecret(steps, cluster);
    if (postgres) await expectDatabase(steps, cluster);
    const wanted: Wanted = { ...draft, image: reference, ...(await factsOf(steps, cluster, postgres)) };
    const yaml = await render(steps, wanted);
    const kept = await listProven(steps, cluster, byChart);
    if (await differs(steps, cluster, yaml, byChart ? undefined : kept.at(-1))) {
      if (!yes && !steps.dryRun) await confirm(`Apply this to ${cluster.context}?`);
    } else console.error("Nothing differs.");
    const backup = await backUpBefore(steps, cluster, live, yaml);
    const entrance = entranceOf(yaml, cluster, url);
    await roll({ steps, cluster, wanted, yaml, entrance, live, kept, backup });
    await firstBackup(steps, cluster);
    if (steps.dryRun) return;
    if (isNameless(entrance) && !url && !(await lookup(entrance.host).catch(() => undefined)))
      console.error(`To reach it by name, add this line to /etc/hosts:\n127.0.0.1 ${entrance.host}`);
    console.log(entrance.address);
  },
});

/** @throws Problem for what would split the data, or can't be reached */
async function refuse(steps: Steps, cluster: Cluster, live: App | undefined, draft: Wanted, url: string | undefined) {
  const yaml = await render(steps, draft);
  const app = find(yaml, "Deployment");
  if (!app) throw new Problem("the rendering has no Deployment");
  entranceOf(yaml, cluster, url);
  refuseOtherEngine(cluster, live, app);
  // Who may only use the namespace may not know.
  const nodes = (await getJson<{ items: unknown[] }>(steps, cluster, "nodes").catch(() => undefined))?.items.length;
  if (nodes !== undefined || !steps.dryRun) refuseSplit(app, draft.stage, nodes);
}

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
async function differs(steps: Steps, { kubectl }: Cluster, yaml: string, before: Kept | undefined): Promise<boolean> {
  const command = kubectl("diff", ...SERVER_SIDE, "--filename=-");
  if (steps.dryRun) {
    console.log(command.join(" "));
    return true;
  }
  const { exitCode, stdout, stderr } = await $({ input: yaml, nothrow: true, quiet: true })`${command}`;
  if (stdout) console.log(stdout.trimEnd());
  if (exitCode !== null && exitCode > 1) throw new Problem(`the cluster would not take it:\n${stderr.trim()}`);
  const dropped = droppedFrom(before?.manifests, yaml);
  for (const { kind, metadata } of dropped) console.log(`- ${kind}/${metadata.name} goes`);
  return exitCode === 1 || dropped.length > 0;
}

/**
 * A newer version may bring the database to where an older one does not start on it any more.
 * @returns the name of the backup, or undefined where none was made, which it says
 * @throws Problem when it can't be made
 */
async function backUpBefore(steps: Steps, cluster: Cluster, live: App | undefined, yaml: string) {
  if (!live || imageOf(live) === imageOf(find(yaml, "Deployment"))) return undefined;
  if (!live.status?.availableReplicas) return void console.error("No backup before: TaskFlow does not serve now.");
  if (!(await getJson(steps, cluster, "cronjob/taskflow-backup")))
    return void console.error("No backup before: there is no CronJob taskflow-backup yet.");
  const name = basename(await backUp(steps, cluster));
  console.error(`The backup from before: ${name}`);
  return name;
}

/** Nobody should find out at night that backups can't be made. @throws Problem */
async function firstBackup(steps: Steps, cluster: Cluster): Promise<void> {
  const cron = await getJson<{ status?: { lastSuccessfulTime?: string } }>(steps, cluster, "cronjob/taskflow-backup");
  if (!cron || cron.status?.lastSuccessfulTime) return;
  console.error(`The first backup: ${await backUp(steps, cluster)}`);
}
