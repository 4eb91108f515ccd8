import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { KUBERNETES_VERSIONS } from "../../scripts/validate/render.ts";
import { run } from "./containers.ts";
import { ROOT } from "./program.ts";

export const CHART = join(ROOT, "deploy", "chart", "taskflow");
export const KUSTOMIZE = join(ROOT, "deploy", "kustomize");

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: any kind of object; a spec reads the fields that it expects
  readonly [field: string]: any;
}

/** An image that is not a default. */
export const IMAGE = { repository: "registry.example.org/taskflow", tag: "spec" };

const rendered = new Map<string, Promise<KubernetesObject[]>>();

/** Renders an overlay, once. @throws Error with Kustomize's message */
export function renderOverlay(overlay: string, components: readonly string[] = []): Promise<KubernetesObject[]> {
  const key = [overlay, ...components].join(" ");
  const objects = rendered.get(key) ?? kustomize(overlay, components);
  rendered.set(key, objects);
  return objects;
}

async function kustomize(overlay: string, components: readonly string[]): Promise<KubernetesObject[]> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "taskflow-spec-")));
  try {
    const place = (...path: string[]) => relative(folder, realpathSync(join(KUSTOMIZE, ...path)));
    const kustomization = {
      resources: [place(overlay)],
      components: components.map((name) => place("components", name)),
      images: [{ name: "taskflow", newName: IMAGE.repository, newTag: IMAGE.tag }],
    };
    writeFileSync(join(folder, "kustomization.yaml"), JSON.stringify(kustomization));
    return objectsOf(await output(["kubectl", "kustomize", folder]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The default depends on the version of Helm. */
const VERSION = ["--kube-version", KUBERNETES_VERSIONS.at(-1) ?? ""];

/** Runs `helm template` for a release with this name. */
export const templateAs = (name: string, ...words: string[]) =>
  run(["helm", "template", name, CHART, "--namespace", "taskflow", ...VERSION, ...words]);
export const template = (...words: string[]) => templateAs("taskflow", ...words);

/** Runs `helm lint --strict`. */
export const lint = (...words: string[]) => run(["helm", "lint", "--strict", CHART, ...VERSION, ...words]);

/** Returns the chart's objects, without those of `helm test`. @throws Error with Helm's message */
export async function renderChart(...words: string[]): Promise<KubernetesObject[]> {
  const image = Object.entries(IMAGE).flatMap(([key, value]) => ["--set", `image.${key}=${value}`]);
  const { code, stdout, stderr } = await template(...image, ...words);
  if (code !== 0) throw new Error(stderr);
  return objectsOf(stdout).filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/component"] !== "test");
}

async function output(command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(command);
  if (code !== 0 || stderr !== "") throw new Error(`${command.join(" ")}: ${stderr}`);
  return stdout;
}

const objectsOf = (yaml: string) => [Bun.YAML.parse(yaml)].flat().filter(Boolean) as KubernetesObject[];

/**
 * Returns the objects by kind and name for a comparison. Leaves out the tool that rendered them, Helm's own labels and
 * annotations, the hash in a name, and the order of a list whose items have names.
 */
export function comparable(objects: readonly KubernetesObject[]): Record<string, unknown> {
  const entries = objects.map((each) => {
    const object = normalised(each) as KubernetesObject;
    return [`${object.kind}/${object.metadata.name}`, object] as const;
  });
  if (new Set(entries.map(([name]) => name)).size !== entries.length) throw new Error("an object is rendered twice");
  return Object.fromEntries(entries);
}

function normalised(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/^(taskflow-config)-[0-9a-z]{10}$/, "$1-HASH");
  if (Array.isArray(value)) {
    const key = (item: unknown) =>
      (item as { mountPath?: string })?.mountPath ?? (item as { name?: string })?.name ?? "";
    return value.map(normalised).sort((a, b) => key(a).localeCompare(key(b)));
  }
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value)
    .filter(([key]) => key !== "app.kubernetes.io/managed-by" && !key.startsWith("helm.sh/"))
    .map(([key, child]) => [key, normalised(child)] as const)
    .filter(([key, child]) => key !== "annotations" || Object.keys(child as object).length > 0);
  return Object.fromEntries(entries);
}
