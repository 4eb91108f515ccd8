import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../support/checkout.ts";
import {
  answer,
  BY_HELM,
  CLUSTER,
  controller,
  KEY,
  NEW,
  nodes,
  OLD,
  pods,
  proven,
  script,
  serving,
  TOOLS,
} from "../support/cluster.ts";
import { noHelm } from "../support/manifests.ts";
import { startProgram } from "../support/program.ts";
import { type Rule, standIns } from "../support/stand-ins.ts";

setDefaultTimeout(300_000);

describe.skipIf(noHelm)("a deployment", () => {
  it("from a fresh clone is validated, built, shown, backed up, applied, waited for, proven and kept, in this order", async () => {
    await using app = await startProgram();
    using clone = await checkout({ cloned: true });
    // The rest of the contract goes the same way. What a proxy may hold back is in these.
    const specs = new Bun.Glob("test/contract/*").scanSync({ cwd: clone.path, absolute: true });
    for (const file of specs) if (!/(health|live)\.spec\.ts$/.test(file)) rmSync(file);
    const before = proven(app.url, ...Array.from({ length: 5 }, () => ({ policies: ["gone"] })));
    const configs = ["taskflow-config-old", "taskflow-config-past"].map((name) => ({ metadata: { name } }));
    using tools = standIns(TOOLS, [
      answer("kubectl", / get cronjob/, "{}"),
      answer("kubectl", /proven --ignore/, before),
      answer("kubectl", / get configmaps /, JSON.stringify({ items: configs })),
      answer("kubectl", / get replicasets /, '{"items":[{"spec":{"name":"taskflow-config-past"}}]}'),
      ...CLUSTER,
    ]);
    const { code, words } = await script("deploy", ["dev", "--yes", "--url", app.url], tools.path, clone.path);
    expect({ code, words: code === 0 ? "" : words }).toEqual({ code: 0, words: "" });
    const order = [
      /^podman build .*taskflow:[0-9a-f]{12}/,
      /^podman push .*localhost:5050\/taskflow:/,
      / diff |^kubectl diff/,
      /^kubectl create job taskflow-backup-\w+ --from=cronjob\/taskflow-backup$/,
      /^kubectl apply .*--filename=-/,
      /^kubectl rollout status/,
      /^kubectl delete --ignore-not-found --filename=-$/,
      /^kubectl create --filename=-$/,
      /^kubectl delete configmap taskflow-proven-overlay-3 /,
      /^kubectl delete configmap taskflow-config-old --ignore-not-found$/,
    ];
    const lines = tools.lines();
    const at = order.map((step) => lines.findIndex((line) => step.test(line)));
    expect(at).toEqual(at.toSorted((one, other) => one - other));
    expect(at).not.toContain(-1);
    expect(lines.findLast((line) => / create job /.test(line))).not.toBe(
      lines.find((line) => / create job /.test(line)),
    );
    expect(words).toContain("replicas: 2");
    expect(words).toContain("NetworkPolicy/gone goes");
    const removed = tools.calls().find(({ words }) => / delete .*--filename=-$/.test(words));
    expect(JSON.parse(removed?.input ?? "{}").items).toEqual([
      { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name: "gone" } },
    ]);
    expect(words).toContain("Holding the contract: done");
    const applied = tools.calls().find(({ words }) => / apply .*--filename=-/.test(words))?.input ?? "";
    expect(applied).toMatch(/image: localhost:5050\/taskflow:[0-9a-f]{12}/);
    expect(applied).not.toContain("image: taskflow\n");
    expect(applied).not.toMatch(/secret-checksum: (none|"?0+"?)$/m);
    // What holds is kept, as it was applied.
    const [kept, ...others] = tools.calls().filter(({ words }) => / create --filename/.test(words));
    expect(others).toEqual([]);
    const { kind, metadata, data } = JSON.parse(kept?.input ?? "{}");
    expect([kind, metadata.name, data.manifests]).toEqual(["ConfigMap", "taskflow-proven-overlay-8", applied]);
    expect(words + applied).not.toContain(KEY);

    // The same once more takes its place: a rollback goes to what was before it.
    const again = { items: [...JSON.parse(before).items, { metadata: { ...metadata, creationTimestamp: "" }, data }] };
    using same = standIns(TOOLS, [answer("kubectl", /proven --ignore/, JSON.stringify(again)), ...CLUSTER]);
    const [, image = ""] = applied.match(/image: (\S+)/) ?? [];
    rmSync(join(clone.path, "test/contract/live.spec.ts"));
    const more = ["dev", "--yes", "--url", app.url, "--image", image];
    const second = await script("deploy", more, same.path, clone.path);
    expect({ code: second.code, words: second.code === 0 ? "" : second.words }).toEqual({ code: 0, words: "" });
    expect(same.lines().filter((line) => / delete configmap /.test(line))).toEqual([
      "kubectl delete configmap taskflow-proven-overlay-3 taskflow-proven-overlay-8 --ignore-not-found",
    ]);
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
    const { data } = JSON.parse(made[0]?.input ?? "{}") as { data: Record<string, string> };
    const key = atob(data["jwt-secret"] ?? "");
    expect(key.length).toBeGreaterThanOrEqual(64);
    for (const secret of [key, data["jwt-secret"]]) {
      expect(words).not.toContain(secret as string);
      expect(JSON.stringify(tools.calls().map(({ words }) => words))).not.toContain(secret as string);
    }
  });

  it("whose contract fails has all put back that was proven, with events and logs, and ends with 1", async () => {
    using there = controller();
    using tools = standIns(TOOLS, [
      answer("kubectl", / get events/, "1m Warning BackOff pod/taskflow-x\n"),
      answer("kubectl", / logs /, "taskflow: no\n"),
      answer("kubectl", /proven --ignore/, proven(there.url, { policies: [] }, { policies: [] })),
      ...CLUSTER,
    ]);
    const { code, words } = await script("deploy", ["dev", "--yes", "--image", NEW, "--url", there.url], tools.path);
    expect(code).toBe(1);
    for (const word of ["BackOff", "taskflow: no", `proven on 2026-01-02T00:00:00Z is back, and ready at ${there.url}`])
      expect(words).toContain(word);
    expect([...there.hosts]).toEqual(["taskflow.local"]);
    const [applied, back, ...more] = tools.calls().filter(({ words }) => / apply .*--filename=-$/.test(words));
    expect(more).toEqual([]);
    expect(applied?.input).toContain(NEW);
    expect(back?.input).toContain(OLD);
    const removed = tools.calls().find(({ words }) => / delete .*--filename=-$/.test(words));
    expect(removed?.input).toContain("taskflow-default-deny");
    expect(removed?.input).not.toMatch(/Namespace|PersistentVolumeClaim|Secret|ConfigMap/);
    expect(tools.lines().filter((line) => / (undo|create --filename)/.test(line))).toEqual([]);
    // What a rollback, a rotated key or a restore has set since is counted over.
    const server = tools.lines().filter((line) => /^kubectl (diff|apply) /.test(line));
    expect(server).toHaveLength(4);
    for (const line of server) expect(line).toContain("--server-side --force-conflicts");
  });

  it("that can't be taken back says how TaskFlow is, and which backup there is; the first has nothing to go back to", async () => {
    const failing: Rule = { tool: "kubectl", words: / rollout status /, code: 1, stderr: "timed out\n" };
    using there = controller();
    using tools = standIns(TOOLS, [
      failing,
      answer("kubectl", / get cronjob/, "{}"),
      // The first try failed, and the Job's own name leads to it.
      answer("kubectl", / get pods .*job-name=taskflow-backup-\w+ .*=Succeeded/, "pod/second\n"),
      answer("kubectl", / logs pod\/second /, "Proven: 3 tasks.\n/backups/taskflow-before.backup\n"),
      answer("kubectl", / logs job/, "taskflow: the disk is full\n"),
      answer("kubectl", /proven --ignore/, proven(there.url, { policies: [] })),
      ...CLUSTER,
    ]);
    const { code, words } = await script("deploy", ["dev", "--yes", "--image", NEW], tools.path);
    expect(code).toBe(1);
    expect(words).toContain("did not come back as it was");
    expect(words).toContain(`ready at ${there.url} meanwhile`);
    expect(words).toContain("bun scripts/restore.ts taskflow-before.backup --context k3d-taskflow");
    expect(words).not.toContain("is back");
    using empty = standIns(TOOLS, [failing, answer("kubectl", / get deployment/, ""), ...CLUSTER]);
    const first = await script("deploy", ["dev", "--yes", "--image", NEW], empty.path);
    expect(first.code).toBe(1);
    expect(first.words).toContain("nothing was proven here before");
    expect(empty.lines().filter((line) => / (undo|create job) | apply .*--filename=-$/.test(line))).toHaveLength(1);
  });

  it.each([
    ["prod of SQLite on several nodes", ["prod"], 3, /3 nodes.*--postgres/],
    ["an image by the tag latest", ["prod", "--image", "registry.example.org/taskflow:latest"], 1, /not “/],
    ["dev to whatever cluster is current", ["dev"], 1, /current context is production.*--context/],
    ["prod of SQLite on nobody knows how many nodes", ["prod"], undefined, /does not tell its nodes/],
    ["the chart where the overlay is", ["prod", "--chart"], 1, /by the overlay: go on without --chart/],
    ["PostgreSQL where SQLite serves", ["prod", "--postgres"], 1, /runs here on SQLite.*--replicas=0.*taskflow copy/],
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
    expect(said).not.toContain("Validating");
  });

  it("to the other engine is refused where PostgreSQL serves, too, and allowed where TaskFlow is stopped", async () => {
    const onServer = (replicas: number) =>
      serving("kustomize", { spec: { replicas, template: { spec: pods(undefined) } }, status: {} });
    using runs = standIns(TOOLS, [answer("kubectl", / get deployment/, onServer(2)), ...CLUSTER]);
    const { code, words } = await script("deploy", ["dev", "--yes", "--image", NEW], runs.path);
    expect(code).toBe(1);
    expect(words).toMatch(/runs here on PostgreSQL.*was --postgres forgotten/);
    using stopped = standIns(TOOLS, [
      answer(
        "kubectl",
        / get deployment/,
        serving("kustomize", { spec: { replicas: 0, template: { spec: pods({}) } }, status: {} }),
      ),
      answer("kubectl", / get secret taskflow-database /, "{}"),
      { tool: "kubectl", words: / rollout status /, code: 1 },
      ...CLUSTER,
    ]);
    const moved = await script("deploy", ["dev", "--postgres", "--yes", "--image", NEW], stopped.path);
    expect(moved.words).toContain("Applying: done");
    // Which the autoscaler would not do.
    expect(stopped.lines()).toContain("kubectl scale deployment/taskflow --replicas=2");
  });

  it("to another cluster of k3d's asks for its registry, and goes to the Ingress's own name", async () => {
    using tools = standIns(TOOLS, CLUSTER);
    const other = ["dev", "--context", "k3d-other", "--dry-run"];
    const { code, words } = await script("deploy", other, tools.path);
    expect({ code, words }).toEqual({ code: 1, words: expect.stringContaining("which registry k3d-other takes") });
    const { stdout } = await script("deploy", [...other, "--image", NEW], tools.path);
    expect(stdout).toContain("TASKFLOW_URL=http://taskflow.local ");
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

  it("of staging is reached by its own name, goes back by Helm, and disables whom the contract has signed up", async () => {
    const accounts = [
      ...[
        "ada                ada@example.org                2026-01-01",
        "person-1-abc  person-1-abc@example.org  2026-01-01",
      ],
      ...[
        "person-1-0123abcd  person-1-0123abcd@example.org  2026-01-01",
        "person-2-0123abcd  eve@example.com  2026-01-01",
      ],
      "person-3-0123abcd  person-3-0123abcd@example.org  2026-01-01  disabled",
    ];
    using there = controller();
    using tools = standIns(TOOLS, [
      answer("kubectl", /proven --ignore/, proven(there.url, { policies: [], release: "7" }, { policies: [] })),
      answer("helm", / history /, '[{"revision":27,"status":"failed"},{"revision":28,"status":"deployed"}]'),
      answer("kubectl", / user list$/, `NAME  EMAIL  SINCE\n${accounts.join("\n")}\n`),
      ...BY_HELM,
    ]);
    const { code, words } = await script(
      "deploy",
      ["staging", "--yes", "--image", NEW, "--url", there.url],
      tools.path,
    );
    expect(code).toBe(1);
    expect(words).toContain("is back, and ready");
    expect([...there.hosts].toSorted()).toEqual(["staging.taskflow.local", "taskflow.local"]);
    const helm = tools.lines().filter((line) => / (upgrade|rollback) /.test(line));
    expect(helm[0]).toMatch(
      /^helm .*upgrade --install .*--force-conflicts .*values-staging\.yaml.*image\.digest=sha256:0+/,
    );
    expect(helm[1]).toMatch(/^helm .*rollback taskflow 7 .*--force-conflicts /);
    // Helm goes on keeping all from the oldest that is proven to the one that it makes.
    for (const line of helm) expect(line).toContain(" --history-max=23");
    expect(helm.join()).not.toContain("--wait");
    expect(tools.lines().filter((line) => line.includes(" user disable "))).toEqual([
      "kubectl exec deployment/taskflow -- /usr/bin/taskflow user disable person-1-0123abcd",
    ]);
    // What Helm went back to is a release of its own: that is proven now, instead.
    const kept = tools.calls().find(({ words }) => / create --filename/.test(words));
    expect(JSON.parse(kept?.input ?? "{}").data.release).toBe("28");
    expect(tools.lines()).toContain("kubectl delete configmap taskflow-proven-chart-3 --ignore-not-found");
  });

  it("by Helm 3 has none of the words that came with 4", async () => {
    using tools = standIns(TOOLS, [{ tool: "helm", words: /^version /, stdout: "v3.19.0" }, ...BY_HELM]);
    await script("deploy", ["dev", "--chart", "--yes", "--image", NEW, "--url", "http://127.0.0.1:1"], tools.path);
    expect(tools.lines().join("\n")).toContain("helm --kube-context k3d-taskflow --namespace taskflow upgrade");
    expect(tools.lines().filter((line) => /^helm .*(--force-conflicts|--server-side)/.test(line))).toEqual([]);
  });
});
