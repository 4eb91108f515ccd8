#!/usr/bin/env bun
import { which } from "zx";
import { need, Problem, runScript, type Steps } from "./lib/script.ts";
import { checkClaims } from "./validate/claims.ts";
import { checkConfiguration } from "./validate/configuration.ts";
import { checkData } from "./validate/data.ts";
import { checkDeprecated, checkKustomizations, KUBERNETES_VERSIONS } from "./validate/deprecated.ts";
import { checkImageEntries, checkImages, checkOneImage } from "./validate/images.ts";
import { checkIngresses } from "./validate/ingress.ts";
import { checkMonitors, watchedPaths } from "./validate/monitors.ts";
import { checkMounts } from "./validate/mounts.ts";
import { checkNetworkPolicies } from "./validate/network.ts";
import type { Finding, Findings, Rendering } from "./validate/objects.ts";
import { checkPatches } from "./validate/patches.ts";
import { checkPodRules } from "./validate/pod-rules.ts";
import { checkPodSecurity } from "./validate/pod-security.ts";
import { checkProbes, probedPaths } from "./validate/probes.ts";
import { askProgram, type Program } from "./validate/program.ts";
import { checkReferences } from "./validate/references.ts";
import { commandFor, lint, lintCommand, render } from "./validate/render.ts";
import { checkResources } from "./validate/resources.ts";
import { checkRollout } from "./validate/rollout.ts";
import { checkRules } from "./validate/rules.ts";
import { checkRunning } from "./validate/running.ts";
import { checkScaling } from "./validate/scaling.ts";
import { checkSchema } from "./validate/schema.ts";
import { checkFiles } from "./validate/secret-files.ts";
import { checkGenerators, checkSecrets } from "./validate/secrets.ts";
import { checkSelectors } from "./validate/selectors.ts";
import { findSources, type Target, takingPart } from "./validate/sources.ts";
import { checkTraefik } from "./validate/traefik.ts";
import { checkTraffic } from "./validate/traffic.ts";
import { checkWays } from "./validate/ways.ts";

const HELP = `Renders every overlay, and the chart with each of its files of values, and checks what comes out.

  bun scripts/validate.ts [FOLDER …]     deploy, unless folders are named

  --values FILE        each chart with this file of values alone (several: together, as Helm takes them)
  --component FOLDER   each overlay with this component on top, and without the rest (several: all of them)
  --dry-run            print what would be rendered
  --help               this

It checks: the schema of each object, strictly, and what the API server wants besides; that everything that is named
exists; that selectors select; that network policies open the ways that TaskFlow needs, and no more; the Pod Security
Standard “restricted” in every kind that makes pods; that nothing is deprecated for Kubernetes ${KUBERNETES_VERSIONS.join(", ")};
that probes, commands and settings are such as TaskFlow itself takes; resources, rollouts and disruption budgets; that
all of it runs, on one database; that no secret is in a folder that is named, or without any in the whole repository.
Each finding names its file, object and path, and the exit code is 1. It needs kubectl, and helm for the chart.`;

const CHECKS: readonly ((rendering: Rendering, program: Program) => Findings)[] = [
  checkRules,
  checkPodRules,
  checkReferences,
  checkMounts,
  checkTraffic,
  checkIngresses,
  checkTraefik,
  checkMonitors,
  checkNetworkPolicies,
  checkWays,
  checkSelectors,
  checkImages,
  checkOneImage,
  checkPodSecurity,
  checkConfiguration,
  checkProbes,
  checkData,
  checkClaims,
  checkSecrets,
  checkDeprecated,
  checkResources,
  checkRollout,
  checkRunning,
  checkScaling,
];

/** A finding, and the rendering in which it was found. */
interface Found extends Finding {
  readonly rendering: string;
  readonly source?: string;
}

await runScript({
  help: HELP,
  options: { values: { type: "string", multiple: true }, component: { type: "string", multiple: true } },
  async main(only, words, steps) {
    const folders = words.length > 0 ? words : ["deploy"];
    const sources = findSources(folders, only);
    const targets = await renderable(sources.targets);
    if (steps.dryRun) return dryRun(targets, steps);

    const { renderings, found } = await renderAll(targets);
    const sound = await checkSchemas(renderings, found);
    const all = sound.map(({ rendering }) => rendering);
    const program = await askProgram(all, [...probedPaths(all), ...watchedPaths(all)]);
    for (const { rendering, target } of sound) {
      const parts = takingPart(sources, target);
      for (const check of CHECKS) add(found, rendering, check(rendering, program));
      add(found, rendering, checkImageEntries(rendering, parts));
      add(found, rendering, checkPatches(rendering, parts));
    }
    const kustomizations = [...sources.kustomizations.values()];
    const files = [
      ...checkKustomizations(kustomizations),
      ...checkGenerators(kustomizations),
      ...(await checkFiles(words.length > 0 ? [...folders, ...sources.kustomizations.keys()] : ["."])),
    ];
    found.push(...files.map((each) => ({ ...each, rendering: "" })));
    report(found, renderings);
  },
});

/** Charts need helm; a gate must not pass because it is missing. */
async function renderable(targets: readonly Target[]): Promise<readonly Target[]> {
  await need("kubectl", "https://kubernetes.io/docs/tasks/tools/ says how to install it");
  if (!targets.some(({ tool }) => tool === "helm") || (await which("helm", { nothrow: true }))) return targets;
  const missing = "helm is missing: https://helm.sh/docs/intro/install says how to install it";
  if (process.env.CI) throw new Problem(missing);
  console.log(`skipped: the chart, as ${missing}`);
  return targets.filter(({ tool }) => tool !== "helm");
}

async function dryRun(targets: readonly Target[], steps: Steps) {
  for (const target of targets) {
    await steps.run(target.name, commandFor(target));
    if (target.tool === "helm") await steps.run("lint", lintCommand(target.chart, target.values));
  }
}

/** Renders everything at once. What can't be rendered is a finding like any other. */
async function renderAll(targets: readonly Target[]) {
  const found: Found[] = [];
  const renderings = await Promise.all(
    targets.map(async (target) => {
      const [rendering, complaint] = await Promise.all([
        render(target),
        target.tool === "helm" ? lint(target.chart, target.values) : undefined,
      ]);
      if (complaint) found.push({ rendering: target.name, path: "helm lint --strict", message: complaint });
      if (!("failed" in rendering)) return { rendering, target };
      found.push({ rendering: target.name, path: "rendering", message: rendering.failed });
    }),
  );
  return { found, renderings: renderings.filter((each) => each !== undefined) };
}

/** @returns the renderings of which every object has the right shape: the other checks can read no others */
async function checkSchemas<Each extends { readonly rendering: Rendering }>(all: readonly Each[], found: Found[]) {
  const unknown = new Set<string>();
  const sound: Each[] = [];
  for (const each of all) {
    const { rendering } = each;
    const verdicts = await Promise.all(rendering.objects.map((object) => checkSchema(object, rendering)));
    for (const [index, { findings, known }] of verdicts.entries()) {
      add(found, rendering, findings);
      const { apiVersion, kind } = rendering.objects[index] ?? {};
      if (!known) unknown.add(`${apiVersion} ${kind}`);
    }
    if (!verdicts.some(({ misshapen }) => misshapen)) sound.push(each);
    else console.log(`${rendering.name}: only the schema was checked, until it fits`);
  }
  for (const each of unknown) console.log(`not checked: the fields of ${each}, of which there is no schema here`);
  return sound;
}

function add(found: Found[], { name, sources }: Rendering, findings: Iterable<Finding>) {
  for (const each of findings)
    found.push({ ...each, rendering: name, source: each.object && (sources.get(each.object) || undefined) });
}

/** @throws Problem when there are findings */
function report(found: readonly Found[], renderings: readonly { readonly rendering: Rendering }[]) {
  const lines = found.map(({ rendering, source, file, object, path, message }) => {
    const from = [file ?? rendering, ...(source ? [`(${source})`] : [])].join(" ");
    const what = object ? `${object.kind}/${object.metadata.name} ` : "";
    return `${from}: ${what}${path}: ${message}`;
  });
  const all = [...new Set(lines)];
  for (const line of all) console.log(line);
  if (all.length > 0) throw new Problem(`${all.length} finding${all.length === 1 ? "" : "s"}`);
  for (const { rendering } of renderings)
    console.log(`${rendering.name}: ${rendering.objects.length} objects are right`);
}
