import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Findings, KubernetesObject, Rendering } from "./objects.ts";
import { type Kustomization, shown } from "./sources.ts";

interface Patch {
  readonly patch?: string;
  readonly path?: string;
  readonly target?: Readonly<Record<string, string | undefined>>;
}

/** Kustomize says nothing of a patch whose target is not there. */
export function* checkPatches({ objects }: Rendering, kustomizations: readonly Kustomization[]): Findings {
  for (const { content, file, folder } of kustomizations) {
    const patches = Array.isArray(content.patches) ? (content.patches as Patch[]) : [];
    for (const [
      index,
      { target, path, patch = path && readFileSync(join(folder, path), "utf8") },
    ] of patches.entries()) {
      // What a patch has taken away is not there to be found.
      if (!target || !patch || /\$patch:\s*delete|"\$patch":\s*"delete"/.test(patch)) continue;
      if (objects.some((object) => isMeant(object, target))) continue;
      const words = [target.kind, target.name].filter(Boolean).join(" ");
      yield { file: shown(file), path: `patches[${index}].target`, message: `there is no ${words} to change` };
    }
  }
}

/** A target's fields are patterns for the whole; a generated object has a hash after its name. */
function isMeant({ kind, metadata }: KubernetesObject, target: NonNullable<Patch["target"]>): boolean {
  const fits = (pattern: string | undefined, text: string) => !pattern || new RegExp(`^(?:${pattern})$`).test(text);
  const names = [metadata.name, metadata.name.replace(/-[0-9a-z]{10}$/, "")];
  return fits(target.kind, kind) && names.some((name) => fits(target.name, name));
}
