#!/usr/bin/env bun
import { findEngine } from "./lib/engine.ts";
import { buildCommand, describeCommit, ROOT, referenceOf } from "./lib/image.ts";
import { Problem, runScript } from "./lib/script.ts";

const PLATFORMS = ["linux/amd64", "linux/arm64"];

const HELP = `Usage: bun scripts/image.ts [options]

Builds the image of this checkout and prints its name.

  --tag TAG         a tag of "taskflow", or a full name such as registry.example.org/taskflow:1.2
                    (default: the version in package.json, and "latest")
  --platform LIST   ${PLATFORMS.join(",")} or one of them (default: this machine's); several need Podman
  --push            push the image to the registry in its name
  --dry-run         print the commands
  --help

Two builds of one commit contain the same files. Environment: TASKFLOW_ENGINE (podman or docker); BUN_IMAGE and
BASE_IMAGE replace the base images in Containerfile, for example to pin a digest.`;

await runScript({
  help: HELP,
  options: { tag: { type: "string" }, platform: { type: "string" }, push: { type: "boolean" } },
  async main({ tag, platform, push = false }, [word], steps) {
    if (word !== undefined) throw new Problem(`unexpected argument “${word}”; see --help`, 2);
    const unknown = platform?.split(",").find((name) => !PLATFORMS.includes(name));
    if (unknown !== undefined) throw new Problem(`--platform: “${unknown}” is not supported; see --help`, 2);
    if (tag !== undefined && !/^[\w][\w./:-]*$/.test(tag))
      throw new Problem(`--tag: “${tag}” is not a valid name; see --help`, 2);
    if (push && !tag?.includes("/"))
      throw new Problem("--push requires a registry, as in --tag registry.example.org/taskflow:1.2", 2);

    const { command: engine } = await findEngine(steps);
    const several = platform?.includes(",") === true;
    if (several && engine === "docker") throw new Problem("several platforms need Podman: TASKFLOW_ENGINE=podman");
    const commit = await describeCommit(steps);
    const references = (tag === undefined ? [commit.version, "latest"] : [tag]).map((each) =>
      referenceOf(engine, each),
    );
    const [reference = ""] = references;
    process.chdir(ROOT);
    await steps.run("Building the image", buildCommand(engine, commit, references, platform));
    // Podman assumes TLS for a local registry; Docker does not.
    const insecure = engine === "podman" && /^(localhost|127\.0\.0\.1)[:/]/.test(reference);
    const command = [engine, ...(several ? ["manifest", "push", "--all"] : ["push"])];
    if (push) await steps.run("Pushing it", [...command, ...(insecure ? ["--tls-verify=false"] : []), reference]);
    console.log(reference);
  },
});
