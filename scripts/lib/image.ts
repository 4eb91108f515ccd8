import { join } from "node:path";
import { description, version } from "../../package.json";
import type { Engine } from "./engine.ts";
import type { Steps } from "./script.ts";

export const ROOT = join(import.meta.dir, "..", "..");
/** What an image is made of: a change anywhere else makes no other image. */
const SOURCES = ["Containerfile", ".containerignore", "package.json", "bun.lock", "tsconfig.json"];
const FOLDERS = ["src", "static", "views"];

/** The commit that an image is made from. */
export interface Commit {
  readonly version: string;
  /** The commit's hash, with `-modified` when the files differ from it, or `unknown` outside a checkout. */
  readonly revision: string;
  /** Where the source is, as a web address, or "". */
  readonly source: string;
  /** When what the image is made of was last changed, in seconds since 1970. */
  readonly seconds: number;
}

/** Asks Git. */
export async function describeCommit(steps: Steps): Promise<Commit> {
  const git = async (...words: string[]) => (await steps.ask(["git", "-C", ROOT, ...words]))?.trim();
  const revision = await git("rev-parse", "HEAD");
  if (!revision) return { version, revision: "unknown", source: "", seconds: 0 };
  const modified = await git("status", "--porcelain", "--untracked-files=normal", "--", ...SOURCES, ...FOLDERS);
  return {
    version,
    revision: modified === "" ? revision : `${revision}-modified`,
    source: webAddress((await git("remote", "get-url", "origin")) ?? ""),
    seconds: Number(await git("log", "-1", "--no-show-signature", "--format=%ct", "--", ...SOURCES, ...FOLDERS)),
  };
}

/**
 * A label is for everybody to read: a folder of this machine or a token in an address is not. Who pushes by SSH has the
 * same address on the web, as a rule.
 */
function webAddress(remote: string): string {
  const [, host, path] =
    /^ssh:\/\/(?:[^@/]*@)?([^:/]+)(?::\d+)?\/(.+)$/.exec(remote) ?? /^(?:[^@/:]+@)([^:/]+):(.+)$/.exec(remote) ?? [];
  const address = host ? `https://${host}/${path}` : remote;
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) return "";
  const url = new URL(address);
  return `${url.origin}${url.pathname.replace(/\/?(\.git)?\/?$/, "")}`;
}

export interface BuildOptions {
  readonly references: readonly string[];
  /** Such as `linux/amd64,linux/arm64`; this machine's own when undefined. */
  readonly platform?: string | undefined;
  /** Several platforms go to the registry as one, which only the build itself can do on Docker. */
  readonly push?: boolean;
}

/** @returns the command that builds the image; BUN_IMAGE and BASE_IMAGE in the environment take the place of the bases */
export function buildCommand({ command, kind }: Engine, commit: Commit, options: BuildOptions): string[] {
  const { references, platform, push } = options;
  const several = platform?.includes(",") === true;
  const labels = {
    VERSION: commit.version,
    REVISION: commit.revision,
    SOURCE: commit.source,
    CREATED: new Date(commit.seconds * 1000).toISOString(),
    DESCRIPTION: description,
    // BuildKit's own argument: the image is as old as the commit. Podman's would change the files' times with it.
    SOURCE_DATE_EPOCH: kind === "docker" ? String(commit.seconds) : undefined,
    BUN_IMAGE: process.env.BUN_IMAGE,
    BASE_IMAGE: process.env.BASE_IMAGE,
  };
  return [
    command,
    "build",
    // The OCI format has no health check. The files bear no date: a layer in the cache, made of the same files at another
    // commit, would bear another. The labels say how old the image is.
    ...(kind === "podman" ? ["--format=docker", "--timestamp=0", "--ignorefile=.containerignore"] : []),
    ...(kind === "docker" ? ["--provenance=false", several && push ? "--push" : "--load"] : []),
    "--file=Containerfile",
    ...(platform ? [`--platform=${platform}`] : []),
    ...Object.entries(labels).flatMap(([name, value]) => (value ? [`--build-arg=${name}=${value}`] : [])),
    // The cache of Podman takes a layer for the same whatever its arguments were: labels made there may be another commit's.
    ...(["VERSION", "REVISION", "SOURCE", "CREATED", "DESCRIPTION"] as const).map(
      (name) => `--label=org.opencontainers.image.${name.toLowerCase()}=${labels[name]}`,
    ),
    ...references.map((reference) => `${kind === "podman" && several ? "--manifest" : "--tag"}=${reference}`),
    ".",
  ];
}

/** @returns the image's full name, as the engine knows it: `1.2` is a tag of `taskflow`, anything longer a name of its own */
export function referenceOf({ kind }: Engine, tag: string): string {
  if (/[/:]/.test(tag)) return tag;
  return `${kind === "podman" ? "localhost/" : ""}taskflow:${tag}`;
}

/**
 * Builds the image of this checkout.
 * @returns its full name
 */
export async function buildImage(engine: Engine, steps: Steps, commit: Commit): Promise<string> {
  const reference = referenceOf(engine, commit.version);
  const references = [reference, referenceOf(engine, "latest")];
  process.chdir(ROOT);
  await steps.run("Building the image", buildCommand(engine, commit, { references }));
  return reference;
}
