import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { answer, base64, CLUSTER, deployment, KEY, script, TOOLS } from "../support/cluster.ts";
import { dataFolder } from "../support/data-folder.ts";
import { fakeTools, type Rule } from "../support/fake-tools.ts";
import { ROOT } from "../support/program.ts";

setDefaultTimeout(300_000);

const SCRIPTS: [string, string[]][] = [
  ["cluster", ["up"]],
  ["deploy", ["dev"]],
  ["status", []],
  ["backup", []],
  ["restore", ["latest"]],
  ["secret", ["rotate"]],
];

describe.each(SCRIPTS)("bun scripts/%s.ts", (name, words) => {
  it("explains itself on one screen, and refuses unknown options", async () => {
    using tools = fakeTools(TOOLS, CLUSTER);
    const { code, stdout } = await script(name, ["--help"], tools.path);
    expect(code).toBe(0);
    expect(stdout).toStartWith(`Usage: bun scripts/${name}.ts`);
    expect(stdout.split("\n").length).toBeLessThan(26);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
    expect(stdout).toContain("--dry-run");
    expect((await script(name, ["--nonsense"], tools.path)).code).toBe(2);
    expect((await script(name, [...words, "nonsense", "more"], tools.path)).code).toBe(2);
    expect(tools.calls()).toEqual([]);
  });

  it("names a missing tool, and how to get it", async () => {
    using folder = dataFolder();
    const { code, words: output } = await script(name, words, folder.path);
    expect(code).toBe(1);
    expect(output).toMatch(/^(k3d|kubectl) is missing: see https:\/\//);
  });

  it("prints its commands with --dry-run, needs no cluster, and prints no secret", async () => {
    using tools = fakeTools(TOOLS, [answer("k3d", /list/, "[]"), ...CLUSTER]);
    const { code, stdout } = await script(name, [...words, "--dry-run"], tools.path);
    expect({ name, code }).toEqual({ name, code: 0 });
    expect(stdout).toMatch(/^kubectl /m);
    const local = /^(k3d cluster list|kubectl (kustomize|config)|podman --version|podman info)/;
    expect(tools.lines().filter((line) => !local.test(line))).toEqual([]);
    for (const secret of [KEY, base64(KEY)]) expect(stdout).not.toContain(secret);
  });
});

describe("the cluster", () => {
  const list = answer("k3d", /list/, [{ name: "taskflow" }]);

  it("is created from the committed file; the second time it is started and selected", async () => {
    using first = fakeTools(TOOLS, [answer("k3d", /list/, "[]"), ...CLUSTER]);
    expect((await script("cluster", ["up"], first.path)).code).toBe(0);
    expect(first.lines()[1]).toBe(`k3d cluster create --config ${join(ROOT, "deploy", "k3d.yaml")}`);
    expect(first.lines().at(-1)).toContain("deployment/traefik");
    using second = fakeTools(TOOLS, [list, ...CLUSTER]);
    expect((await script("cluster", ["up"], second.path)).code).toBe(0);
    expect(second.lines().slice(1, 3)).toEqual([
      "k3d cluster start taskflow --wait",
      "k3d kubeconfig merge taskflow --kubeconfig-merge-default --kubeconfig-switch-context",
    ]);
  });

  it("is deleted after a confirmation only", async () => {
    using tools = fakeTools(TOOLS, [list, ...CLUSTER]);
    expect((await script("cluster", ["down"], tools.path)).words).toMatch(/deletes the cluster.*--yes/);
    expect(tools.lines()).toEqual(["k3d cluster list --output json"]);
    expect((await script("cluster", ["down", "--yes"], tools.path)).code).toBe(0);
    expect(tools.lines().at(-1)).toBe("k3d cluster delete taskflow");
  });
});

describe("a restore", () => {
  const containers = [{ name: "backup", args: ["backup"] }];
  const cron = answer("kubectl", / get cronjob/, {
    spec: { jobTemplate: { spec: { template: { spec: { containers } } } } },
  });
  const steps = (tools: ReturnType<typeof fakeTools>) =>
    tools.calls().flatMap(({ words, input }) => {
      if (/ create /.test(words)) return JSON.parse(input).spec.template.spec.containers[0].args.join(" ");
      return (
        words
          .match(/(scale|delete job) .*(?=--replicas|--ignore)(--replicas=\d)?/)
          ?.slice(1, 3)
          .filter(Boolean)
          .join(" ") ?? []
      );
    });

  it("verifies the backup, stops the pods, restores, and starts as many pods as before", async () => {
    using tools = fakeTools(TOOLS, [cron, ...CLUSTER]);
    expect((await script("restore", ["a.backup", "--yes"], tools.path)).code).toBe(0);
    expect(steps(tools)).toEqual([
      ...["verify /backups/a.backup", "delete job"],
      ...["scale --replicas=0", "restore /backups/a.backup --yes", "delete job", "scale --replicas=2"],
    ]);
  });

  it("of a backup that does not exist, or is not confirmed, stops nothing", async () => {
    using tools = fakeTools(TOOLS, [
      cron,
      { tool: "kubectl", words: / wait --for=condition=complete/, code: 1 },
      answer("kubectl", / logs job/, "taskflow: there is no file\n"),
      ...CLUSTER,
    ]);
    const { code, words } = await script("restore", ["typo.backup", "--yes"], tools.path);
    expect(code).toBe(1);
    expect(words).toContain("there is no file");
    using unconfirmed = fakeTools(TOOLS, [cron, ...CLUSTER]);
    expect((await script("restore", ["latest"], unconfirmed.path)).code).toBe(1);
    for (const each of [tools, unconfirmed]) expect(steps(each).slice(1)).toEqual(["delete job"]);
  });

  it.each([
    ["while the pods stop", { tool: "kubectl", words: / wait --for=delete /, interrupts: true }],
    [
      "while the Job runs",
      { tool: "kubectl", words: / wait --for=condition=complete job\/taskflow-restore/, interrupts: true },
    ],
  ])("that is interrupted %s starts the pods again, and leaves no Job", async (_, rule) => {
    const failed = { tool: "kubectl", words: / wait --for=condition=failed /, code: 1 };
    using tools = fakeTools(TOOLS, [cron, { ...rule, times: 1 }, failed, ...CLUSTER]);
    const { code, words } = await script("restore", ["latest", "--yes"], tools.path);
    expect(code).toBe(130);
    expect(words).toContain("Interrupted. TaskFlow was started again.");
    expect(steps(tools).at(-1)).toBe("scale --replicas=2");
    const jobs = steps(tools).filter((step: string) => /^(verify|restore|delete)/.test(step));
    expect(jobs.length % 2).toBe(0);
  });
});

describe("the state of a cluster", () => {
  const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
  const state = (hours: number): Rule[] => [
    answer("kubectl", / get ingress\//, { status: { loadBalancer: { ingress: [{}] } } }),
    answer("kubectl", / get cronjob\//, {
      metadata: { creationTimestamp: ago(100) },
      status: { lastSuccessfulTime: ago(hours) },
    }),
    ...CLUSTER,
  ];

  it.each([
    ["everything is up to date", 0, state(3), /^Everything is up to date\.$/m],
    ["the last backup is old", 1, state(30), /over 26 hours old/],
    [
      "TaskFlow is stopped",
      1,
      [answer("kubectl", / get deployment\//, deployment({ replicas: 0 })), ...state(3)],
      /stopped.*kubectl .*scale/,
    ],
    [
      "TaskFlow is not deployed",
      1,
      [answer("kubectl", / get deployment\//, ""), ...state(3)],
      /not deployed in k3d-taskflow/,
    ],
  ])("is printed, with an exit code: %s", async (_, expected, rules, message) => {
    using tools = fakeTools(TOOLS, rules);
    const { code, words } = await script("status", [], tools.path);
    expect({ code, words }).toEqual({ code: expected, words: expect.stringMatching(message) });
  });
});
