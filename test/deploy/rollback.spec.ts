import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { answer, CLUSTER, controller, deployment, NEW, passed, rendering, script, TOOLS } from "../support/cluster.ts";
import { fakeTools } from "../support/fake-tools.ts";

setDefaultTimeout(300_000);

describe("a rollback", () => {
  const [last, previous] = [rendering(["last"]), rendering(["previous"])];

  it("returns to the deployment that passed before the current one, after asking", async () => {
    using there = controller();
    using tools = fakeTools(TOOLS, [passed(last, previous), ...CLUSTER]);
    const asked = await script("rollback", ["--url", there.url], tools.path);
    expect(asked.words).toMatch(/Return to registry\.example\.org\/taskflow:1\.0 .*--yes/);
    expect(tools.lines().filter((line) => / (apply|delete) /.test(line))).toEqual([]);
    expect((await script("rollback", ["--yes", "--url", there.url], tools.path)).code).toBe(0);
    const [applied, removed, recorded] = tools.calls().filter(({ words }) => / (apply|delete) /.test(words));
    expect(applied?.input).toBe(previous);
    expect(removed?.input).toContain('"metadata":{"name":"last"}');
    expect(JSON.parse(recorded?.input ?? "{}").data).toEqual({ last: previous, previous: last });
    expect([...there.hosts]).toEqual(["taskflow.local"]);
  });

  it("returns to the last deployment that passed if something else runs now", async () => {
    using there = controller();
    const other = answer("kubectl", / get deployment\//, deployment({ image: NEW }));
    using tools = fakeTools(TOOLS, [other, passed(last, previous), ...CLUSTER]);
    expect((await script("rollback", ["--yes", "--url", there.url], tools.path)).code).toBe(0);
    expect(tools.calls().find(({ words }) => / apply /.test(words))?.input).toBe(last);
  });

  it("refuses the other engine, and says so if nothing passed before", async () => {
    using tools = fakeTools(TOOLS, [passed(last, rendering([], { sqlite: false })), ...CLUSTER]);
    expect((await script("rollback", ["--yes"], tools.path)).words).toContain("runs on SQLite");
    using none = fakeTools(TOOLS, [passed(last), ...CLUSTER]);
    expect((await script("rollback", ["--yes"], none.path)).words).toContain("No earlier deployment passed");
    expect([...tools.lines(), ...none.lines()].filter((line) => / apply /.test(line))).toEqual([]);
  });

  it("of the chart is Helm's own, to a revision that is named", async () => {
    using tools = fakeTools(TOOLS, [
      answer("kubectl", / get deployment\//, deployment({ by: "Helm" })),
      answer("helm", / history taskflow$/, "REVISION  STATUS\n"),
      ...CLUSTER,
    ]);
    const none = await script("rollback", ["--yes"], tools.path);
    expect(none).toMatchObject({ code: 2, words: expect.stringMatching(/REVISION {2}STATUS\s+Choose a revision/) });
    expect((await script("rollback", ["7", "--yes"], tools.path)).code).toBe(0);
    expect(tools.lines().find((line) => / rollback /.test(line))).toContain("rollback taskflow 7 ");
  });
});
