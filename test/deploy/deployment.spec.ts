import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../support/checkout.ts";
import {
  answer,
  CLUSTER,
  controller,
  deployment,
  KEY,
  NEW,
  OLD,
  passed,
  rendering,
  script,
  TOOLS,
} from "../support/cluster.ts";
import { run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";
import { fakeTools, type Rule } from "../support/fake-tools.ts";
import { noHelm } from "../support/manifests.ts";
import { runProgram, startProgram } from "../support/program.ts";

setDefaultTimeout(300_000);

type Tools = ReturnType<typeof fakeTools>;

const changes = (tools: Tools) => tools.lines().filter((line) => / (apply|create|upgrade|delete|rollback) /.test(line));
const applied = (tools: Tools) =>
  tools
    .calls()
    .flatMap(({ words, input }) => (/ apply .*\S+$/.test(words) && input.includes("Deployment") ? [input] : []));
const recorded = (tools: Tools) =>
  tools
    .calls()
    .flatMap(({ words, input }) => (/ apply /.test(words) && input.includes("last-passed") ? [JSON.parse(input)] : []));
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

/** Pods of the newest ReplicaSet in a state, beside one of an older ReplicaSet that crashes. */
function podsIn(state: object, { age = 300, conditions = [] as object[] } = {}) {
  const crashing = { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s" } };
  const pod = (name: string, hash: string, of: object, more: object = {}) => ({
    kind: "Pod",
    metadata: { name, creationTimestamp: ago(age), labels: { "pod-template-hash": hash } },
    spec: { containers: [{ name: "taskflow" }] },
    status: {
      phase: "Pending",
      containerStatuses: [{ name: "taskflow", restartCount: 3, ready: false, state: of }],
      ...more,
    },
  });
  const replicaSet = (hash: string, revision: string) => ({
    kind: "ReplicaSet",
    metadata: {
      name: hash,
      labels: { "pod-template-hash": hash },
      annotations: { "deployment.kubernetes.io/revision": revision },
    },
  });
  const scheduling = conditions.length > 0 ? { containerStatuses: undefined, conditions } : {};
  const app = { ...deployment(), metadata: { generation: 2 }, status: { observedGeneration: 2 } };
  return {
    items: [
      app,
      replicaSet("old", "9"),
      replicaSet("new", "10"),
      pod("old", "old", crashing),
      pod("new", "new", state, scheduling),
    ],
  };
}

describe.skipIf(noHelm)("a deployment", () => {
  it("from a fresh clone runs every step in order, and deletes the accounts of the contract specs", async () => {
    await using app = await startProgram();
    using clone = await checkout({ cloned: true });
    const specs = new Bun.Glob("test/contract/*").scanSync({ cwd: clone.path, absolute: true });
    for (const file of specs) if (!file.endsWith("health.spec.ts")) rmSync(file);
    const list = [
      "ada ada@example.org 2026",
      "person-1-0123abcd  person-1-0123abcd@example.org  2026",
      "person-2-0123abcd  eve@example.com  2026",
    ];
    using tools = fakeTools(TOOLS, [
      answer("kubectl", / get cronjob/, {}),
      answer("kubectl", / logs job/, `{"backup":"/backups/a.backup"}\n`),
      answer("kubectl", / user list$/, list.join("\n")),
      passed(rendering(["gone"])),
      ...CLUSTER,
    ]);
    const { code, words } = await script("deploy", ["dev", "--yes", "--url", app.url], tools.path, clone.path);
    expect({ code, words: code === 0 ? "" : words }).toEqual({ code: 0, words: "" });
    const order = [
      /^podman build .*taskflow:[0-9a-f]{12}/,
      /^podman push .*localhost:5050\/taskflow:/,
      /^kubectl diff --server-side --force-conflicts /,
      /^kubectl create job taskflow-backup-\w+ --from=cronjob\/taskflow-backup$/,
      /^kubectl apply --server-side --force-conflicts .*dev\.yaml$/,
      /^kubectl rollout status/,
      /^kubectl exec deployment\/taskflow -- \/usr\/bin\/taskflow user delete --yes person-1-0123abcd$/,
      /^kubectl delete --ignore-not-found --filename=-$/,
      /^kubectl apply --server-side .*--filename=-$/,
    ];
    const lines = tools.lines();
    const at = order.map((step) => lines.findIndex((line) => step.test(line)));
    expect(at).not.toContain(-1);
    expect(at).toEqual(at.toSorted((one, other) => one - other));
    const removed = tools.calls().find(({ words }) => / delete .*--filename=-$/.test(words));
    expect(removed?.input).toContain('"items":[{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy",');
    const [yaml = ""] = applied(tools);
    expect(yaml).toMatch(/image: localhost:5050\/taskflow:[0-9a-f]{12}/);
    expect(yaml).not.toMatch(/image: taskflow\n|secret-checksum: none/);
    expect(recorded(tools).map(({ data }) => data)).toEqual([{ last: yaml }]);
    expect(words + yaml).not.toContain(KEY);
    expect(words).toContain("Running the contract specs …");
  });

  it("that fails its check is rolled back to the last rendering that passed, and is not recorded", async () => {
    using there = controller();
    using tools = fakeTools(TOOLS, [passed(rendering([])), ...CLUSTER]);
    const { code, words } = await script("deploy", ["dev", "--yes", "--image", NEW, "--url", there.url], tools.path);
    expect(code).toBe(1);
    expect(words).toContain("The deployment failed and was rolled back. TaskFlow runs as before.");
    expect([...there.hosts]).toEqual(["taskflow.local"]);
    const [first, second, ...more] = applied(tools);
    expect(more).toEqual([]);
    expect(first).toContain(NEW);
    expect(second).toContain(OLD);
    const removed = tools.calls().find(({ words }) => / delete .*--filename=-$/.test(words));
    expect(removed?.input).toContain("taskflow-default-deny");
    expect(removed?.input).not.toMatch(/"kind":"(Namespace|PersistentVolumeClaim|Secret)"/);
    expect(recorded(tools)).toEqual([]);
  });

  const unscheduled = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no node" };
  const waitingFor = (reason: string) => podsIn({ waiting: { reason, message: "of a reason" } });

  it.each([
    ["CrashLoopBackOff", waitingFor("CrashLoopBackOff")],
    ["ImagePullBackOff", waitingFor("ImagePullBackOff")],
    ["CreateContainerConfigError", waitingFor("CreateContainerConfigError")],
    ["Unschedulable", podsIn({}, { conditions: [unscheduled] })],
  ])("does not wait for pods that will not start, and prints why: %s", async (reason, pods) => {
    using there = controller();
    const event = (message: string, more: object) => ({
      ...{ type: "Warning", reason: "Failed", message, metadata: {}, involvedObject: { kind: "Pod", name: "new" } },
      ...more,
    });
    const older = Array.from({ length: 20 }, (_, index) =>
      event(`older ${index}`, { lastTimestamp: "2026-01-01T00:00:00Z" }),
    );
    using tools = fakeTools(TOOLS, [
      { tool: "kubectl", words: / rollout status /, hangs: true, times: 1 },
      // Once: the rollback helps.
      { ...answer("kubectl", / get deployments,replicasets,pods /, pods), times: 1 },
      answer("kubectl", / get pods .*--output=json/, { items: pods.items.slice(3) }),
      answer("kubectl", / get events /, {
        items: [
          event("from the scheduler", { eventTime: "2026-01-02T00:00:02Z", lastTimestamp: null }),
          ...older,
          event("repeated", {
            series: { lastObservedTime: "2026-01-02T00:00:03Z" },
            eventTime: "2026-01-01T00:00:00Z",
          }),
          event("normal", { type: "Normal", involvedObject: { kind: "Pod", name: "another" } }),
        ],
      }),
      { tool: "kubectl", words: / logs new .*--previous/, stdout: "it ended with an error\n" },
      { tool: "kubectl", words: / logs old /, code: 1 },
      passed(rendering([])),
      ...CLUSTER,
    ]);
    const { code, words } = await script("deploy", ["dev", "--yes", "--image", NEW, "--url", there.url], tools.path);
    expect(code).toBe(1);
    expect(words).toContain(`The rollout failed. new: ${reason}. `);
    expect(words).toMatch(new RegExp(`^new {2}Pending {2}0/1 ready .*${reason} `, "m"));
    expect(words).toMatch(/older 19\n.*from the scheduler\n.*repeated\n/);
    expect(words).not.toContain("normal");
    if (reason !== "Unschedulable") expect(words).toContain("it ended with an error");
    expect(words).toContain("was rolled back");
  });

  it("waits for pods that may still start, and ignores older pods that crash", async () => {
    using there = controller();
    const young = podsIn({ waiting: { reason: "ImagePullBackOff" } }, { age: -600 });
    using tools = fakeTools(TOOLS, [answer("kubectl", / get deployments,replicasets,pods /, young), ...CLUSTER]);
    const { words } = await script("deploy", ["dev", "--yes", "--image", NEW, "--url", there.url], tools.path);
    expect(words).toContain("failed (exit code 1): ");
  });

  it("names the backup when the rollback fails too; the first deployment has nothing to return to", async () => {
    const failing: Rule = { tool: "kubectl", words: / rollout status /, code: 1, stderr: "timed out\n" };
    using tools = fakeTools(TOOLS, [
      failing,
      answer("kubectl", / get cronjob/, {}),
      // The first attempt failed. The name is on some line of the second one's log.
      answer("kubectl", / get pods .*job-name=taskflow-backup-\w+ .*=Succeeded/, "pod/second\n"),
      answer("kubectl", / logs pod\/second /, '{"backup":"/backups/before.backup","users":1}\na line of stderr\n'),
      answer("kubectl", / logs job/, '{"backup":"/backups/wrong.backup"}\n'),
      passed(rendering([])),
      ...CLUSTER,
    ]);
    const { code, words } = await script("deploy", ["dev", "--yes", "--image", NEW], tools.path);
    expect(code).toBe(1);
    expect(words).toContain("and so did the rollback");
    expect(words).toContain("bun scripts/restore.ts before.backup --context k3d-taskflow");
    using empty = fakeTools(TOOLS, [failing, answer("kubectl", / get deployment/, ""), ...CLUSTER]);
    const first = await script("deploy", ["dev", "--yes", "--image", NEW], empty.path);
    expect(first.words).toContain("No earlier one passed here");
    expect(applied(empty)).toHaveLength(1);
  });

  it("to production is checked with one account, which is deleted, and fails when requests fail afterwards", async () => {
    await using app = await startProgram();
    const request = (status: number) => JSON.stringify({ body: "request", "http.response.status_code": status });
    const deploy = async (log: string[]) => {
      using tools = fakeTools(TOOLS, [
        answer("kubectl", / get nodes /, { items: [{}] }),
        answer("kubectl", / logs --selector/, log.join("\n")),
        passed(rendering([])),
        ...CLUSTER,
      ]);
      const result = await script(
        "deploy",
        ["prod", "--yes", "--image", NEW, "--url", app.url, "--watch", "1"],
        tools.path,
      );
      const [, account = ""] =
        tools
          .lines()
          .join("\n")
          .match(/ user delete --yes (check-\S+)$/m) ?? [];
      return { ...result, account, recorded: recorded(tools).length };
    };
    const good = await deploy([...Array(98).fill(request(200)), request(500), "not JSON", request(503)]);
    expect({ code: good.code, recorded: good.recorded }).toEqual({ code: 0, recorded: 1 });
    expect(good.words).toContain("2 of 100 requests failed");
    const { stdout } = await runProgram(["user", "list"], { DATA_DIR: app.dataDir });
    expect([...stdout.matchAll(/^check-\S+/gm)].map(([name]) => name)).toEqual([good.account]);
    const bad = await deploy([...Array(7).fill(request(200)), ...Array(3).fill(request(500))]);
    expect({ code: bad.code, recorded: bad.recorded }).toEqual({ code: 1, recorded: 0 });
    expect(bad.words).toMatch(/3 of 10 requests failed:\n.*"http.response.status_code":500/);
    expect(bad.words).toContain("was rolled back");
  });

  it("creates the Secret once, through standard input", async () => {
    using tools = fakeTools(TOOLS, [
      { ...answer("kubectl", / get secret taskflow-secrets /, ""), times: 1 },
      { tool: "kubectl", words: / rollout status /, code: 1 },
      ...CLUSTER,
    ]);
    const { words } = await script("deploy", ["dev", "--yes", "--image", NEW], tools.path);
    const created = tools.calls().filter(({ words }) => / create secret /.test(words));
    expect(created).toHaveLength(1);
    const [{ input: key } = { input: "" }] = created;
    expect(key.length).toBeGreaterThanOrEqual(64);
    expect(words + JSON.stringify(tools.calls().map(({ words }) => words))).not.toContain(key);
  });

  it.each([
    ["prod with SQLite on several nodes", ["prod"], 3, /3 nodes.*--postgres/],
    ["prod with SQLite if the nodes can't be listed", ["prod"], undefined, /does not list its nodes/],
    [
      "an image with the tag latest",
      ["prod", "--image", "registry.example.org/taskflow:latest"],
      1,
      /other than latest/,
    ],
    ["the chart where the overlay was deployed", ["prod", "--chart"], 1, /with the overlay\. Deploy without --chart/],
    ["PostgreSQL where SQLite runs", ["prod", "--postgres"], 1, /runs on SQLite.*--replicas=0/],
    ["a component that does not exist", ["dev", "--component", "tsl"], 1, /no deploy\/kustomize\/components\/tsl/],
    ["a component with the chart", ["staging", "--component", "tls"], 1, /--component is for overlays/],
  ])("is refused before anything changes: %s", async (_, words, count, reason) => {
    const items = Array.from({ length: count ?? 0 }, () => ({}));
    using tools = fakeTools(TOOLS, [
      { ...answer("kubectl", / get nodes /, { items }), code: count === undefined ? 1 : 0 },
      ...CLUSTER,
    ]);
    const image = words.includes("--image") ? [] : ["--image", NEW];
    const result = await script("deploy", [...words, ...image, "--yes"], tools.path);
    expect(result.code).not.toBe(0);
    expect(result.words).toMatch(reason);
    expect(changes(tools)).toEqual([]);
    expect(result.words).not.toContain("Validating");
  });

  it("to the other engine is allowed where TaskFlow is stopped, and starts it", async () => {
    using running = fakeTools(TOOLS, [answer("kubectl", / get deployment/, deployment({ sqlite: false })), ...CLUSTER]);
    const refused = await script("deploy", ["dev", "--yes", "--image", NEW], running.path);
    expect(refused.words).toMatch(/runs on PostgreSQL here.*without --postgres/);
    using stopped = fakeTools(TOOLS, [
      answer("kubectl", / get deployment\//, deployment({ replicas: 0 })),
      answer("kubectl", / get secret taskflow-database /, {}),
      { tool: "kubectl", words: / rollout status /, code: 1 },
      ...CLUSTER,
    ]);
    await script("deploy", ["dev", "--postgres", "--yes", "--image", NEW], stopped.path);
    // An autoscaler leaves a Deployment alone that is scaled to 0.
    expect(stopped.lines()).toContain("kubectl scale deployment/taskflow --replicas=2");
  });

  it("changes nothing if the cluster does not respond, or if there is nobody to confirm", async () => {
    using silent = fakeTools(TOOLS, [{ tool: "kubectl", words: / get deployment/, code: 1 }, ...CLUSTER]);
    const { code, words } = await script("deploy", ["dev", "--yes", "--image", NEW], silent.path);
    expect(code).toBe(1);
    expect(words).toMatch(/Can't read from the cluster k3d-taskflow\. Try: kubectl .*get deployment/);
    using asking = fakeTools(TOOLS, CLUSTER);
    expect((await script("deploy", ["dev", "--image", NEW], asking.path)).words).toContain("use --yes");
    expect([...changes(silent), ...applied(asking)]).toEqual([]);
  });

  it("of staging is rolled back by Helm to the revision that was deployed before", async () => {
    using there = controller();
    using tools = fakeTools(TOOLS, [answer("kubectl", / get deployment/, deployment({ by: "Helm" })), ...CLUSTER]);
    const { words } = await script("deploy", ["staging", "--yes", "--image", NEW, "--url", there.url], tools.path);
    expect(words).toContain("was rolled back");
    const [upgrade, rollback] = tools.lines().filter((line) => / (upgrade|rollback) /.test(line));
    expect(upgrade).toMatch(/--install --history-max=10 .*--force-conflicts .*values-staging\.yaml.*digest=sha256:0+/);
    expect(rollback).toMatch(/rollback taskflow 7 --history-max=10 .*--force-conflicts$/);
    expect(upgrade).not.toContain("--wait");
    using three = fakeTools(TOOLS, [answer("helm", /^version /, "v3.19.0"), ...CLUSTER]);
    const dry = await script("deploy", ["staging", "--image", NEW, "--dry-run"], three.path);
    expect(dry.stdout).toContain(" upgrade --install ");
    expect(dry.stdout).not.toMatch(/^helm .*--force-conflicts/m);
  });

  it("is checked below the path of the Ingress", async () => {
    using folder = dataFolder();
    const values = folder.file("values.yaml");
    writeFileSync(values, "baseUrl: https://taskflow.local/tasks\n");
    using tools = fakeTools(TOOLS, CLUSTER);
    const words = ["prod", "--chart", "--values", values, "--image", NEW, "--dry-run"];
    const { stdout } = await script("deploy", words, tools.path);
    expect(stdout).toMatch(/ check --url http:\/\/127\.0\.0\.1:8080\/tasks /);
  });

  it("adds components, and leaves out those that the overlay has", async () => {
    using tools = fakeTools(TOOLS, CLUSTER);
    const words = ["prod", "--component", "tls", "--component", "local-storage", "--image", NEW, "--dry-run"];
    const { code, stdout, stderr } = await script("deploy", words, tools.path);
    expect(code).toBe(0);
    expect(stderr).toContain("The overlay prod already has the component tls.");
    const [, file = ""] = stdout.match(/--filename=(\S+prod\.yaml)/) ?? [];
    expect(await Bun.file(file).text()).toContain("kind: PersistentVolume\n");
  });

  it("reports why the manifests can't be rendered, and in which file", async () => {
    using clone = await checkout();
    const settings = "deploy/kustomize/overlays/dev/settings/kustomization.yaml";
    writeFileSync(join(clone.path, settings), "kind: Component\nreplica: []\n");
    using tools = fakeTools(TOOLS, CLUSTER);
    const { code, words } = await script("deploy", ["dev", "--image", NEW, "--dry-run"], tools.path, clone.path);
    expect(code).toBe(1);
    expect(words).toMatch(/Rendering failed: .*'deploy\/kustomize\/overlays\/dev\/settings'.*unknown field "replica"/);
    expect(words).not.toContain("taskflow-render-");
  });

  it.each(["prod", "staging"])(
    "of %s can be printed without a cluster, and every printed line can be run",
    async (stage) => {
      using tools = fakeTools(TOOLS, [answer("kubectl", /^config /, ""), ...CLUSTER]);
      const { code, stdout } = await script("deploy", [stage, "--dry-run"], tools.path);
      expect(code).toBe(0);
      expect(
        tools.lines().filter((line) => !/^(kubectl (kustomize|config)|helm (template|version)) /.test(line)),
      ).toEqual([]);
      const lines = stdout.trim().split("\n");
      expect(lines.length).toBeGreaterThan(10);
      const files = lines.flatMap((line) => line.match(/(?<=--(?:filename|values)=)\/\S+/g) ?? []);
      expect(files.filter((file) => !existsSync(file))).toEqual([]);
      const commands = lines.filter((line) => /^(kubectl|helm|openssl) /.test(line) && !/ diff /.test(line));
      const { stderr, code: ended } = await run(["bash", "-euo", "pipefail", "-c", commands.join("\n")], {
        env: { PATH: tools.path },
      });
      expect({ ended, stderr }).toEqual({ ended: 0, stderr: "" });
    },
  );
});
