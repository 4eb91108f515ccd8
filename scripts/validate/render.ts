import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import { $ } from "zx";
import { NAMESPACE } from "../lib/deployment.ts";
import { ROOT } from "../lib/image.ts";
import { Problem } from "../lib/script.ts";
import { fieldsOf, type KubernetesObject, type Rendering } from "./objects.ts";

const KUSTOMIZE = join(ROOT, "deploy", "kustomize");
const CHART = join(ROOT, "deploy", "chart", "taskflow");
/** The supported versions. The chart is rendered for the newest, whatever version Helm was built for. */
export const KUBERNETES_VERSIONS = ["1.32", "1.33", "1.34", "1.35"];

/** An overlay with components, or the chart with values files. */
export interface Target {
  readonly name: string;
  readonly command: readonly string[];
  readonly resources: readonly string[];
  readonly components?: readonly string[];
  readonly values?: readonly string[];
}

/**
 * Returns what to render. Without arguments, each overlay alone and with each component that it does not include, and
 * the chart with each of its values files. An overlay or a component is given by its name or folder.
 * @throws Problem if an overlay or a component does not exist
 */
export function findTargets(overlay?: string, component?: readonly string[], values?: readonly string[]): Target[] {
  if (values && (overlay || component)) throw new Problem("--values is for the chart, not for an overlay.", 2);
  if (values) return [chartTarget(values)];
  const overlays = (overlay ? [overlay] : namesIn("overlays")).map(folderIn("overlays"));
  const targets = overlays.flatMap((folder) => {
    const others = overlay || component ? [] : otherComponents(folder);
    const sets = [component ?? [], ...others.map((name) => [name])];
    return sets.map((names) => overlayTarget(folder, names.map(folderIn("components"))));
  });
  if (overlay || component) return targets;
  const files = [...new Bun.Glob("values-*.yaml").scanSync({ cwd: CHART, absolute: true })].sort();
  return [...targets, chartTarget([]), ...files.map((file) => chartTarget([file]))];
}

const folderIn = (parent: string) => (name: string) => {
  const folder = name.includes("/") ? resolve(name) : join(KUSTOMIZE, parent, name);
  if (existsSync(join(folder, "kustomization.yaml"))) return folder;
  throw new Problem(`${shown(folder)} has no kustomization.yaml. Name a folder of deploy/kustomize/${parent}.`, 2);
};

const namesIn = (parent: string) => readdirSync(join(KUSTOMIZE, parent)).sort();
const shown = (path: string) => relative(process.cwd(), path) || ".";

/** Returns the components that neither an overlay nor the base includes. */
function otherComponents(overlay: string): string[] {
  const folders = [overlay, join(KUSTOMIZE, "base")];
  const text = folders.map((folder) => readFileSync(join(folder, "kustomization.yaml"), "utf8")).join("\n");
  return namesIn("components").filter((name) => !text.includes(`components/${name}\n`));
}

function overlayTarget(overlay: string, components: readonly string[]): Target {
  const name = [shown(overlay), ...components.map((each) => basename(each))].join(" + ");
  const command = ["kubectl", "kustomize", shown(overlay)];
  return { name, command, resources: [overlay], components };
}

function chartTarget(values: readonly string[]): Target {
  const name = [shown(CHART), ...values.map((file) => basename(file))].join(" + ");
  const options = [`--namespace=${NAMESPACE}`, `--kube-version=${KUBERNETES_VERSIONS.at(-1)}`];
  const files = values.map((file) => `--values=${shown(resolve(file))}`);
  const command = ["helm", "template", "taskflow", shown(CHART), ...options, ...files];
  return { name, command, resources: [], values };
}

/** Renders a target. @throws Problem with what Kustomize or Helm printed */
export async function render({ name, command, resources, components = [], values }: Target): Promise<Rendering> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "taskflow-validate-"));
  try {
    // The chart passes through Kustomize, too, because that refuses duplicate keys and objects as the API server does.
    if (values) await Bun.write(join(folder, "chart.yaml"), await output(command));
    const kustomization = {
      resources: values ? ["chart.yaml"] : resources.map((path) => relative(folder, realpathSync(path))),
      components: components.map((path) => relative(folder, realpathSync(path))),
    };
    await Bun.write(join(folder, "kustomization.yaml"), JSON.stringify(kustomization));
    const objects = [Bun.YAML.parse(await output(["kubectl", "kustomize", folder]))].flat() as KubernetesObject[];
    const fields = (values ?? []).flatMap((file) => [...fieldsOf(Bun.YAML.parse(readFileSync(file, "utf8")), "")]);
    const given = fields.filter(({ path }) => /existingSecret$|secretName$|pullSecrets\[|annotations\./.test(path));
    return { name, objects, given: given.map(({ value }) => value) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function output(command: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await $({ nothrow: true, quiet: true, input: "" })`${command}`;
  if (exitCode !== 0) throw new Problem(stderr.trim().replaceAll(/\s+/g, " "));
  return stdout;
}
