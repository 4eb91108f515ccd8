#!/usr/bin/env bun
import { findEngine } from "./lib/engine.ts";
import { buildCommand, describeCommit, ROOT, referenceOf } from "./lib/image.ts";
import { Problem, runScript } from "./lib/script.ts";

const PLATFORMS = ["linux/amd64", "linux/arm64"];

const HELP = `bun scripts/image.ts: builds the image of this checkout, and prints its full name last

  --tag TAG         a tag of “taskflow”, or a whole name such as registry.example.org/taskflow:1.2;
                    without, the version of package.json, and “latest”
  --platform LIST   ${PLATFORMS.join(",")} or one of them; without, this machine's own
  --push            sends it to the registry that the tag names
  --dry-run         prints the commands
  --help

Uses Podman or Docker, whichever is here; TASKFLOW_ENGINE=podman or docker says which. Two builds of one commit
hold the same files. BUN_IMAGE and BASE_IMAGE replace the bases that Containerfile names, by digest for instance.`;

await runScript({
  help: HELP,
  options: { tag: { type: "string" }, platform: { type: "string" }, push: { type: "boolean" } },
  async main({ tag, platform, push = false }, words, steps) {
    if (words.length > 0) throw new Problem(`there is nothing called “${words[0]}” to build; see --help`, 2);
    const unknown = platform?.split(",").find((name) => !PLATFORMS.includes(name));
    if (unknown !== undefined) throw new Problem(`--platform: there is no “${unknown}”; see --help`, 2);
    if (tag !== undefined && !/^[\w][\w./:-]*$/.test(tag))
      throw new Problem(`--tag: “${tag}” is no name; see --help`, 2);
    if (push && !tag?.includes("/"))
      throw new Problem("--push: say where to, as in --tag registry.example.org/taskflow:1.2", 2);

    const engine = await findEngine(steps);
    const commit = await describeCommit(steps);
    const tags = tag === undefined ? [commit.version, "latest"] : [tag];
    const references = tags.map((each) => referenceOf(engine, each));
    const several = platform?.includes(",") === true;
    process.chdir(ROOT);
    await steps.run("Building the image", buildCommand(engine, commit, { references, platform, push }));
    const [reference = ""] = references;
    const all = engine.kind === "podman" && several ? ["manifest", "push", "--all"] : ["push"];
    // Docker has pushed several platforms while it built them.
    if (push && !(engine.kind === "docker" && several))
      await steps.run("Pushing it", [engine.command, ...all, ...plain(engine.kind, reference), reference]);
    console.log(reference);
  },
});

/** A registry on this machine, as k3d makes one, has no TLS: Docker knows that, Podman has to be told. */
function plain(kind: "podman" | "docker", reference: string): string[] {
  return kind === "podman" && /^(localhost|127\.0\.0\.1)[:/]/.test(reference) ? ["--tls-verify=false"] : [];
}
