import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { signIn, signUp } from "../support/client.ts";
import { answer, base64, CLUSTER, KEY, script, TOOLS } from "../support/cluster.ts";
import { ROOT } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";
import { startProgram } from "../support/program.ts";
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

describe("the key that signs sessions", () => {
  const decode = (input = "{}") => {
    const { data, metadata } = JSON.parse(input);
    return { keys: [atob(data["jwt-secret"]), atob(data["jwt-secret-previous"])] as [string, string], data, metadata };
  };
  /** What a rotation did to the Secret and the pods, in this order. */
  const trail = (tools: ReturnType<typeof standIns>) =>
    tools
      .lines()
      .flatMap((line) => line.match(/ (replace|patch|rollout status|wait --for=delete|annotate) /)?.[1] ?? []);

  it("is accepted everywhere before it signs anything, in two rollouts that nobody is signed out by", async () => {
    const ending = { items: [{ metadata: { name: "old", deletionTimestamp: "now" } }, { metadata: { name: "new" } }] };
    using tools = standIns(TOOLS, [
      answer("kubectl", / get pods /, JSON.stringify(ending)),
      answer("kubectl", / replace /, "8"),
      ...CLUSTER,
    ]);
    const { code, words } = await script("secret", ["rotate"], tools.path);
    expect(code).toBe(0);
    const rollout = ["patch", "rollout status", "wait --for=delete"];
    expect(trail(tools)).toEqual(["replace", ...rollout, "replace", ...rollout, "annotate"]);
    expect(tools.lines()).toContain("kubectl wait --for=delete pod/old --timeout=60s");
    const [accepted, signing] = tools
      .calls()
      .flatMap(({ words, input }) => (/ replace /.test(words) ? decode(input) : []));
    if (!accepted || !signing) throw new Error("the Secret was not changed twice");
    const [, next] = accepted.keys;
    expect(next.length).toBeGreaterThanOrEqual(64);
    expect([accepted.keys, signing.keys]).toEqual([
      [KEY, next],
      [next, KEY],
    ]);
    expect([accepted, signing].map(({ metadata }) => metadata.resourceVersion)).toEqual(["7", "8"]);
    const checksums = tools.lines().flatMap((line) => line.match(/secret-checksum":"(\w+)/)?.[1] ?? []);
    expect(new Set(checksums).size).toBe(2);
    for (const secret of [KEY, next]) expect(words + JSON.stringify(tools.lines())).not.toContain(secret);

    // The pods of each rollout beside each other, as processes on one database.
    using folder = dataFolder();
    const pod = (keys: string[]) =>
      startProgram({ DATA_DIR: folder.path, JWT_SECRET: keys[0], JWT_SECRET_PREVIOUS: keys[1], LOG_LEVEL: "error" });
    await using before = await pod([KEY]);
    const person = await signUp(before.url);
    const tokens = [person.token];
    const expectNobodyOut = async (pods: { url: string }[]) => {
      for (const { url } of pods) tokens.push(await signIn(url, person));
      for (const { url } of pods)
        for (const token of tokens) {
          const { status } = await fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${token}` } });
          expect(status).toBe(200);
        }
    };
    await using first = await pod(accepted.keys);
    await expectNobodyOut([before, first]);
    await using second = await pod(signing.keys);
    await expectNobodyOut([first, second]);
  });

  it.each([
    ["accept", ["patch", "rollout status", "replace", "patch", "rollout status", "annotate"]],
    ["sign", ["patch", "rollout status", "annotate"]],
  ])("whose change broke off goes on where it was: %s", async (step, rest) => {
    const secret = {
      metadata: { resourceVersion: "8", annotations: { "taskflow.local/rotation": step, ours: "stays" } },
      data: { "jwt-secret": base64(KEY), "jwt-secret-previous": base64("the next one"), other: "AAE=" },
    };
    using tools = standIns(TOOLS, [answer("kubectl", / get secret /, JSON.stringify(secret)), ...CLUSTER]);
    expect((await script("secret", ["rotate"], tools.path)).code).toBe(0);
    expect(trail(tools)).toEqual(rest);
    const written = tools.calls().find(({ words }) => / replace /.test(words));
    if (!written) return expect(step).toBe("sign");
    const { keys, data, metadata } = decode(written.input);
    expect(keys).toEqual(["the next one", KEY]);
    expect([data.other, metadata.annotations.ours]).toEqual(["AAE=", "stays"]);
  });

  it("is left to what keeps the Secret, where something does", async () => {
    const secret = { metadata: { ownerReferences: [{ kind: "ExternalSecret" }] }, data: { "jwt-secret": base64(KEY) } };
    using tools = standIns(TOOLS, [answer("kubectl", / get secret /, JSON.stringify(secret)), ...CLUSTER]);
    const { code, words } = await script("secret", ["rotate"], tools.path);
    expect(code).toBe(1);
    expect(words).toContain("kept by ExternalSecret");
    expect(trail(tools)).toEqual([]);
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
  });
});
