import { existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { $ } from "zx";
import { NAMESPACE } from "../lib/deployment.ts";
import { temporaryFolder } from "../lib/leftovers.ts";
import { KUBERNETES_VERSIONS } from "./deprecated.ts";
import type { KubernetesObject, Rendering } from "./objects.ts";
import { shown, type Target } from "./sources.ts";

/** Otherwise a chart would be rendered for whatever version this helm was made with. */
const NEWEST = KUBERNETES_VERSIONS.at(-1) ?? "";
const OLDEST = KUBERNETES_VERSIONS[0] ?? "";
const ORIGIN = "config.kubernetes.io/origin";

/** What a person would type to render a target, nearly: see `wrapped`. */
export function commandFor(target: Target, version = NEWEST): string[] {
  if (target.tool === "kubectl") return ["kubectl", "kustomize", shown(target.overlay)];
  return [
    "helm",
    "template",
    "taskflow",
    shown(target.chart),
    "--namespace",
    NAMESPACE,
    "--kube-version",
    version,
    ...valuesWords(target.values),
  ];
}

const valuesWords = (files: readonly string[]) => files.flatMap((file) => ["--values", shown(file)]);

/** @returns the objects, or what the tool said when it could not make them */
export async function render(target: Target): Promise<Rendering | { readonly failed: string }> {
  const folder = realpathSync(temporaryFolder(tmpdir()));
  if (target.tool === "kubectl") return kustomize(target, folder, wrapped(folder, target), kustomizeSources);
  const helm = await run(commandFor(target));
  if (helm.failed !== undefined) return { failed: helm.failed };
  const oldest = await run(commandFor(target, OLDEST));
  if (oldest.failed !== undefined) return { failed: oldest.failed };
  // Through kustomize, as it reads YAML the way the API server does, and refuses an object or a key that comes twice.
  await Bun.write(join(folder, "chart.yaml"), helm.output);
  return kustomize(target, folder, { resources: ["chart.yaml"] }, () => helmSources(helm.output, target.chart));
}

/** A kustomization that adds nothing but where each object comes from. */
function wrapped(folder: string, { overlay, components }: Target & { tool: "kubectl" }) {
  return {
    resources: [relative(folder, realpathSync(overlay))],
    components: components.map((each) => relative(folder, realpathSync(each))),
    buildMetadata: ["originAnnotations"],
  };
}

async function kustomize(
  target: Target,
  folder: string,
  kustomization: object,
  sourcesOf: (objects: KubernetesObject[], folder: string) => Map<string, string>,
): Promise<Rendering | { readonly failed: string }> {
  mkdirSync(folder, { recursive: true });
  await Bun.write(join(folder, "kustomization.yaml"), JSON.stringify(kustomization));
  const { failed, output } = await run(["kubectl", "kustomize", folder]);
  if (failed !== undefined) return { failed };
  const objects = parseObjects(output);
  if (objects.length === 0) return { failed: "comes to no object at all: name resources" };
  const origins = sourcesOf(objects, folder);
  const sources = new Map(objects.map((each) => [each, origins.get(identity(each)) ?? ""] as const));
  // Helm wants the namespace of a release to be there before it starts.
  const { name, tool } = target;
  if (tool === "kubectl") return { name, objects, sources };
  return { name, objects, sources, namespace: NAMESPACE, secrets: secretsNamedBy(target) };
}

/** `existingSecret: NAME`, and what else names a Secret in a chart's values. */
function secretsNamedBy({ chart, values }: Target & { tool: "helm" }): Set<string> {
  const names = new Set<string>();
  const walk = (value: unknown, key: string) => {
    if (value === null || typeof value !== "object") return;
    for (const [word, child] of Object.entries(value)) {
      if (/^(?:existingSecret|secretName)$/.test(word) || (word === "name" && /^secret(?:Key)?Ref$/.test(key)))
        names.add(String(child));
      walk(child, word);
    }
  };
  for (const file of [join(chart, "values.yaml"), ...values])
    if (existsSync(file)) walk(Bun.YAML.parse(readFileSync(file, "utf8")), "");
  return names;
}

/** Takes the origin, which is no part of what is deployed, out of each object. */
function kustomizeSources(objects: KubernetesObject[], folder: string): Map<string, string> {
  const sources = new Map<string, string>();
  for (const object of objects) {
    const annotations: Record<string, string> = object.metadata.annotations ?? {};
    const origin = Bun.YAML.parse(annotations[ORIGIN] ?? "") as { path?: string; configuredIn?: string } | null;
    delete annotations[ORIGIN];
    const file = origin?.path ?? origin?.configuredIn;
    if (file) sources.set(identity(object), shown(resolve(folder, file)));
  }
  return sources;
}

/** Helm writes the template above each object: `# Source: taskflow/templates/service.yaml`. */
function helmSources(output: string, chart: string): Map<string, string> {
  const sources = new Map<string, string>();
  for (const document of output.split(/^---$/m)) {
    const [, file] = document.match(/^# Source: [^/]+\/(.+)$/m) ?? [];
    for (const object of parseObjects(document)) if (file) sources.set(identity(object), shown(join(chart, file)));
  }
  return sources;
}

const identity = ({ kind, metadata }: KubernetesObject) => `${kind}/${metadata.namespace ?? ""}/${metadata.name}`;

function parseObjects(text: string): KubernetesObject[] {
  return [Bun.YAML.parse(text)]
    .flat()
    .map(withoutNulls)
    .filter((each): each is KubernetesObject => Boolean(each));
}

/** A field that is null is one that is not there, to the API server as well. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutNulls(each)]));
}

async function run(command: readonly string[]): Promise<{ readonly output: string; readonly failed?: string }> {
  const { exitCode, stdout, stderr } = await $({ nothrow: true, quiet: true, input: "" })`${command}`;
  if (exitCode === 0) return { output: stdout };
  const complaints = stdout.match(/^\[(?:ERROR|WARNING)\].*(?:\n[ \t-].*)*/gm)?.join(" ");
  return { output: "", failed: (complaints ?? `${stderr}${stdout}`).trim().replaceAll(/\s*\n\s*/g, " ") };
}

/** Helm's own look at a chart. @returns its complaints, or undefined */
export async function lint(chart: string, values: readonly string[]): Promise<string | undefined> {
  return (await run(lintCommand(chart, values))).failed;
}

export function lintCommand(chart: string, values: readonly string[]): string[] {
  return ["helm", "lint", "--strict", shown(chart), "--kube-version", NEWEST, ...valuesWords(values)];
}
