import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { newCredentials, send, signUp } from "../support/client.ts";
import { type Program, startProgram, tamper } from "../support/program.ts";

setDefaultTimeout(180_000);

const PRODUCTION = { NODE_ENV: "production", JWT_SECRET: "a secret that must never appear in a log" };
const [production, development] = await Promise.all([
  startProgram({ ...PRODUCTION, LOG_LEVEL: "debug" }),
  startProgram({ LOG_LEVEL: "debug" }),
]);
afterAll(() => Promise.all([production, development].map((program) => program[Symbol.asyncDispose]())));

const newId = () => `spec-${crypto.randomUUID()}`;

/** Waits for the log line of a request. @returns all lines with its ID */
async function linesOf({ waitFor, output }: Program, id: string): Promise<string[]> {
  await waitFor(new RegExp(`^.*\\brequest\\b.*${id}.*$`, "m"));
  return output()
    .split("\n")
    .filter((line) => line.includes(id));
}

describe("request log in production", () => {
  const answers = [
    ["GET", "/healthz", 200],
    ["GET", "/nowhere", 404],
    ["POST", "/api/login", 415],
    ["DELETE", "/api/tasks/1", 401],
    ["HEAD", "/login", 200],
  ] as const;

  it.each(answers)("has one JSON line: %s %s %d", async (method, path, status) => {
    const id = newId();
    const answer = await send(production.url, `${path}?q=secret`, { method, headers: { "x-request-id": id } });
    expect(answer.status).toBe(status);
    const lines = await linesOf(production, id);
    expect(lines).toHaveLength(1);
    const line = JSON.parse(lines[0] ?? "");
    expect(line).toMatchObject({ message: "request", method, path, status, requestId: id });
    expect(line.ms).toBeNumber();
    expect(line.level).toBeString();
    expect(new Date(line.time).toISOString()).toBe(line.time);
  });

  it("contains only JSON, including the start", async () => {
    await using program = await startProgram({ ...PRODUCTION, LOG_LEVEL: "debug" });
    await Promise.all(["/", "/nowhere", "/readyz", "/api/me"].map((path) => fetch(program.url + path)));
    await program.stop();
    const lines = program.output().trimEnd().split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(5);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ message: expect.any(String) });
  });
});

describe("request log in development", () => {
  it("has one readable line", async () => {
    const id = newId();
    await send(development.url, "/nowhere", { headers: { "x-request-id": id } });
    const [line = "", ...more] = await linesOf(development, id);
    expect(more).toEqual([]);
    expect(line).toMatch(/\bGET\b.*\/nowhere\b.*\b404\b/);
    expect(line).not.toStartWith("{");
  });
});

describe("X-Request-Id", () => {
  it.each(["a", "0af7651916cd43dd8448eb211c80319c", "web-1:42.7_b", "x".repeat(128)])(
    "is kept if it is valid: %p",
    async (id) => {
      const answer = await send(production.url, "/api/nowhere", { headers: { "x-request-id": id } });
      expect(answer.headers.get("x-request-id")).toBe(id);
      expect(await answer.json()).toMatchObject({ requestId: id });
    },
  );

  it.each(["", "x".repeat(129), "two words", "<script>", 'a","level":"fatal', "a\tb", "\u00e9", "../..", "a;b"])(
    "is replaced if it is invalid: %p",
    async (hostile) => {
      const answer = await send(production.url, "/api/nowhere", { headers: { "x-request-id": hostile } });
      const id = answer.headers.get("x-request-id") ?? "";
      // Excludes dots and slashes too.
      expect(id).toMatch(/^[\w-]{16,}$/);
      expect(id).not.toBe(hostile);
      expect(await answer.json()).toMatchObject({ requestId: id });
      expect(await linesOf(production, id)).toHaveLength(1);
    },
  );

  it("is unique for each request", async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await fetch(`${production.url}/healthz`)).headers.get("x-request-id")),
    );
    expect(new Set(ids).size).toBe(20);
  });
});

describe("LOG_LEVEL", () => {
  const seen: Record<string, string[]> = {
    debug: ["/healthz", "/nowhere", "/api/tasks"],
    info: ["/nowhere", "/api/tasks"],
    warn: ["/api/tasks"],
    error: ["/api/tasks"],
    silent: [],
  };

  it.each(Object.keys(seen))("includes requests of this level and above: %s", async (LOG_LEVEL) => {
    await using program = await startProgram({ ...PRODUCTION, LOG_LEVEL });
    const person = await signUp(program.url);
    await breakWrites(program);
    await fetch(`${program.url}/healthz`);
    await fetch(`${program.url}/nowhere`);
    expect((await person.send("/api/tasks", { json: { title: "Fails" } })).status).toBe(500);
    await program.stop();
    const paths = program
      .output()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter((line) => line.message === "request")
      .map((line) => line.path)
      .filter((path) => !path.startsWith("/api/register") && !path.startsWith("/api/login"));
    expect(paths).toEqual(seen[LOG_LEVEL] as string[]);
    expect(program.output()).toContain(program.url);
  });
});

describe("log", () => {
  it.each(["production", "development"])("contains no private data in %s", async (NODE_ENV) => {
    const program = await startProgram({ ...PRODUCTION, NODE_ENV, LOG_LEVEL: "debug" });
    await using _ = program;
    const newcomer = { ...newCredentials(), password: "private-password is here" };
    const person = await signUp(program.url, newcomer);
    const form = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      send(program.url, path, { method: "POST", body: new URLSearchParams(fields), headers });

    const signedIn = await form("/login", { username: person.username, password: person.password });
    const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    expect(cookie).toContain("=");
    await form("/login", { username: person.username, password: "private-mistake" });
    await form("/login?next=/private-next", { username: "private-user", password: "private-mistake" });
    await form("/tasks", { title: "private-title on a page" }, { cookie });
    await person.send("/api/tasks", { json: { title: "private-title", description: "private-description" } });
    await person.send("/api/tasks", { json: { title: "", "private-field": "private-value" } });
    await person.send("/api/tasks?q=private-query&limit=private-limit");
    await person.send("/api/tasks", {
      method: "POST",
      body: "{private-json",
      headers: { "content-type": "application/json" },
    });
    await send(program.url, "/api/me", { headers: { authorization: "Bearer private-token" } });
    await send(program.url, "/api/me", {
      headers: { cookie: "taskflow=private-cookie", referer: "http://private-referer/" },
    });
    await send(program.url, "/api/register", { json: { ...newcomer, password: "private" } });
    await send(program.url, "/api/register", { json: newcomer });
    await breakWrites(program);
    const failing = { title: "private-title again", description: "private\n    at private-stack" };
    expect((await person.send("/api/tasks", { json: failing })).status).toBe(500);
    expect((await form("/tasks", { title: "private-title on a page" }, { cookie })).status).toBe(500);
    expect(await program.stop()).toBe(0);

    const written = program.output() + (await new Response(program.process.stderr).text());
    expect(written).toContain("/api/register");
    expect(written.split("\n").filter((line) => /private/i.test(line))).toEqual([]);
    for (const secret of [person.token, person.email, person.username, cookie.split("=")[1], PRODUCTION.JWT_SECRET])
      expect(written.includes(secret ?? "")).toBe(false);
  });
});

/** Makes every insert of a task fail. */
const breakWrites = ({ dataDir }: Program) =>
  tamper(dataDir, {
    sqlite: "CREATE TRIGGER broken BEFORE INSERT ON tasks BEGIN SELECT RAISE(ABORT, 'broken'); END",
    postgres: "alter table tasks add constraint broken check (title is null) not valid",
  });
