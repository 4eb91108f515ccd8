import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { ROOT, run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";
import { startProgram } from "../support/program.ts";
import { type Rule, standIns } from "../support/stand-ins.ts";

setDefaultTimeout(300_000);

const TOOLS = ["kubectl", "k3d", "helm", "podman"];
const KEY = "the key that signs sessions, and that nobody may see";
const NEW = "registry.example.org/taskflow@sha256:".padEnd(101, "0");

const base64 = (text: string) => Buffer.from(text).toString("base64");
const secret = JSON.stringify({ metadata: { resourceVersion: "7" }, data: { "jwt-secret": base64(KEY) } });
const serving = JSON.stringify({
  metadata: { annotations: { "deployment.kubernetes.io/revision": "4" } },
  spec: { replicas: 2 },
  status: { updatedReplicas: 2, availableReplicas: 2 },
});
const nodes = (count: number) => JSON.stringify({ items: Array.from({ length: count }, () => ({})) });

const answer = (tool: string, words: RegExp, stdout: string): Rule => ({ tool, words, stdout });
/** A cluster of k3d's that serves, and takes everything. */
const CLUSTER: Rule[] = [
  { tool: "kubectl", words: /^kustomize /, real: true },
  { tool: "helm", words: /^(lint|template|version|show) /, real: true },
  answer("kubectl", /^config current-context/, "k3d-taskflow\n"),
  answer("kubectl", / get nodes /, nodes(3)),
  answer("kubectl", / get secret taskflow-secrets /, secret),
  answer("kubectl", / get deployment\/taskflow /, serving),
  { tool: "kubectl", words: / diff /, code: 1, stdout: "-  replicas: 1\n+  replicas: 2\n" },
  answer("podman", /^--version/, "podman version 4.9.3\n"),
];

async function script(name: string, words: string[], path: string) {
  const env = { PATH: path, TASKFLOW_REGISTRY: "", TASKFLOW_ENGINE: "" };
  const result = await run([process.execPath, join(ROOT, "scripts", `${name}.ts`), ...words], { env });
  return { ...result, words: result.stdout + result.stderr };
}

const SCRIPTS = ["cluster", "deploy", "rollback", "status", "forward", "backup", "restore", "secret"];

describe.each(SCRIPTS)("bun scripts/%s.ts", (name) => {
  it("explains itself on a screen, and refuses what it does not know", async () => {
    using tools = standIns(TOOLS, CLUSTER);
    const { code, stdout } = await script(name, ["--help"], tools.path);
    expect(code).toBe(0);
    expect(stdout.split("\n").length).toBeLessThan(25);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
    expect(stdout).toContain("--dry-run");
    expect((await script(name, ["--nonsense"], tools.path)).code).toBe(2);
    expect(tools.calls()).toEqual([]);
  });
});

const TAKEN: [string, string[]][] = [
  ["cluster", ["up"]],
  ["rollback", []],
  ["status", []],
  ["forward", []],
  ["backup", []],
  ["restore", ["latest"]],
  ["secret", ["rotate"]],
];

it.each(TAKEN)("bun scripts/%s.ts names the tool that is missing, and how to get it", async (name, words) => {
  using folder = dataFolder();
  const { code, words: said } = await script(name, words, folder.path);
  expect(code).toBe(1);
  expect(said).toMatch(/^(k3d|kubectl) is missing: https:\/\//);
});

it.each(TAKEN)("bun scripts/%s.ts changes nothing with --dry-run, and prints no secret", async (name, words) => {
  using tools = standIns(TOOLS, [answer("k3d", /list/, "[]"), ...CLUSTER]);
  const { code, words: said } = await script(name, [...words, "--dry-run"], tools.path);
  expect({ name, code }).toEqual({ name, code: name === "status" ? 1 : 0 });
  const changing = / (create|replace|apply|patch|scale|rollout|delete|port-forward|wait) |cluster (create|delete)/;
  expect(tools.lines().filter((line) => changing.test(line))).toEqual([]);
  expect(said).not.toContain(KEY);
  expect(said).not.toContain(base64(KEY));
});

describe("the cluster", () => {
  const started = JSON.stringify([{ name: "taskflow", serversRunning: 1, serversCount: 1 }]);

  it("is made from the committed file and waited for; the second time it is left as it is", async () => {
    using first = standIns(TOOLS, [answer("k3d", /list/, "[]"), ...CLUSTER]);
    expect((await script("cluster", ["up"], first.path)).code).toBe(0);
    expect(first.lines().filter((line) => /^k3d cluster create/.test(line))).toEqual([
      `k3d cluster create --config ${join(ROOT, "deploy", "k3d.yaml")}`,
    ]);
    expect(first.lines().at(-1)).toContain("deployment/traefik");
    using second = standIns(TOOLS, [answer("k3d", /list/, started), ...CLUSTER]);
    expect((await script("cluster", ["up"], second.path)).code).toBe(0);
    expect(second.lines().filter((line) => /create|start/.test(line) && line.startsWith("k3d"))).toEqual([]);
  });

  it("is not removed without being asked about", async () => {
    using tools = standIns(TOOLS, [answer("k3d", /list/, started), ...CLUSTER]);
    const { code, words } = await script("cluster", ["down"], tools.path);
    expect(code).toBe(1);
    expect(words).toContain("--yes");
    expect(tools.lines().join()).not.toContain("delete");
    expect((await script("cluster", ["down", "--yes"], tools.path)).code).toBe(0);
    expect(tools.lines().at(-1)).toBe("k3d cluster delete taskflow");
  });
});

describe("a deployment", () => {
  it("is validated, built under the commit's tag, shown, applied, waited for and proven, in this order", async () => {
    await using app = await startProgram();
    using tools = standIns(TOOLS, CLUSTER);
    const { code, words } = await script("deploy", ["dev", "--yes", "--url", app.url], tools.path);
    expect({ code, words: code === 0 ? "" : words }).toEqual({ code: 0, words: "" });
    const order = [
      /^podman build .*taskflow:[0-9a-f]{12}/,
      /^podman push .*localhost:5050\/taskflow:/,
      / diff |^kubectl diff/,
      /^kubectl apply .*--filename=-/,
      /^kubectl rollout status/,
    ];
    const at = order.map((step) => tools.lines().findIndex((line) => step.test(line)));
    expect(at).toEqual(at.toSorted((one, other) => one - other));
    expect(at).not.toContain(-1);
    expect(words).toContain("replicas: 2");
    expect(words).toContain("Holding the contract: done");
    const applied = tools.calls().find(({ words }) => / apply .*--filename=-/.test(words))?.input ?? "";
    expect(applied).toMatch(/image: localhost:5050\/taskflow:[0-9a-f]{12}/);
    expect(applied).not.toContain("image: taskflow\n");
    expect(applied).not.toMatch(/secret-checksum: (none|"?0+"?)$/m);
    expect(tools.lines().filter((line) => /create .*secret|kubectl create/.test(line))).toEqual([]);
    expect(words + applied).not.toContain(KEY);
  });

  it("makes the secret once, where nobody sees it pass", async () => {
    using tools = standIns(TOOLS, [
      { tool: "kubectl", words: / get secret taskflow-secrets /, code: 1, times: 1 },
      { tool: "kubectl", words: / rollout status /, code: 1 },
      ...CLUSTER,
    ]);
    const { words } = await script(
      "deploy",
      ["dev", "--yes", "--image", NEW, "--url", "http://127.0.0.1:1"],
      tools.path,
    );
    const made = tools.calls().filter(({ words }) => / create --filename=-/.test(words));
    expect(made).toHaveLength(1);
    const { stringData } = JSON.parse(made[0]?.input ?? "{}") as { stringData: Record<string, string> };
    expect(stringData["jwt-secret"]?.length).toBeGreaterThanOrEqual(64);
    expect(words).not.toContain(stringData["jwt-secret"] ?? "");
    expect(JSON.stringify(tools.calls().map(({ words }) => words))).not.toContain(stringData["jwt-secret"] ?? "");
  });

  it("whose contract fails goes back to what served, with events and logs, and ends with 1", async () => {
    using tools = standIns(TOOLS, [
      answer("kubectl", / get events/, "1m Warning BackOff pod/taskflow-x\n"),
      answer("kubectl", / logs /, "taskflow: no\n"),
      ...CLUSTER,
    ]);
    const { code, words } = await script(
      "deploy",
      ["dev", "--yes", "--image", NEW, "--url", "http://127.0.0.1:1"],
      tools.path,
    );
    expect(code).toBe(1);
    expect(words).toContain("BackOff");
    expect(words).toContain("taskflow: no");
    expect(words).toContain("what served before it serves again");
    expect(tools.lines()).toContain("kubectl rollout undo deployment/taskflow --to-revision=4");
  });

  it("whose rollout fails goes back too; the first of all has nothing to go back to, and says so", async () => {
    const failing: Rule = { tool: "kubectl", words: / rollout status /, code: 1, stderr: "timed out\n", times: 1 };
    using tools = standIns(TOOLS, [failing, ...CLUSTER]);
    const { code } = await script("deploy", ["dev", "--yes", "--image", NEW], tools.path);
    expect(code).toBe(1);
    expect(tools.lines()).toContain("kubectl rollout undo deployment/taskflow --to-revision=4");
    using empty = standIns(TOOLS, [failing, { tool: "kubectl", words: / get deployment/, code: 1 }, ...CLUSTER]);
    const first = await script("deploy", ["dev", "--yes", "--image", NEW], empty.path);
    expect(first.code).toBe(1);
    expect(first.words).toContain("nothing served before it");
    expect(empty.lines().join()).not.toContain("undo");
  });

  it.each([
    ["prod of SQLite on several nodes", ["prod"], 3, /3 nodes.*--postgres/],
    ["an image by the tag latest", ["prod", "--image", "registry.example.org/taskflow:latest"], 1, /not “/],
    ["dev to whatever cluster is current", ["dev"], 1, /current context is production.*--context/],
  ])("is refused, and nothing is applied: %s", async (_, words, count, reason) => {
    using tools = standIns(TOOLS, [
      answer("kubectl", /^config current-context/, "production\n"),
      answer("kubectl", / get nodes /, nodes(count)),
      ...CLUSTER,
    ]);
    const image = words.includes("--image") ? [] : ["--image", NEW];
    const { code, words: said } = await script("deploy", [...words, ...image, "--yes"], tools.path);
    expect(code).not.toBe(0);
    expect(said).toMatch(reason);
    expect(tools.lines().filter((line) => /apply|create|upgrade/.test(line))).toEqual([]);
  });

  it("asks before it applies, and where nobody can answer it applies nothing", async () => {
    using tools = standIns(TOOLS, CLUSTER);
    const { code, words } = await script("deploy", ["dev", "--image", NEW], tools.path);
    expect(code).toBe(1);
    expect(words).toContain("--yes");
    expect(tools.lines().filter((line) => /apply .*--filename=-$/.test(line))).toEqual([]);
  });

  it("by the chart goes back by Helm", async () => {
    using tools = standIns(TOOLS, CLUSTER);
    const words = ["dev", "--chart", "--yes", "--image", NEW, "--url", "http://127.0.0.1:1"];
    const { code } = await script("deploy", words, tools.path);
    expect(code).toBe(1);
    const helm = tools.lines().filter((line) => line.startsWith("helm"));
    expect(helm[0]).toMatch(/upgrade --install .*values-dev\.yaml.*image\.digest=sha256:0+/);
    expect(helm.at(-1)).toMatch(/rollback taskflow/);
  });
});

describe("the key that signs sessions", () => {
  it("is changed with the one before it kept beside, and the pods roll", async () => {
    using tools = standIns(TOOLS, CLUSTER);
    const { code, words } = await script("secret", ["rotate"], tools.path);
    expect(code).toBe(0);
    const replaced = tools.calls().find(({ words }) => / replace /.test(words));
    const { stringData, metadata } = JSON.parse(replaced?.input ?? "{}");
    expect(stringData["jwt-secret-previous"]).toBe(KEY);
    expect(stringData["jwt-secret"].length).toBeGreaterThanOrEqual(64);
    expect(metadata.resourceVersion).toBe("7");
    expect(tools.lines().some((line) => /patch deployment\/taskflow .*secret-checksum/.test(line))).toBe(true);
    expect(words).not.toContain(KEY);
    expect(words).not.toContain(stringData["jwt-secret"]);
  });
});

describe("a restore", () => {
  const cron = JSON.stringify({
    spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: "backup", args: ["backup"] }] } } } } },
  });

  it("stops the pods, runs a job with the backups' volumes, and starts as many pods as there were", async () => {
    using tools = standIns(TOOLS, [answer("kubectl", / get cronjob/, cron), ...CLUSTER]);
    const { code } = await script("restore", ["latest", "--yes"], tools.path);
    expect(code).toBe(0);
    const lines = tools.lines().filter((line) => / (scale|create) /.test(line));
    expect(lines).toEqual([
      "kubectl scale deployment/taskflow --replicas=0",
      "kubectl create --filename=-",
      "kubectl scale deployment/taskflow --replicas=2",
    ]);
    const job = JSON.parse(tools.calls().find(({ words }) => / create /.test(words))?.input ?? "{}");
    expect(job.spec.template.spec.containers[0].args).toEqual(["restore", "latest", "--yes"]);
  });

  it("that fails starts what was there, and ends with 1", async () => {
    using tools = standIns(TOOLS, [
      answer("kubectl", / get cronjob/, cron),
      { tool: "kubectl", words: / wait --for=condition=complete/, code: 1 },
      answer("kubectl", / logs job/, "taskflow: there is no backup\n"),
      ...CLUSTER,
    ]);
    const { code, words } = await script("restore", ["latest", "--yes"], tools.path);
    expect(code).toBe(1);
    expect(words).toContain("there is no backup");
    expect(tools.lines()).toContain("kubectl scale deployment/taskflow --replicas=2");
  });
});

describe("the state of a cluster", () => {
  it("is told, and is wrong where pods or backups are missing", async () => {
    const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const rules = (hours: number): Rule[] => [
      answer(
        "kubectl",
        / get ingress/,
        JSON.stringify({ spec: { rules: [{ host: "taskflow.local" }] }, status: { loadBalancer: { ingress: [{}] } } }),
      ),
      answer(
        "kubectl",
        / get persistentvolumeclaims/,
        JSON.stringify({
          items: [{ metadata: { name: "taskflow-data" }, status: { phase: "Bound", capacity: { storage: "1Gi" } } }],
        }),
      ),
      answer(
        "kubectl",
        / get cronjob/,
        JSON.stringify({ metadata: { creationTimestamp: ago(100) }, status: { lastSuccessfulTime: ago(hours) } }),
      ),
      ...CLUSTER,
    ];
    using well = standIns(TOOLS, rules(3));
    const good = await script("status", [], well.path);
    expect(good.code).toBe(0);
    for (const word of ["2 of 2 serve", "taskflow.local", "taskflow-data Bound 1Gi", "Last proven backup"])
      expect(good.stdout).toContain(word);
    using old = standIns(TOOLS, rules(30));
    const bad = await script("status", [], old.path);
    expect(bad.code).toBe(1);
    expect(bad.words).toContain("over a day old");
  });
});
