import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { checkout } from "../support/checkout.ts";
import { answer, BY_HELM, CLUSTER, KEY, NEW, nodes, script, TOOLS } from "../support/cluster.ts";
import { run } from "../support/containers.ts";
import { noHelm } from "../support/manifests.ts";
import { startProgram } from "../support/program.ts";
import { type Rule, standIns } from "../support/stand-ins.ts";

setDefaultTimeout(300_000);

describe.skipIf(noHelm)("a deployment", () => {
  it("is validated, built under the commit's tag, shown, applied, waited for, proven and backed up, in this order", async () => {
    await using app = await startProgram();
    using tools = standIns(TOOLS, [answer("kubectl", / get cronjob/, "{}"), ...CLUSTER]);
    const { code, words } = await script("deploy", ["dev", "--yes", "--url", app.url], tools.path);
    expect({ code, words: code === 0 ? "" : words }).toEqual({ code: 0, words: "" });
    const order = [
      /^podman build .*taskflow:[0-9a-f]{12}/,
      /^podman push .*localhost:5050\/taskflow:/,
      / diff |^kubectl diff/,
      /^kubectl apply .*--filename=-/,
      /^kubectl rollout status/,
      /^kubectl create job taskflow-backup-\w+ --from=cronjob\/taskflow-backup$/,
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
    expect(tools.lines().filter((line) => /create .*secret|kubectl create --filename/.test(line))).toEqual([]);
    expect(words + applied).not.toContain(KEY);
  });

  it("makes the secret once, where nobody sees it pass", async () => {
    using tools = standIns(TOOLS, [
      { ...answer("kubectl", / get secret taskflow-secrets /, ""), times: 1 },
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
    // What a rollback, a rotated key or a restore has set since is counted over.
    const server = tools.lines().filter((line) => /^kubectl (diff|apply) /.test(line));
    expect(server).toHaveLength(3);
    for (const line of server) expect(line).toContain("--server-side --force-conflicts");
  });

  it("whose rollout fails goes back too; the first of all has nothing to go back to, and says so", async () => {
    const failing: Rule = { tool: "kubectl", words: / rollout status /, code: 1, stderr: "timed out\n", times: 1 };
    using tools = standIns(TOOLS, [failing, ...CLUSTER]);
    const { code } = await script("deploy", ["dev", "--yes", "--image", NEW], tools.path);
    expect(code).toBe(1);
    expect(tools.lines()).toContain("kubectl rollout undo deployment/taskflow --to-revision=4");
    using empty = standIns(TOOLS, [failing, answer("kubectl", / get deployment/, ""), ...CLUSTER]);
    const first = await script("deploy", ["dev", "--yes", "--image", NEW], empty.path);
    expect(first.code).toBe(1);
    expect(first.words).toContain("nothing served before it");
    expect(empty.lines().join()).not.toContain("undo");
  });

  it.each([
    ["prod of SQLite on several nodes", ["prod"], 3, /3 nodes.*--postgres/],
    ["an image by the tag latest", ["prod", "--image", "registry.example.org/taskflow:latest"], 1, /not “/],
    ["dev to whatever cluster is current", ["dev"], 1, /current context is production.*--context/],
    ["prod of SQLite on nobody knows how many nodes", ["prod"], undefined, /does not tell its nodes/],
    ["the chart where the overlay is", ["prod", "--chart"], 1, /by the overlay: go on without --chart/],
  ])("is refused, and nothing is applied: %s", async (_, words, count, reason) => {
    using tools = standIns(TOOLS, [
      answer("kubectl", /^config current-context/, "production\n"),
      { ...answer("kubectl", / get nodes /, nodes(count ?? 0)), code: count === undefined ? 1 : 0 },
      ...CLUSTER,
    ]);
    const image = words.includes("--image") ? [] : ["--image", NEW];
    const { code, words: said } = await script("deploy", [...words, ...image, "--yes"], tools.path);
    expect(code).not.toBe(0);
    expect(said).toMatch(reason);
    expect(tools.lines().filter((line) => /apply|create|upgrade/.test(line))).toEqual([]);
  });

  it("changes nothing where the cluster does not say what is there", async () => {
    using tools = standIns(TOOLS, [{ tool: "kubectl", words: / get deployment/, code: 1 }, ...CLUSTER]);
    const { code, words } = await script("deploy", ["dev", "--yes", "--image", NEW], tools.path);
    expect(code).toBe(1);
    expect(words).toMatch(/k3d-taskflow does not answer.*try: kubectl .*get deployment/);
    expect(tools.lines().filter((line) => /apply|create|upgrade/.test(line))).toEqual([]);
  });

  it("asks before it applies, and where nobody can answer it applies nothing", async () => {
    using tools = standIns(TOOLS, CLUSTER);
    const { code, words } = await script("deploy", ["dev", "--image", NEW], tools.path);
    expect(code).toBe(1);
    expect(words).toContain("--yes");
    expect(tools.lines().filter((line) => /apply .*--filename=-$/.test(line))).toEqual([]);
  });

  it("by the chart goes back by Helm, to what it had there before, and waits for no volume that nobody uses", async () => {
    using tools = standIns(TOOLS, BY_HELM);
    const words = ["dev", "--chart", "--yes", "--image", NEW, "--url", "http://127.0.0.1:1"];
    const { code } = await script("deploy", words, tools.path);
    expect(code).toBe(1);
    const helm = tools.lines().filter((line) => / (upgrade|rollback) /.test(line));
    expect(helm[0]).toMatch(
      /^helm .*upgrade --install .*--force-conflicts .*values-dev\.yaml.*image\.digest=sha256:0+/,
    );
    expect(helm[1]).toMatch(/^helm .*rollback taskflow 8 .*--force-conflicts$/);
    expect(helm.join()).not.toContain("--wait");
  });

  it("by Helm 3 has none of the words that came with 4", async () => {
    using tools = standIns(TOOLS, [{ tool: "helm", words: /^version /, stdout: "v3.19.0" }, ...BY_HELM]);
    await script("deploy", ["dev", "--chart", "--yes", "--image", NEW, "--url", "http://127.0.0.1:1"], tools.path);
    expect(tools.lines().join("\n")).toContain("helm --kube-context k3d-taskflow --namespace taskflow upgrade");
    expect(tools.lines().filter((line) => /^helm .*(--force-conflicts|--server-side)/.test(line))).toEqual([]);
  });

  it("from a fresh clone fetches what it needs", async () => {
    using clone = await checkout({ cloned: true });
    using tools = standIns(TOOLS, [{ tool: "kubectl", words: / rollout status /, code: 1 }, ...CLUSTER]);
    const { words } = await script("deploy", ["dev", "--yes", "--image", NEW], tools.path, clone.path);
    expect(words).toContain("Validating the manifests: done");
    expect(words).toContain("Applying: done");
    const contract = await run([process.execPath, "test", "test/contract/health.spec.ts"], { cwd: clone.path });
    expect({ ...contract, code: 0 }).toEqual(contract);
  });
});

describe.skipIf(noHelm)("a rollback", () => {
  it("shows what there is to go back to, and asks", async () => {
    const list = "REVISION  IMAGE\n3  taskflow:a\n4  taskflow:b\n";
    using tools = standIns(TOOLS, [answer("kubectl", / get replicasets /, list), ...CLUSTER]);
    const { code, words } = await script("rollback", [], tools.path);
    expect(code).toBe(1);
    expect(words).toContain(list.trim());
    expect(words).toContain("--yes");
    expect(tools.lines().filter((line) => line.includes("undo"))).toEqual([]);
    expect((await script("rollback", ["3", "--yes"], tools.path)).code).toBe(0);
    expect(tools.lines()).toContain("kubectl rollout undo deployment/taskflow --to-revision=3");
  });

  it("is Helm's where the chart was deployed", async () => {
    using tools = standIns(TOOLS, BY_HELM);
    expect((await script("rollback", ["8", "--yes"], tools.path)).code).toBe(0);
    expect(tools.lines().find((line) => line.includes(" rollback "))).toMatch(/^helm .* rollback taskflow 8 /);
    expect(tools.lines().filter((line) => line.includes("undo"))).toEqual([]);
  });
});
