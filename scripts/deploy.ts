#!/usr/bin/env bun
import { join, resolve } from "node:path";
import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import { endpointOf } from "./deploy/endpoint.ts";
import { refuseOtherEngine, refuseOtherTool, refuseSplit } from "./deploy/guards.ts";
import { backUp, findCronJob } from "./deploy/job.ts";
import { find, imageOf, onlyIn } from "./deploy/objects.ts";
import {
  CHART,
  newComponents,
  partsOf,
  type Rendering,
  render,
  type Target,
  validatorArguments,
} from "./deploy/render.ts";
import { roll } from "./deploy/roll.ts";
import { findApp, readPassed } from "./deploy/rollout.ts";
import { checksumOf, ensureSecret, expectDatabase, readSecret } from "./deploy/secret.ts";
import { type Cluster, getJson, LOCAL, openCluster, SERVER_SIDE } from "./lib/cluster.ts";
import { IMAGE, NAMESPACE } from "./lib/deployment.ts";
import { describeCommit, ROOT } from "./lib/image.ts";
import { confirm, need, Problem, runScript, type Steps } from "./lib/script.ts";

const HELP = `Usage: bun scripts/deploy.ts dev|staging|prod [options]

Deploys this checkout to a Kubernetes cluster and checks it. Rolls back if the rollout or the check fails.

  --image REF       deploy this image; by default the image of this commit is built and pushed to TASKFLOW_REGISTRY
  --postgres        use PostgreSQL; required in production on several nodes
  --component NAME  add a component of deploy/kustomize/components, such as local-storage; can be repeated
  --chart           use the Helm chart instead of the overlay; staging always does
  --values FILE     add a values file to the chart; can be repeated
  --context NAME    cluster to deploy to; default: ${LOCAL.context} for dev, else the current context
  --url URL         where the cluster is reached; default: the host of the Ingress
  --watch SECONDS   how long to watch the error rate after the check; default: 60 for prod, else 0
  --yes             don't ask before applying the changes
  --dry-run         print the commands; needs no cluster
  --help

The check runs through the Ingress: the contract specs on dev and staging, taskflow check and the error rate on prod.
The accounts that it creates are deleted. See docs/kubernetes.md.`;

const many = { type: "string", multiple: true } as const;
const one = { type: "string" } as const;
const flag = { type: "boolean" } as const;

await runScript({
  help: HELP,
  options: {
    ...{ image: one, postgres: flag, component: many, chart: flag, values: many },
    ...{ context: one, url: one, watch: one, yes: flag },
  },
  async main({ postgres = false, component = [], values = [], image, url, yes = false, ...options }, words, steps) {
    const [stage = "", ...more] = words;
    if (!["dev", "staging", "prod"].includes(stage) || more.length > 0)
      throw new Problem("Usage: bun scripts/deploy.ts dev|staging|prod; see --help", 2);
    const watch = Number(options.watch ?? (stage === "prod" ? 60 : 0));
    if (!(watch >= 0)) throw new Problem(`--watch: “${options.watch}” is not a number of seconds.`, 2);
    if (image !== undefined) partsOf(image);
    const chart = options.chart || stage === "staging";
    if (chart ? component.length > 0 : values.length > 0)
      throw new Problem("--component is for overlays, and --values for the chart (--chart).", 2);
    if (chart) await need("helm", "see https://helm.sh/docs/intro/install");
    const cluster = await openCluster(steps, options.context ?? (stage === "dev" ? LOCAL.context : undefined));
    console.error(`Deploying ${stage} to ${cluster.context ?? "the current context"}, namespace ${NAMESPACE}`);

    const live = await findApp(steps, cluster);
    refuseOtherTool(live, chart);
    const components = [...(postgres ? ["postgres"] : []), ...component];
    const files = values.map((file) => resolve(file));
    const draft: Target = {
      ...{ stage, chart, image: image ?? `${IMAGE}:draft`, checksum: "none", encryptedBackups: false },
      components: chart ? [] : newComponents(stage, components),
      values: [...(chart && postgres ? [join(CHART, "values-postgres.yaml")] : []), ...files],
    };
    const { yaml } = await render(steps, draft);
    endpointOf(yaml, cluster, url);
    refuseOtherEngine(cluster, live, find(yaml, "Deployment"));
    await refuseSplit(steps, cluster, find(yaml, "Deployment"), stage);
    // A fresh clone has no packages.
    const install = [process.execPath, "install", "--frozen-lockfile", "--cwd", ROOT];
    await steps.run("Installing dependencies", install);
    const validate = [process.execPath, join(ROOT, "scripts", "validate.ts"), ...validatorArguments(draft)];
    await steps.run("Validating the manifests", validate);
    const reference = image ?? (await publish(steps, cluster));

    // The overlay contains the namespace, but the Secret has to be created first. The chart does not contain it.
    if (chart || !(await getJson(steps, cluster, "namespace", NAMESPACE))) {
      const file = join(ROOT, "deploy", "kustomize", "base", "namespace.yaml");
      await steps.run("Creating the namespace", cluster.kubectl("apply", ...SERVER_SIDE, `--filename=${file}`));
    }
    await ensureSecret(steps, cluster);
    if (postgres) await expectDatabase(steps, cluster);
    const { data = {} } = (await readSecret(steps, cluster)) ?? {};
    const encryptedBackups = Boolean(data["backup-passphrase"]);
    if (encryptedBackups) components.push("encrypted-backups");
    const checksum = await checksumOf(steps, cluster, data, postgres);
    const target: Target = {
      ...{ ...draft, image: reference, checksum, encryptedBackups },
      components: chart ? [] : newComponents(stage, components),
    };
    const rendering = await render(steps, target);
    const passed = chart ? undefined : await readPassed(steps, cluster);
    const isDifferent = await showDiff(steps, cluster, rendering, passed);
    if (isDifferent && !yes && !steps.dryRun) await confirm(`Apply these changes to ${cluster.context}?`);
    const backup = await backUpBefore(steps, cluster, live, rendering.yaml);
    await roll({ steps, cluster, target, rendering, url, passed, backup, watch });
    if (steps.dryRun) return;
    // A problem with backups should show now rather than at night.
    const cron = await findCronJob(steps, cluster);
    if (cron && !cron.status?.lastSuccessfulTime) console.error(`First backup: ${await backUp(steps, cluster)}`);
    const endpoint = endpointOf(rendering.yaml, cluster, url);
    if (cluster.isLocal) console.error(`To open it by name, add to /etc/hosts: 127.0.0.1 ${endpoint.host}`);
    console.log(endpoint.address);
  },
});

/** Builds and pushes the image. @returns its reference: the tag is the commit, and unique if there are uncommitted changes */
async function publish(steps: Steps, { isLocal, context }: Cluster): Promise<string> {
  const example = "registry.example.org";
  const registry = process.env.TASKFLOW_REGISTRY || (isLocal ? LOCAL.registry : steps.dryRun && example);
  if (!registry)
    throw new Problem(
      `Set TASKFLOW_REGISTRY to the registry that ${context} uses, such as ${example}, or use --image.`,
    );
  const { revision } = await describeCommit(steps);
  const [commit = "", modified] = revision.split("-");
  const changes = modified === undefined ? "" : `-${Date.now().toString(36)}`;
  const reference = `${registry}/taskflow:${commit.slice(0, 12)}${changes}`;
  const script = join(ROOT, "scripts", "image.ts");
  await steps.run("Building and pushing the image", [process.execPath, script, "--tag", reference, "--push"]);
  return reference;
}

/** Shows what would change. @returns whether anything would @throws Problem if the cluster refuses the objects */
async function showDiff(
  ...[steps, { kubectl }, { yaml, file }, before]: [Steps, Cluster, Rendering, string | undefined]
): Promise<boolean> {
  const command = kubectl("diff", ...SERVER_SIDE, `--filename=${file}`);
  if (steps.dryRun) return (await steps.run("Comparing", command)) === "";
  const { exitCode, stdout, stderr } = await steps.capture(command);
  if (stdout) console.log(stdout.trimEnd());
  if (exitCode !== null && exitCode > 1) throw new Problem(`The cluster refuses the objects:\n${stderr.trim()}`);
  const removed = before ? onlyIn(before, yaml) : [];
  for (const { kind, metadata } of removed) console.log(`- ${kind}/${metadata.name} will be removed`);
  if (exitCode === 0 && removed.length === 0) console.error("No changes.");
  return exitCode === 1 || removed.length > 0;
}

/**
 * Makes a backup before a new image: an older version does not start on a database that a newer one has migrated.
 * @returns its name, or undefined if there is nothing to back up
 * @throws Problem if it fails
 */
async function backUpBefore(steps: Steps, cluster: Cluster, live: IDeployment | undefined, yaml: string) {
  if (steps.dryRun) return backUp(steps, cluster);
  if (!live || imageOf(live) === imageOf(find(yaml, "Deployment"))) return undefined;
  if (!live.status?.availableReplicas) return void console.error("No backup: TaskFlow is not running.");
  if (!(await findCronJob(steps, cluster)))
    return void console.error("No backup: there is no CronJob taskflow-backup.");
  const name = await backUp(steps, cluster);
  console.error(`Backup before the deployment: ${name}`);
  return name;
}
