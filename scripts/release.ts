#!/usr/bin/env bun
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./lib/image.ts";
import { Problem, runScript, type Steps } from "./lib/script.ts";

const HELP = `bun scripts/release.ts VERSION: makes the release of what main is now, as a commit and a tag

  --notes     prints what the changelog says of a version that is released, and changes nothing
  --dry-run   prints the commands
  --help

Gives VERSION (such as 1.2.3) to package.json, the chart and the overlays, and today's date to the “Unreleased” part of
CHANGELOG.md.
Nothing leaves this machine: the command that publishes it is printed last.`;

const MANIFEST = "package.json";
const CHANGELOG = "CHANGELOG.md";
const UNRELEASED = "## [Unreleased]";
/** The files that bear the version, and where it stands in each. */
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
      throw new Problem("say which version, as in: bun scripts/release.ts 1.2.3; see --help", 2);
    if (notes) return console.log(released(version));

    await checkCheckout(version, steps);
    const files = { [CHANGELOG]: dated(version), ...numbered(version) };
    process.chdir(ROOT);
    if (!steps.dryRun) for (const [file, text] of Object.entries(files)) writeFileSync(file, text);
    await steps.run("Committing", ["git", "commit", "--quiet", `--message=Release ${version}`, ...Object.keys(files)]);
    await steps.run("Tagging", ["git", "tag", "--annotate", `--message=TaskFlow ${version}`, `v${version}`]);
    console.log(`git push --atomic origin main v${version}`);
  },
});

/** @throws Problem unless this is main, clean, and the version a new one */
async function checkCheckout(version: string, steps: Steps): Promise<void> {
  const git = async (...words: string[]) => (await steps.ask(["git", "-C", ROOT, ...words]))?.trim();
  const branch = await git("branch", "--show-current");
  if (branch !== "main")
    throw new Problem(`a release is made on main, this is ${branch || "no branch"}: git switch main`);
  if (await git("status", "--porcelain"))
    throw new Problem("there are changes that no commit has: commit or stash them");
  if (await git("tag", "--list", `v${version}`)) throw new Problem(`${version} is released already`);
  const { version: current } = JSON.parse(read(MANIFEST)) as { version: string };
  if (Bun.semver.order(version, current) < 0)
    throw new Problem(`${version} comes before ${current}, the newest there is`);
}

/** @returns the changelog with what was unreleased under the version and today's date @throws Problem when that is nothing */
function dated(version: string): string {
  const text = read(CHANGELOG);
  if (!part(text, UNRELEASED))
    throw new Problem(`${CHANGELOG} says of nothing that it is unreleased: write down what changed`);
  const today = new Date().toISOString().slice(0, 10);
  return text.replace(UNRELEASED, `${UNRELEASED}\n\n## [${version}] - ${today}`);
}

/** @returns the files that bear the version, with the new one */
function numbered(version: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(VERSIONED).map(([file, place]) => [file, read(file).replaceAll(place, version)]),
  );
}

/** @returns what the changelog says of a version @throws Problem when it says nothing, or the files are of another one */
function released(version: string): string {
  for (const [file, text] of Object.entries(numbered(version)))
    if (text !== read(file))
      throw new Problem(`${file} is not of ${version}: bun scripts/release.ts ${version} makes a release`);
  const notes = part(read(CHANGELOG), `## [${version}]`);
  if (!notes) throw new Problem(`${CHANGELOG} says nothing of ${version}`);
  return notes;
}

/** @returns the text below a heading, up to the next of its kind */
function part(text: string, heading: string): string {
  const [, after = ""] = text.split(`\n${heading}`);
  return after
    .replace(/^.*\n?/, "")
    .replace(/\n## .*/s, "")
    .trim();
}
