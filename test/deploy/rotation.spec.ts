import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { signIn, signUp } from "../support/client.ts";
import { answer, base64, CLUSTER, deployment, KEY, NEW, script, TOOLS } from "../support/cluster.ts";
import { dataFolder } from "../support/data-folder.ts";
import { fakeTools, type Rule } from "../support/fake-tools.ts";
import { startProgram } from "../support/program.ts";

setDefaultTimeout(300_000);

describe("the key that signs sessions", () => {
  /** Decodes a patch of the Secret. */
  const decode = (input = "{}") => {
    const { data, metadata } = JSON.parse(input);
    const [current = base64(KEY), previous] = [data["jwt-secret"], data["jwt-secret-previous"]];
    return { keys: [atob(current), atob(previous)] as [string, string], data, metadata };
  };
  /** Returns what a rotation did to the Secret and the pods, in order. */
  const trail = (tools: ReturnType<typeof fakeTools>) =>
    tools
      .lines()
      .flatMap((line) => line.match(/ (patch secret|patch|rollout status|wait --for=delete|annotate) /)?.[1] ?? []);

  it("is accepted by all pods before one signs with it, and signs nobody out", async () => {
    const ending = { items: [{ metadata: { name: "old", deletionTimestamp: "now" } }, { metadata: { name: "new" } }] };
    using tools = fakeTools(TOOLS, [
      answer("kubectl", / get pods --selector/, ending),
      answer("kubectl", / patch secret /, "8"),
      ...CLUSTER,
    ]);
    const { code, words } = await script("secret", ["rotate"], tools.path);
    expect(code).toBe(0);
    const rollout = ["patch", "rollout status", "wait --for=delete"];
    expect(trail(tools)).toEqual(["patch secret", ...rollout, "patch secret", ...rollout, "annotate"]);
    expect(tools.lines()).toContain("kubectl wait --for=delete pod/old --timeout=60s");
    const [accepted, signing] = tools
      .calls()
      .flatMap(({ words, input }) => (/ patch secret /.test(words) ? decode(input) : []));
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

    // The pods of each rollout, as processes on one database.
    using folder = dataFolder();
    const pod = (keys: string[]) =>
      startProgram({ DATA_DIR: folder.path, JWT_SECRET: keys[0], JWT_SECRET_PREVIOUS: keys[1], LOG_LEVEL: "error" });
    await using before = await pod([KEY]);
    const person = await signUp(before.url);
    const tokens = [person.token];
    const expectSignedIn = async (pods: { url: string }[]) => {
      for (const { url } of pods) tokens.push(await signIn(url, person));
      for (const { url } of pods)
        for (const token of tokens) {
          const { status } = await fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${token}` } });
          expect(status).toBe(200);
        }
    };
    await using first = await pod(accepted.keys);
    await expectSignedIn([before, first]);
    await using second = await pod(signing.keys);
    await expectSignedIn([first, second]);
  });

  it.each([
    ["accept", ["patch", "rollout status", "patch secret", "patch", "rollout status", "annotate"]],
    ["sign", ["patch", "rollout status", "annotate"]],
  ])("resumes an interrupted rotation: %s", async (step, rest) => {
    const secret = {
      metadata: { resourceVersion: "8", annotations: { "taskflow.local/rotation": step } },
      data: { "jwt-secret": base64(KEY), "jwt-secret-previous": base64("the next one"), other: "AAE=" },
    };
    using tools = fakeTools(TOOLS, [answer("kubectl", / get secret /, secret), ...CLUSTER]);
    expect((await script("secret", ["rotate"], tools.path)).code).toBe(0);
    expect(trail(tools)).toEqual(rest);
    const written = tools.calls().find(({ words }) => / patch secret /.test(words));
    if (!written) return expect(step).toBe("sign");
    const { keys, data, metadata } = decode(written.input);
    expect(keys).toEqual(["the next one", KEY]);
    // A merge leaves everything else.
    expect([Object.keys(data), metadata.resourceVersion]).toEqual([["jwt-secret", "jwt-secret-previous"], "8"]);
  });

  it("rolls the pods when it or the Secret of the database changes, with a rotation and a deployment alike", async () => {
    const keys = { metadata: { annotations: { "taskflow.local/rotation": "sign" } }, data: { "jwt-secret": "a" } };
    const given = (url: string): Rule[] => [
      answer("kubectl", / get deployment/, deployment({ sqlite: false })),
      answer("kubectl", / get secret taskflow-secrets /, keys),
      answer("kubectl", / get secret taskflow-database /, { data: { url } }),
    ];
    const rotated = async (url: string) => {
      using tools = fakeTools(TOOLS, [...given(url), ...CLUSTER]);
      await script("secret", ["rotate"], tools.path);
      return tools
        .lines()
        .join("\n")
        .match(/secret-checksum":"(\w+)/)?.[1];
    };
    const sum = await rotated("a");
    expect(await rotated("b")).not.toBe(sum);
    using tools = fakeTools(TOOLS, [...given("a"), { tool: "kubectl", words: / rollout /, code: 1 }, ...CLUSTER]);
    await script("deploy", ["dev", "--postgres", "--yes", "--image", NEW], tools.path);
    const applied = tools.calls().find(({ words }) => / apply .*dev\.yaml$/.test(words))?.input;
    expect(applied).toMatch(new RegExp(`secret-checksum: "?${sum}"?$`, "m"));
  });

  it("is not rotated if another tool owns the Secret", async () => {
    const secret = { metadata: { ownerReferences: [{ kind: "ExternalSecret" }] }, data: { "jwt-secret": base64(KEY) } };
    using tools = fakeTools(TOOLS, [answer("kubectl", / get secret /, secret), ...CLUSTER]);
    const { code, words } = await script("secret", ["rotate"], tools.path);
    expect(code).toBe(1);
    expect(words).toContain("belongs to ExternalSecret");
    expect(trail(tools)).toEqual([]);
  });
});
