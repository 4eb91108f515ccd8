import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { answer, CLUSTER, controller, pods, proven, script, serving, TOOLS } from "../support/cluster.ts";
import { standIns } from "../support/stand-ins.ts";

setDefaultTimeout(300_000);

describe("a rollback", () => {
  it("shows what there is to go back to, asks, puts all of it back, and has it be ready", async () => {
    using there = controller();
    const each = [{ policies: ["three"] }, { policies: ["four"] }, { policies: ["five"] }];
    using tools = standIns(TOOLS, [answer("kubectl", /proven --ignore/, proven(there.url, ...each)), ...CLUSTER]);
    const { code, words } = await script("rollback", [], tools.path);
    expect(code).toBe(1);
    expect(words).toMatch(/^3 +2026-01-01T00:00:00Z +registry\.example\.org\/taskflow:1\.0$/m);
    expect(words).toMatch(/Go back to 4 .*--yes/);
    expect(tools.lines().filter((line) => / (apply|delete|create) /.test(line))).toEqual([]);
    expect((await script("rollback", ["3", "--yes"], tools.path)).code).toBe(0);
    const [applied] = tools.calls().filter(({ words }) => / apply /.test(words));
    expect(applied?.input).toContain('"three"');
    const removed = tools.calls().find(({ words }) => / delete .*--filename=-$/.test(words));
    expect(JSON.parse(removed?.input ?? "{}").items.map((item: { metadata: object }) => item.metadata)).toEqual([
      { name: "five" },
    ]);
    expect([...there.hosts]).toEqual(["taskflow.local"]);
    const kept = tools.calls().find(({ words }) => / create --filename/.test(words));
    expect(JSON.parse(kept?.input ?? "{}").data).toMatchObject({ number: "6", manifests: applied?.input });
    expect(tools.lines()).toContain("kubectl delete configmap taskflow-proven-overlay-3 --ignore-not-found");
  });

  it("starts TaskFlow where it is stopped and its number of pods is left to an autoscaler", async () => {
    using there = controller();
    const stopped = { spec: { replicas: 0, template: { spec: pods(undefined) } }, status: {} };
    const each = [
      { policies: [], onFile: false },
      { policies: [], onFile: false },
    ];
    using tools = standIns(TOOLS, [
      answer("kubectl", / get deployment/, serving("kustomize", stopped)),
      answer("kubectl", /proven --ignore/, proven(there.url, ...each)),
      ...CLUSTER,
    ]);
    expect((await script("rollback", ["--yes"], tools.path)).code).toBe(0);
    const lines = tools.lines().filter((line) => / (apply|scale|rollout) /.test(line));
    expect(lines.map((line) => line.split(" ")[1])).toEqual(["apply", "scale", "rollout"]);
    expect(lines[1]).toEndWith("deployment/taskflow --replicas=1");
  });

  it("says nothing of success where nobody answers, and refuses the other engine and a number that is not there", async () => {
    const each = [{ policies: [], onFile: false }, { policies: [] }, { policies: [] }];
    using tools = standIns(TOOLS, [
      answer("kubectl", /proven --ignore/, proven("http://127.0.0.1:1", ...each)),
      ...CLUSTER,
    ]);
    const lost = await script("rollback", ["--yes"], tools.path);
    expect(lost.code).toBe(1);
    expect(lost.words).toContain("is not ready by way of the Ingress");
    expect(tools.lines().filter((line) => / create /.test(line))).toEqual([]);
    expect((await script("rollback", ["3", "--yes"], tools.path)).words).toContain("runs here on SQLite");
    expect((await script("rollback", ["9", "--yes"], tools.path)).words).toContain("there is no 9");
    expect(tools.lines().filter((line) => / apply /.test(line))).toHaveLength(1);
  });
});
