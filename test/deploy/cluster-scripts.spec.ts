import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { answer, base64, CLUSTER, KEY, script, serving, TOOLS } from "../support/cluster.ts";
import { ROOT } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";
import { type Rule, standIns } from "../support/stand-ins.ts";

setDefaultTimeout(300_000);

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

it.each([
  ["logs", ["cluster", "taskflow-backup"]],
  ["logs", ["prod", "--context", "production"]],
  ["rollback", ["3", "2"]],
  ["restore", ["latest", "newest"]],
])("bun scripts/%s.ts refuses words that it does not use: %p", async (name, words) => {
  using tools = standIns(TOOLS, CLUSTER);
  expect((await script(name, words, tools.path)).code).toBe(2);
  expect(tools.calls()).toEqual([]);
});

describe("the cluster", () => {
  const roles = ["server", "agent", "agent", "loadbalancer"];
  const listed = (stopped?: string) =>
    JSON.stringify([
      { name: "taskflow", nodes: roles.map((role) => ({ role, State: { Running: role !== stopped } })) },
    ]);
  const started = listed();
  const merge = "k3d kubeconfig merge taskflow --kubeconfig-merge-default --kubeconfig-switch-context";

  it("is made from the committed file and waited for; the second time it is left as it is", async () => {
    using first = standIns(TOOLS, [answer("k3d", /list/, "[]"), ...CLUSTER]);
    expect((await script("cluster", ["up"], first.path)).code).toBe(0);
    expect(first.lines().filter((line) => /^k3d cluster create/.test(line))).toEqual([
      `k3d cluster create --config ${join(ROOT, "deploy", "k3d.yaml")}`,
    ]);
    expect(first.lines().at(-1)).toContain("deployment/traefik");
    using second = standIns(TOOLS, [answer("k3d", /list/, started), ...CLUSTER]);
    expect((await script("cluster", ["up"], second.path)).code).toBe(0);
    expect(second.lines().filter((line) => /create|start|merge/.test(line) && line.startsWith("k3d"))).toEqual([merge]);
  });

  it.each(["server", "agent", "loadbalancer"])(
    "is started where its %s does not run, which its status tells",
    async (role) => {
      using tools = standIns(TOOLS, [answer("k3d", /list/, listed(role)), ...CLUSTER]);
      const { stdout } = await script("cluster", ["status"], tools.path);
      expect(stdout).toContain(`0 of ${role === "agent" ? 2 : 1} run (${role})`);
      expect((await script("cluster", ["up"], tools.path)).code).toBe(0);
      const lines = tools.lines().filter((line) => /^k3d .*(create|start|merge)/.test(line));
      expect(lines).toEqual(["k3d cluster start taskflow --wait", merge]);
    },
  );

  it("wants a k3d that reads its file", async () => {
    using tools = standIns(TOOLS, [
      answer("k3d", /version/, "k3d version v5.4.9\nk3s version v1.25.7-k3s1\n"),
      ...CLUSTER,
    ]);
    const { code, words } = await script("cluster", ["up"], tools.path);
    expect(code).toBe(1);
    expect(words).toMatch(/^k3d 5\.4 is too old: 5\.5 .*https:/);
    expect(tools.lines()).toEqual(["k3d version"]);
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

  it.each([
    ["while the pods stop", / wait --for=delete /, false],
    ["while the job runs", / wait --for=condition=complete /, true],
  ])("that is interrupted %s starts what was there, with no job beside it", async (_, words, made) => {
    using tools = standIns(TOOLS, [
      answer("kubectl", / get cronjob/, cron),
      { tool: "kubectl", words, interrupts: true, times: 1 },
      { tool: "kubectl", words: / wait --for=condition=failed /, code: 1 },
      ...CLUSTER,
    ]);
    const { code, words: said } = await script("restore", ["latest", "--yes"], tools.path);
    expect(code).toBe(130);
    expect(said).toContain("interrupted: TaskFlow was started again");
    const lines = tools.lines().filter((line) => / (scale|create|delete) /.test(line));
    expect(lines.map((line) => line.split(" ").slice(1, 3).join(" "))).toEqual([
      "scale deployment/taskflow",
      ...(made ? ["create --filename=-", "delete job"] : []),
      "scale deployment/taskflow",
    ]);
    expect(lines.at(-1)).toContain("--replicas=2");
  });
});

describe("the state of a cluster", () => {
  it("is told, and is wrong where pods or backups are missing", async () => {
    const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const claims = [
      { metadata: { name: "taskflow-data" }, status: { phase: "Bound", capacity: { storage: "1Gi" } } },
      { metadata: { name: "taskflow-backups" }, status: { phase: "Pending" } },
    ];
    const user = { spec: { volumes: [{ persistentVolumeClaim: { claimName: "taskflow-backups" } }] } };
    const rules = (hours: number): Rule[] => [
      answer(
        "kubectl",
        / get ingress/,
        JSON.stringify({ spec: { rules: [{ host: "taskflow.local" }] }, status: { loadBalancer: { ingress: [{}] } } }),
      ),
      answer("kubectl", / get persistentvolumeclaims/, JSON.stringify({ items: claims })),
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
    for (const word of [
      ...["2 of 2 serve", "taskflow.local", "taskflow-data Bound 1Gi", "Last proven backup"],
      "taskflow-backups is made when it is first used",
    ])
      expect(good.stdout).toContain(word);
    using stuck = standIns(TOOLS, [
      answer("kubectl", / get pods .*--output=json/, JSON.stringify({ items: [user] })),
      ...rules(3),
    ]);
    const waiting = await script("status", [], stuck.path);
    expect(waiting.code).toBe(1);
    expect(waiting.words).toContain("The volume taskflow-backups is Pending");
    using old = standIns(TOOLS, rules(30));
    const bad = await script("status", [], old.path);
    expect(bad.code).toBe(1);
    expect(bad.words).toContain("over a day old");
    const none = serving("kustomize", { spec: { replicas: 0 }, status: {} });
    using stopped = standIns(TOOLS, [answer("kubectl", / get deployment/, none), ...rules(3)]);
    const still = await script("status", [], stopped.path);
    expect(still.code).toBe(1);
    expect(still.words).toMatch(/TaskFlow is stopped.*: kubectl .*scale deployment\/taskflow/);
  });
});
