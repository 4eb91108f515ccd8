import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ComponentType, HashAlgorithm } from "@cyclonedx/cyclonedx-library/Enums";
import { Component, Property, SpdxLicense } from "@cyclonedx/cyclonedx-library/Models";
import { findEngine } from "../lib/engine.ts";
import type { Commit } from "../lib/image.ts";
import { Problem, type Steps } from "../lib/script.ts";

const PROGRAM = "usr/bin/taskflow";
/** What the engine puts into every container for itself. */
const ENGINES = /^(dev|proc|sys|run)\/|^etc\/(hosts|hostname|resolv\.conf|mtab)$|^\.dockerenv$/;

/** What an image holds beside the program's packages. */
export interface Contents {
  readonly components: Component[];
  /** Of the Bun that is compiled into the program. */
  readonly bunVersion: string;
}

/**
 * Looks into an image of this commit, which it pulls where it has to.
 * @returns its files with their checksums, and the C library they come from; undefined with `--dry-run`
 * @throws Problem when the image is of another commit, as its packages are read from the checkout
 */
export async function readImage(reference: string, commit: Commit, steps: Steps): Promise<Contents | undefined> {
  const { command } = await findEngine(steps);
  const folder = mkdtempSync(join(tmpdir(), "taskflow-sbom-"));
  const container = `taskflow-sbom-${process.pid}`;
  try {
    await steps.run("Getting the image", [command, "create", "--name", container, reference]);
    const label = '{{index .Config.Labels "org.opencontainers.image.revision"}}';
    const revision = (await steps.ask([command, "inspect", `--format=${label}`, container]))?.trim();
    if (!steps.dryRun && revision !== commit.revision)
      throw new Problem(
        `${reference} was built from ${revision || "another program"}, this checkout is ${commit.revision}: ` +
          "check out the commit that it was built from",
      );
    await steps.run("Reading its files", [command, "cp", `${container}:/`, folder]);
    return steps.dryRun ? undefined : describe(folder);
  } finally {
    await steps.run("Putting it away", [command, "rm", "--force", container]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function describe(folder: string): Contents {
  const names = [...new Bun.Glob("**/*").scanSync({ cwd: folder, dot: true })].filter((name) => !ENGINES.test(name));
  const components = names.sort().map((name) => {
    const file = new Component(ComponentType.File, `/${name}`, { bomRef: `file:/${name}` });
    file.hashes.set(
      HashAlgorithm["SHA-256"],
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    );
    return file;
  });
  const library = names.find((name) => /\/libc\.so\.6$/.test(name));
  if (!library || !names.includes(PROGRAM)) throw new Problem("the image has no TaskFlow in it");
  return {
    components: [...components, ...cLibrary(readFileSync(join(folder, library)), library)],
    bunVersion: words(readFileSync(join(folder, PROGRAM)), "bun/", /^bun\/(\d+\.\d+\.\d+)/),
  };
}

/** The image has no list of packages; the library itself says which it is. Scanners want to know its Debian, too. */
function cLibrary(bytes: Buffer, name: string): Component[] {
  const version = words(bytes, "GNU C Library (", /^GNU C Library \(Debian GLIBC ([^)]+)\)/);
  const debian = /\+deb(\d+)/.exec(version)?.[1] ?? "";
  const architecture = name.includes("aarch64") ? "arm64" : "amd64";
  const [sourceVersion = "", sourceRelease = ""] = version.split("-");
  const libc = new Component(ComponentType.Library, "libc6", {
    bomRef: "libc6",
    version,
    purl: `pkg:deb/debian/libc6@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-${debian}&upstream=glibc`,
  });
  libc.licenses.add(new SpdxLicense("LGPL-2.1-or-later"));
  // Advisories name the source package, which Trivy reads here.
  for (const [key, value] of Object.entries({ SrcName: "glibc", SrcVersion: sourceVersion, SrcRelease: sourceRelease }))
    libc.properties.add(new Property(`aquasecurity:trivy:${key}`, value));
  const system = new Component(ComponentType.OperatingSystem, "debian", { bomRef: "debian", version: debian });
  system.dependencies.add(libc.bomRef);
  return [libc, system];
}

/** @returns what a pattern finds at the first place where it fits among those that begin with `start` */
function words(bytes: Buffer, start: string, pattern: RegExp): string {
  for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 1)) {
    const found = pattern.exec(bytes.toString("latin1", at, at + 100))?.[1];
    if (found) return found;
  }
  throw new Problem(`nothing in the image says “${start}…”: it is not one that this script knows`);
}
