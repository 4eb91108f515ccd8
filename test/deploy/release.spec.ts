import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";
import { ROOT } from "../support/program.ts";

setDefaultTimeout(180_000);

const NEXT = `${Number.parseInt(version, 10) + 1}.0.0`;
const CHANGES = `# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A way out.\n\n## [${version}] - 2026-01-02\n\n- A way in.\n`;
const env = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Ann",
  GIT_AUTHOR_EMAIL: "ann@example.org",
  GIT_COMMITTER_NAME: "Ann",
  GIT_COMMITTER_EMAIL: "ann@example.org",
};

/** A small repository on main with the release script, the manifests, a version and a changelog. */
async function repository() {
  const folder = dataFolder();
  const cwd = folder.file("");
  const git = async (...words: string[]) => {
    const { code, stdout, stderr } = await run(["git", ...words], { cwd, env });
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  for (const name of ["scripts", "deploy"]) cpSync(join(ROOT, name), folder.file(name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), folder.file("node_modules"));
  await Bun.write(folder.file(".gitignore"), "node_modules\n");
  await Bun.write(
    folder.file("package.json"),
    `{\n  "name": "taskflow",\n  "version": "${version}",\n  "description": "…"\n}\n`,
  );
  await Bun.write(folder.file("CHANGELOG.md"), CHANGES);
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=All there is");
  return {
    git,
    read: (file: string) => readFileSync(folder.file(file), "utf8"),
    write: (file: string, text: string) => writeFileSync(folder.file(file), text),
    release: (...words: string[]) => run([process.execPath, "scripts/release.ts", ...words], { cwd, env }),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

describe("bun scripts/release.ts", () => {
  it("sets the version in package.json, the manifests and the changelog, in a commit with a tag", async () => {
    using place = await repository();
    const { code, stdout } = await place.release(NEXT);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `git push --atomic origin main v${NEXT}\n` });
    expect(JSON.parse(place.read("package.json")).version).toBe(NEXT);
    const chart = Bun.YAML.parse(place.read("deploy/chart/taskflow/Chart.yaml"));
    expect(chart).toMatchObject({ version: NEXT, appVersion: NEXT });
    const before = new RegExp(`version.*\\b${version.replaceAll(".", "\\.")}\\b`, "i");
    const files = (await place.git("ls-files", "deploy")).split("\n");
    expect(files.filter((file) => before.test(place.read(file)))).toEqual([]);
    const today = new Date().toISOString().slice(0, 10);
    expect(place.read("CHANGELOG.md")).toContain(
      `## [Unreleased]\n\n## [${NEXT}] - ${today}\n\n### Added\n\n- A way out.`,
    );
    expect(await place.git("status", "--porcelain")).toBe("");
    expect(await place.git("rev-parse", `v${NEXT}^{commit}`)).toBe(await place.git("rev-parse", "HEAD"));
  });

  it("prints the notes of the version in the files, and of no other", async () => {
    using place = await repository();
    expect((await place.release(version, "--notes")).stdout).toBe("- A way in.\n");
    await place.release(NEXT);
    expect((await place.release(NEXT, "--notes")).stdout).toBe("### Added\n\n- A way out.\n");
    const wrong = await place.release(`9${NEXT}`, "--notes");
    expect({ code: wrong.code, stdout: wrong.stdout }).toEqual({ code: 1, stdout: "" });
  });

  it("prints its commands and changes nothing with --dry-run", async () => {
    using place = await repository();
    const { stdout } = await place.release(NEXT, "--dry-run");
    expect(stdout).toMatch(
      /^git commit .*CHANGELOG\.md package\.json deploy\/chart\/\S+Chart\.yaml deploy\/kustomize\/\S+\ngit tag .* v\d/,
    );
    expect(await place.git("status", "--porcelain")).toBe("");
    expect(await place.git("tag")).toBe("");
  });

  it.each([
    ["no version", [], 2, /a version is required/],
    ["an invalid version", ["v1"], 2, /a version is required/],
    ["an unknown option", ["1.0.0", "--force"], 2, /--help/],
    ["a version before the latest", ["0.0.1"], 1, /0\.0\.1 is older than .*\d/],
  ])("rejects %s", async (_, words, code, message) => {
    using place = await repository();
    const answer = await place.release(...words);
    expect(answer.code).toBe(code);
    expect(answer.stderr).toMatch(message);
    expect(await place.git("log", "--format=%s")).toBe("All there is");
  });

  it.each([
    ["another branch", (git: Git) => git("switch", "--quiet", "--create=feature"), /git switch main/],
    ["a released version", (git: Git) => git("tag", `v${NEXT}`), /already released/],
  ])("rejects %s", async (_, prepare, message) => {
    using place = await repository();
    await prepare(place.git);
    const answer = await place.release(NEXT);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toMatch(message);
  });

  it("rejects uncommitted changes, and a release without changes", async () => {
    using place = await repository();
    place.write("CHANGELOG.md", CHANGES.replace("### Added\n\n- A way out.\n\n", ""));
    expect((await place.release(NEXT)).stderr).toContain("commit or stash");
    await place.git("commit", "--all", "--quiet", "--message=Nothing is new");
    expect((await place.release(NEXT)).stderr).toContain("describe what changed");
    expect(await place.git("tag")).toBe("");
  });
});

type Git = (...words: string[]) => Promise<string>;
