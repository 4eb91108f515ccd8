#!/usr/bin/env bun
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./lib/image.ts";
import { Problem, runScript, type Steps } from "./lib/script.ts";

const HELP = `Usage: bun scripts/release.ts VERSION [options]

Creates the release of main as a commit and a tag: sets VERSION (such as 1.2.3) in package.json, the chart and the
overlays, and dates the "Unreleased" section of CHANGELOG.md. It pushes nothing; the command to push is printed.

  --notes     print the changelog of a released version instead
  --dry-run   print the commands
  --help`;

const MANIFEST = "package.json";
const CHANGELOG = "CHANGELOG.md";
const UNRELEASED = "## [Unreleased]";
/** The files that contain the version, with its position. */
const VERSIONED: Record<string, RegExp> = {
  [MANIFEST]: /(?<=^ {2}"version": ")[^"]+/gm,
  "deploy/chart/taskflow/Chart.yaml": /(?<=^(?:version|appVersion): ).+/gm,
  "deploy/kustomize/components/labels/kustomization.yaml": /(?<=^ +app\.kubernetes\.io\/version: ).+/gm,
};
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

await runScript({
  help: HELP,
  options: { notes: { type: "boolean" } },
  async main({ notes }, [version, ...more], steps) {
    if (version === undefined || more.length > 0 || !/^\d+\.\d+\.\d+$/.test(version))
      throw new Problem("a version is required, as in: bun scripts/release.ts 1.2.3; see --help", 2);
    if (notes) return console.log(notesOf(version));

    await checkCheckout(version, steps);
    const files = { [CHANGELOG]: datedChangelog(version), ...withVersion(version) };
    process.chdir(ROOT);
    if (!steps.dryRun) for (const [file, text] of Object.entries(files)) writeFileSync(file, text);
    await steps.run("Committing", ["git", "commit", "--quiet", `--message=Release ${version}`, ...Object.keys(files)]);
    await steps.run("Tagging", ["git", "tag", "--annotate", `--message=TaskFlow ${version}`, `v${version}`]);
    console.log(`git push --atomic origin main v${version}`);
  },
});

/** @throws Problem unless this is a clean main and the version is new */
async function checkCheckout(version: string, steps: Steps): Promise<void> {
  const git = async (...words: string[]) => (await steps.ask(["git", "-C", ROOT, ...words]))?.trim();
  const branch = await git("branch", "--show-current");
  if (branch !== "main")
    throw new Problem(`releases are made on main, not on ${branch || "no branch"}: git switch main`);
  if (await git("status", "--porcelain")) throw new Problem("there are uncommitted changes: commit or stash them");
  if (await git("tag", "--list", `v${version}`)) throw new Problem(`${version} is already released`);
  const { version: current } = JSON.parse(read(MANIFEST)) as { version: string };
  if (Bun.semver.order(version, current) < 0)
    throw new Problem(`${version} is older than the latest version, ${current}`);
}

/** @returns the changelog with the unreleased changes under the version and today's date @throws Problem if there are none */
function datedChangelog(version: string): string {
  const text = read(CHANGELOG);
  if (!section(text, UNRELEASED))
    throw new Problem(`${CHANGELOG} has nothing under “Unreleased”: describe what changed`);
  const today = new Date().toISOString().slice(0, 10);
  return text.replace(UNRELEASED, `${UNRELEASED}\n\n## [${version}] - ${today}`);
}

/** @returns the files that contain the version, with the new one */
function withVersion(version: string): Record<string, string> {
  const files = Object.entries(VERSIONED);
  return Object.fromEntries(files.map(([file, place]) => [file, read(file).replaceAll(place, version)]));
}

/** @returns the changelog of a version @throws Problem if it has none, or this checkout is of another version */
function notesOf(version: string): string {
  const notes = section(read(CHANGELOG), `## [${version}]`);
  if (!notes) throw new Problem(`${CHANGELOG} has no section for ${version}`);
  return notes;
}

/** @returns the text below a heading, up to the next heading of the same level */
function section(text: string, heading: string): string {
  const [, after = ""] = text.split(`\n${heading}`);
  return after
    .replace(/^.*\n?/, "")
    .replace(/\n## .*/s, "")
    .trim();
}
