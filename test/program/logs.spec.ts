import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { newCredentials, send, signUp } from "../support/client.ts";
import { expectStartError } from "../support/command-errors.ts";
import { programCommand } from "../support/compile.ts";
import { dataFolder } from "../support/data-folder.ts";
import { type Program, ROOT, runProgram, startProgram, tamper } from "../support/program.ts";
import { collect, rsyslog } from "../support/rsyslog.ts";

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
    expect(line).toMatchObject({
      body: "request",
      "http.request.method": method,
      "url.path": path,
      "http.response.status_code": status,
      "request.id": id,
      "client.address": expect.any(String),
    });
    expect(line["http.server.request.duration"]).toBeWithin(0, 60);
    expect(line.severity_text).toBe(path === "/healthz" ? "DEBUG" : "INFO");
    expect(new Date(line.timestamp).toISOString()).toBe(line.timestamp);
  });

  it.each([
    [
      "/api/tasks/019aab2c-0000-7000-8000-000000000000?q=x",
      "/api/tasks/:id",
      "/api/tasks/019aab2c-0000-7000-8000-000000000000",
    ],
    ["/invites/link/a-secret", "/invites/link/:secret", "/invites/link/…"],
    ["/labels/groceries/more", "/labels/*", "/labels/…/…"],
    ["/nowhere/short-words/", undefined, "/nowhere/short-words/"],
    ["/a-secret-of-more-than-twenty-characters", undefined, "/…"],
  ])("has the route, and of its path only words and ids: %s", async (path, route, shown) => {
    const id = newId();
    await send(production.url, path, { headers: { "x-request-id": id } });
    const line = JSON.parse((await linesOf(production, id))[0] ?? "");
    expect(line["http.route"]).toBe(route);
    expect(line["url.path"]).toBe(shown);
  });

  it("hides what a path contains that no route with this method has", async () => {
    const id = newId();
    await send(production.url, "/api/labels/groceries", { method: "POST", headers: { "x-request-id": id } });
    expect(JSON.parse((await linesOf(production, id))[0] ?? "")).toMatchObject({ "url.path": "/api/labels/…" });
  });

  it("contains only JSON, including the start", async () => {
    await using program = await startProgram({ ...PRODUCTION, LOG_LEVEL: "debug" });
    await Promise.all(["/", "/nowhere", "/readyz", "/api/me"].map((path) => fetch(program.url + path)));
    await program.stop();
    const lines = program.output().trimEnd().split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(5);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ body: expect.any(String) });
  });
});

describe("request log in development", () => {
  it("has one readable line, without colors if it is not a terminal", async () => {
    const id = newId();
    await send(development.url, "/nowhere", { headers: { "x-request-id": id } });
    const [line = "", ...more] = await linesOf(development, id);
    expect(more).toEqual([]);
    expect(line).toMatch(/\bGET\b.*\/nowhere\b.*\b404\b/);
    expect(line).not.toStartWith("{");
    expect(development.output()).not.toContain("\x1b");
  });

  it.each([
    [{}, true],
    [{ NO_COLOR: "1" }, false],
  ])("has colors in a terminal, unless NO_COLOR is set: %p", async (environment, colored) => {
    expect((await screenOf({ ...environment })).includes("\x1b[33m404\x1b[39m")).toBe(colored);
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
      .filter((line) => line.body === "request")
      .map((line) => line["url.path"])
      .filter((path) => !path.startsWith("/api/register") && !path.startsWith("/api/login"));
    expect(paths).toEqual(seen[LOG_LEVEL] as string[]);
    expect(program.output()).toContain(program.url);
  });
});

describe.skipIf(!rsyslog && !process.env.CI)("a collector", () => {
  it("parses every line, keeps every attribute and its type, and finds errors by their severity", async () => {
    await using program = await startProgram({ ...PRODUCTION, LOG_LEVEL: "debug" });
    const person = await signUp(program.url);
    await breakWrites(program);
    for (const path of ["/healthz", "/login", "/nowhere"]) await send(program.url, path);
    expect((await person.send("/api/tasks", { json: { title: "Fails" } })).status).toBe(500);
    await program.stop();
    const lines = program.output().split("\n").filter(Boolean);
    const { stored, errors, rejected } = await collect(program.output());
    expect(rejected).toEqual([]);
    const parsed = (texts: string[]) => texts.map((text) => JSON.parse(text));
    expect(parsed(stored)).toEqual(parsed(lines));
    expect(parsed(errors).map(({ body }) => body)).toEqual(["error", "request"]);
  });
});

describe("LOG_SAMPLE", () => {
  it("leaves out successful requests, and never a failed one", async () => {
    await using program = await startProgram({ ...PRODUCTION, LOG_SAMPLE: "0" });
    for (const path of ["/login", "/nowhere", "/api/me"]) await send(program.url, path);
    await program.stop();
    const requests = program.output().match(/^.*"body":"request".*$/gm) ?? [];
    expect(requests.map((line) => JSON.parse(line)["url.path"])).toEqual(["/nowhere", "/api/me"]);
  });

  it("prevents the start if it is no share", () =>
    expectStartError({ LOG_SAMPLE: "2" }, /LOG_SAMPLE must be a number/));
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
    const labels = ["private-label"];
    const json = { title: "private-title", description: "private-description", labels };
    const { id } = (await (await person.send("/api/tasks", { json })).json()) as { id: string };
    await person.send("/api/tasks", { json: { title: "", "private-field": "private-value" } });
    await person.send("/api/tasks?q=private-query&limit=private-limit");
    await person.send("/api/tasks?q=private-query");
    await send(program.url, "/tasks?q=private-query", { headers: { cookie } });
    await person.send("/api/tasks", {
      method: "POST",
      body: "{private-json",
      headers: { "content-type": "application/json" },
    });
    await person.send(`/api/tasks/${id}/comments`, { json: { text: "private-comment" } });
    await person.send("/api/labels/private-label", { method: "PATCH", json: { name: "private-name" } });
    await person.send("/api/labels/private-name", { method: "POST" });
    await send(program.url, "/labels/private-name", { headers: { cookie } });
    const project = (await (await person.send("/api/projects", { json: { name: "private-project" } })).json()) as {
      id: string;
    };
    await person.send(`/api/projects/${project.id}/sections`, { json: { name: "private-section" } });
    const invited = await person.send(`/api/projects/${project.id}/invites`, { json: { role: "viewer" } });
    const { secret: link } = (await invited.json()) as { secret: string };
    expect(link).toMatch(/^[\w-]{40,}$/);
    for (const path of [`/invites/link/${link}`, `/invites/link/${link}/more`, `/api/invites/link/${link}/accept`])
      await send(program.url, path, { method: path.startsWith("/api") ? "POST" : "GET", headers: { cookie } });
    await send(program.url, "/api/me", { headers: { authorization: "Bearer private-token" } });
    await send(program.url, "/api/me", {
      headers: { cookie: "taskflow=private-cookie", referer: "http://private-referer/" },
    });
    await send(program.url, "/api/register", { json: { ...newcomer, password: "private" } });
    await send(program.url, "/api/register", { json: newcomer });
    const reset = await runProgram(["user", "reset-link", person.username], { DATA_DIR: program.dataDir });
    const [, resetToken = ""] = /#(\S+)/.exec(reset.stdout) ?? [];
    expect(resetToken).toMatch(/^\S{20,}$/);
    await form("/reset-password", { token: resetToken, password: "private" });
    await breakWrites(program);
    const failing = { title: "private-title again", description: "private\n    at private-stack" };
    expect((await person.send("/api/tasks", { json: failing })).status).toBe(500);
    expect((await form("/tasks", { title: "private-title on a page" }, { cookie })).status).toBe(500);
    await rename(program);
    expect((await person.send("/api/tasks?q=private-query")).status).toBe(500);
    expect((await send(program.url, "/tasks?q=private-query", { headers: { cookie } })).status).toBe(500);
    expect(await program.stop()).toBe(0);

    const written = program.output() + (await new Response(program.process.stderr).text());
    expect(written).toContain("/api/register");
    expect(written.split("\n").filter((line) => /private/i.test(line))).toEqual([]);
    const { token, email, username } = person;
    for (const secret of [token, email, username, cookie.split("=")[1], PRODUCTION.JWT_SECRET, link, resetToken])
      expect(written.includes(secret ?? "")).toBe(false);
  });
});

describe("an error that nothing handles", () => {
  it.each(["SIGUSR2", "SIGWINCH"] as const)(
    "ends the program with one line, without its message: %s",
    async (signal) => {
      const BUN_OPTIONS = `--preload=${join(ROOT, "test/support/crash.ts")}`;
      await using program = await startProgram({ ...PRODUCTION, BUN_OPTIONS });
      expect(await program.stop(signal)).toBe(1);
      const written = program.output() + (await new Response(program.process.stderr).text());
      expect(written).not.toContain("private");
      const [line = ""] = written.trimEnd().split("\n").slice(-1);
      expect(JSON.parse(line)).toMatchObject({
        severity_text: "ERROR",
        "exception.type": "Error",
        "exception.stacktrace": expect.stringContaining("crash.ts"),
      });
    },
  );
});

/** Makes every insert of a task fail. */
const breakWrites = ({ dataDir }: Program) =>
  tamper(dataDir, {
    sqlite: "CREATE TRIGGER broken BEFORE INSERT ON tasks BEGIN SELECT RAISE(ABORT, 'broken'); END",
    postgres: "alter table tasks add constraint broken check (title is null) not valid",
  });

/** Makes every read of tasks fail. */
const rename = ({ dataDir }: Program) =>
  tamper(dataDir, { sqlite: "ALTER TABLE tasks RENAME TO lost", postgres: "alter table tasks rename to lost" });

/** Returns what the program shows in a terminal after a request for a page that does not exist. */
async function screenOf(environment: Record<string, string>): Promise<string> {
  using folder = dataFolder();
  let screen = "";
  const shown = Promise.withResolvers<void>();
  const started = Promise.withResolvers<string>();
  const { PATH = "", HOME = "" } = process.env;
  const child = Bun.spawn(programCommand(ROOT), {
    cwd: ROOT,
    env: { PATH, HOME, TERM: "xterm", PORT: "0", DATA_DIR: folder.path, ...environment },
    terminal: {
      data(_, bytes) {
        screen += Buffer.from(bytes).toString();
        const [, url] = /running at (http:\S+)/.exec(screen) ?? [];
        if (url) started.resolve(url);
        if (screen.includes("/nowhere")) shown.resolve();
      },
    },
  });
  await fetch(`${await started.promise}/nowhere`);
  await shown.promise;
  child.kill();
  await child.exited;
  child.terminal?.close();
  return screen;
}
