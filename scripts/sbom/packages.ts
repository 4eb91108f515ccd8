import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Builders, Factories } from "@cyclonedx/cyclonedx-library/Contrib/FromNodePackageJson";
import { Factories as Licenses } from "@cyclonedx/cyclonedx-library/Contrib/License";
import { ComponentType, HashAlgorithm } from "@cyclonedx/cyclonedx-library/Enums";
import type { Component } from "@cyclonedx/cyclonedx-library/Models";
import parseLicense from "spdx-expression-parse";
import { Problem } from "../lib/script.ts";

/** What a package wants beside it, as `bun.lock` has it. */
interface Needs {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  /** Only for these systems: elsewhere it is not installed. */
  readonly os?: string | string[];
  readonly cpu?: string | string[];
}

interface Lock {
  readonly workspaces: { readonly "": Needs };
  /** By its place: `a/b` is the `b` inside `a`, where another `b` is at the top. */
  readonly packages: Record<string, readonly [id: string, registry: string, needs: Needs, integrity: string]>;
}

const components = new Builders.ComponentBuilder(
  new Factories.ExternalReferenceFactory(),
  new Licenses.LicenseFactory(parseLicense),
);

/** @returns what a manifest says of itself: name, version, licence, where it is from */
export function describeManifest(file: string, type: ComponentType): Component {
  const component = components.makeComponent(JSON.parse(readFileSync(file, "utf8")), type);
  if (!component) throw new Problem(`${file} names no package`);
  return component;
}

/**
 * Reads what a checkout's program runs with: its dependencies and theirs, as `bun install --production` would.
 * @param program gets an edge to each direct one
 * @throws Problem when packages are not installed, as only they tell their licence
 */
export function runtimePackages(root: string, program: Component): Component[] {
  const lock = Bun.JSONC.parse(readFileSync(join(root, "bun.lock"), "utf8")) as Lock;
  const found = new Map<string, Component>();

  function visit(place: string): Component | undefined {
    const known = found.get(place);
    if (known) return known;
    const [id = "", , needs = {}, integrity = ""] = lock.packages[place] ?? [];
    const manifest = join(root, "node_modules", names(place).join("/node_modules/"), "package.json");
    if (!existsSync(manifest)) {
      if (needs.os || needs.cpu) return undefined;
      throw new Problem(`${id} is not installed: bun install --frozen-lockfile`);
    }
    const component = describeManifest(manifest, ComponentType.Library);
    component.bomRef.value = place;
    component.purl = `pkg:npm/${id.replace(/^@/, "%40")}`;
    const [algorithm, hash] = integrity.split("-");
    if (algorithm === "sha512" && hash)
      component.hashes.set(HashAlgorithm["SHA-512"], Buffer.from(hash, "base64").toString("hex"));
    found.set(place, component);
    connect(component, needs, place);
    return component;
  }

  function connect(component: Component, needs: Needs, place: string) {
    const wanted = { ...needs.dependencies, ...needs.optionalDependencies, ...needs.peerDependencies };
    for (const name of Object.keys(wanted)) {
      const nearest = search(name, place).find((each) => each in lock.packages);
      // A peer that nobody brought is an optional one.
      const needed = nearest === undefined ? undefined : visit(nearest);
      if (needed) component.dependencies.add(needed.bomRef);
    }
  }

  const { dependencies = {} } = lock.workspaces[""];
  connect(program, { dependencies }, "");
  return [...found.values()];
}

/** @returns `["@a/b", "c"]` of `@a/b/c` */
const names = (place: string): string[] => place.match(/(?:@[^/]+\/)?[^/]+/g) ?? [];

/** @returns the places where a package is looked for from inside another, nearest first */
function search(name: string, from: string): string[] {
  const around = names(from);
  return [...around, ""].map((_, depth) => [...around.slice(0, around.length - depth), name].join("/"));
}
