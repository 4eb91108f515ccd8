#!/usr/bin/env bun
/**
 * Runs the specs of test/containers and test/deploy. Arguments go to `bun test`, such as part of a file's name.
 * The container specs share one image, built here. If no engine works they are skipped, but in CI the run fails.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./support/containers.ts";
import { ROOT } from "./support/program.ts";

const args = Bun.argv.slice(2);
const noContainers = args.length > 0 && args.every((arg) => arg.includes("deploy/"));
const { image, problem } = noContainers ? {} : await prepareImage();
if (problem) console.log(`${process.env.CI ? "error" : "skipping the container specs"}: ${problem}`);
if (problem && process.env.CI) process.exit(1);
const patterns = "--path-ignore-patterns=!test/{containers,deploy}{,/**}";
const options = ["--parallel", "--timings=test/timings.json", patterns];
const tests = Bun.spawn([process.execPath, "test", ...options, ...args], {
  cwd: ROOT,
  env: { ...process.env, TEST_IMAGE: image },
  stdio: ["ignore", "inherit", "inherit"],
});
process.exit(await tests.exited);

/** @throws Error if the engine works and the image of this checkout does not */
async function prepareImage(): Promise<{ image?: string; problem?: string }> {
  const engine = await run([process.execPath, "scripts/down.ts", "--dry-run"], { env: { TASKFLOW_ENGINE: "podman" } });
  if (engine.code !== 0) return { problem: lastLine(engine.stderr) };
  // Another checkout on the same machine has another image.
  const image = `localhost/taskflow:spec-${Bun.hash(ROOT).toString(36)}`;
  const build = await run([process.execPath, "scripts/image.ts", "--tag", image]);
  const start = build.code === 0 ? await run(["podman", "run", "--rm", image, "--version"]) : build;
  if (start.code === 0) return { image };
  // What is at fault: the engine and its network, or the image?
  const [, base = ""] = /^ARG BUN_IMAGE=(\S+)/m.exec(readFileSync(join(ROOT, "Containerfile"), "utf8")) ?? [];
  const probe = await run(["podman", "run", "--rm", "--entrypoint=bun", base, "info", "zx", "version"]);
  if (probe.code !== 0) return { problem: `Podman can't run containers: ${lastLine(probe.stderr)}` };
  throw new Error(`${start.stdout}${start.stderr}`);
}

function lastLine(text: string): string {
  return (
    text
      .trim()
      .split("\n")
      .at(-1)
      ?.replace(/^Error: /, "") ?? ""
  );
}
