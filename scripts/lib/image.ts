import { join } from "node:path";
import { description, version } from "../../package.json";
import type { Steps } from "./script.ts";

export const ROOT = join(import.meta.dir, "..", "..");
/** The files in an image. A change to any other file does not change the image. */
const SOURCES = [
  "Containerfile",
  ".containerignore",
  "package.json",
  "bun.lock",
  "tsconfig.json",
  "src",
  "static",
  "views",
];

/** The commit that an image is built from. */
export interface Commit {
  readonly version: string;
  /** The commit's hash, with `-modified` if the files differ from it, or `unknown` outside a checkout. */
  readonly revision: string;
  /** The web address of the source, or "". */
  readonly source: string;
  /** The time of the last commit that changed the image, in seconds since 1970. */
  readonly seconds: number;
}

export async function describeCommit(steps: Steps): Promise<Commit> {
  const git = async (...words: string[]) => (await steps.ask(["git", "-C", ROOT, ...words]))?.trim();
  const revision = await git("rev-parse", "HEAD");
  if (!revision) return { version, revision: "unknown", source: "", seconds: 0 };
  const modified = await git("status", "--porcelain", "--untracked-files=normal", "--", ...SOURCES);
  return {
    version,
    revision: modified === "" ? revision : `${revision}-modified`,
    source: webAddress((await git("remote", "get-url", "origin")) ?? ""),
    seconds: Number(await git("log", "-1", "--no-show-signature", "--format=%ct", "--", ...SOURCES)),
  };
}

/** Returns the web address of a Git remote, or "". A label is public, so it contains no local path and no token. */
function webAddress(remote: string): string {
  if (!/^https?:\/\//.test(remote) || !URL.canParse(remote)) return "";
  const { origin, pathname } = new URL(remote);
  return `${origin}${pathname.replace(/\.git$/, "")}`;
}

/**
 * Returns the command that builds the image. BUN_IMAGE and BASE_IMAGE in the environment replace the base images.
 * @param platform such as `linux/amd64,linux/arm64`; this machine's by default
 */
export function buildCommand(engine: string, commit: Commit, references: string[], platform = ""): string[] {
  const labels = {
    version: commit.version,
    revision: commit.revision,
    source: commit.source,
    created: new Date(commit.seconds * 1000).toISOString(),
    description,
  };
  const bases = ["BUN_IMAGE", "BASE_IMAGE"].filter((name) => process.env[name]);
  const several = platform.includes(",");
  return [
    ...[engine, "build"],
    // The OCI format has no health check. Without the timestamp, the same files at another commit give another layer.
    ...(engine === "podman" ? ["--format=docker", "--timestamp=0", "--ignorefile=.containerignore"] : []),
    // On Podman this argument would change the times of the files.
    ...(engine === "docker" ? ["--provenance=false", "--load", `--build-arg=SOURCE_DATE_EPOCH=${commit.seconds}`] : []),
    "--file=Containerfile",
    ...(platform ? [`--platform=${platform}`] : []),
    ...bases.map((name) => `--build-arg=${name}=${process.env[name]}`),
    ...Object.entries(labels).map(([name, value]) => `--label=org.opencontainers.image.${name}=${value}`),
    ...references.map((reference) => `${several ? "--manifest" : "--tag"}=${reference}`),
    ".",
  ];
}

/** Returns the image's full name: `1.2` is a tag of `taskflow`, anything longer is a name of its own. */
export function referenceOf(engine: string, tag: string): string {
  if (/[/:]/.test(tag)) return tag;
  return `${engine === "podman" ? "localhost/" : ""}taskflow:${tag}`;
}

/** Builds the image of this checkout. @returns its full name */
export async function buildImage(engine: string, steps: Steps, commit: Commit): Promise<string> {
  const reference = referenceOf(engine, commit.version);
  process.chdir(ROOT);
  await steps.run("Building the image", buildCommand(engine, commit, [reference, referenceOf(engine, "latest")]));
  return reference;
}
