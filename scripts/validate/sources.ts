import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { Problem } from "../lib/script.ts";

/** A `kustomization.yaml`, as it is written. */
export interface Kustomization {
  readonly file: string;
  readonly folder: string;
  readonly component: boolean;
  readonly content: Record<string, unknown>;
  /** The folders of those that it builds on. */
  readonly uses: readonly string[];
}

/** What is to be rendered. Paths are as a person would type them. */
export type Target =
  | {
      readonly tool: "kubectl";
      readonly name: string;
      readonly overlay: string;
      readonly components: readonly string[];
    }
  | { readonly tool: "helm"; readonly name: string; readonly chart: string; readonly values: readonly string[] };

export interface Sources {
  readonly kustomizations: ReadonlyMap<string, Kustomization>;
  readonly charts: readonly string[];
  readonly targets: readonly Target[];
}

const NAMES = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** How a person standing here would name a path. */
export function shown(path: string): string {
  const name = relative(process.cwd(), path);
  return name.startsWith("..") ? path : name || ".";
}

/** What is to be deployed, and nothing else: without, everything that there is. */
export interface Only {
  /** Folders of components, which go on top of each overlay. */
  readonly component?: readonly string[];
  /** Files of values, which each chart is given together. */
  readonly values?: readonly string[];
}

/**
 * Finds what there is to render: every overlay (a kustomization on which no other builds), every component that no
 * overlay has on top of each of them, and each chart with every one of its files of values.
 * @throws Problem where there is nothing, as a check of nothing would pass
 */
export function findSources(folders: readonly string[], { component, values }: Only = {}): Sources {
  const kustomizations = new Map<string, Kustomization>();
  const charts: string[] = [];
  for (const folder of folders) {
    if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new Problem(`there is no folder ${folder}`, 2);
    const files = [
      ...new Bun.Glob("**/{kustomization.yaml,kustomization.yml,Kustomization,Chart.yaml}").scanSync(folder),
    ];
    for (const file of files.sort()) {
      const place = resolve(folder, dirname(file));
      if (file.endsWith("Chart.yaml")) charts.push(place);
      else load(place, kustomizations);
    }
  }
  for (const file of values ?? []) if (!existsSync(file)) throw new Problem(`there is no file ${file}`, 2);
  const components = component?.map((each) => resolve(each));
  for (const each of components ?? []) {
    load(each, kustomizations);
    if (!kustomizations.get(each)?.component) throw new Problem(`there is no component ${shown(each)}`, 2);
  }
  const targets = [
    ...overlayTargets(kustomizations, components),
    ...charts.flatMap((chart) => chartTargets(chart, values)),
  ];
  if (targets.length === 0) throw new Problem(`there is no overlay and no chart in ${folders.join(", ")}`);
  return { kustomizations, charts, targets };
}

/** Reads a kustomization and those that it builds on, wherever they are. */
function load(folder: string, into: Map<string, Kustomization>) {
  const name = NAMES.find((each) => existsSync(join(folder, each)));
  if (!name || into.has(folder)) return;
  const file = join(folder, name);
  const content = parse(file);
  const uses = ["resources", "components", "bases"]
    .flatMap((field) => (Array.isArray(content[field]) ? content[field] : []))
    .filter((each): each is string => typeof each === "string")
    .map((each) => resolve(folder, each));
  into.set(folder, { file, folder, component: content.kind === "Component", content, uses });
  for (const each of uses) load(each, into);
}

function parse(file: string): Record<string, unknown> {
  try {
    return (Bun.YAML.parse(readFileSync(file, "utf8")) ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw new Problem(`${shown(file)} is no YAML: ${(error as Error).message}`);
  }
}

function overlayTargets(
  kustomizations: ReadonlyMap<string, Kustomization>,
  wanted: readonly string[] | undefined,
): Target[] {
  const all = [...kustomizations.values()];
  const used = new Set(all.flatMap(({ uses }) => uses));
  const overlays = all.filter(({ folder, component }) => !component && !used.has(folder));
  const loose = all.filter(({ folder, component }) => component && !used.has(folder));
  const each = wanted ? [wanted] : [[], ...loose.map(({ folder }) => [folder])];
  return overlays.flatMap(({ folder: overlay }) =>
    each.map((components): Target => {
      const name = [shown(overlay), ...components.map(shown)].join(" with ");
      return { tool: "kubectl", name, overlay, components };
    }),
  );
}

function chartTargets(chart: string, wanted: readonly string[] | undefined): Target[] {
  const files = [...new Bun.Glob("values-*.yaml").scanSync(chart)].sort();
  return (wanted ? [wanted] : [[], ...files.map((file) => [join(chart, file)])]).map((values): Target => {
    const names = values.map((file) => relative(chart, resolve(file)).replace(/^\.\..*/, () => shown(file)));
    return { tool: "helm", name: `${shown(chart)} with ${names.join(" and ") || "values.yaml"}`, chart, values };
  });
}

/** The kustomizations that take part in a target: an overlay's own, and all that they build on. */
export function takingPart({ kustomizations }: Sources, target: Target): Kustomization[] {
  if (target.tool !== "kubectl") return [];
  const found = new Set<Kustomization>();
  const follow = (folder: string) => {
    const kustomization = kustomizations.get(folder);
    if (!kustomization || found.has(kustomization)) return;
    found.add(kustomization);
    kustomization.uses.forEach(follow);
  };
  follow(target.overlay);
  target.components.forEach(follow);
  return [...found];
}
