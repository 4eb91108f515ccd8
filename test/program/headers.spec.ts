import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { send, signUp } from "../support/client.ts";
import { sendRaw } from "../support/connection.ts";
import { startProgram, tamper } from "../support/program.ts";

setDefaultTimeout(60_000);

const [program, proxied] = await Promise.all([startProgram(), startProgram({ TRUST_PROXY: "1" })]);
afterAll(() => Promise.all([program, proxied].map((each) => each[Symbol.asyncDispose]())));
const { url } = program;
const person = await signUp(url);
await tamper(program.dataDir, {
  sqlite:
    "CREATE TRIGGER broken BEFORE INSERT ON tasks WHEN NEW.title = 'broken' BEGIN SELECT RAISE(ABORT, 'broken'); END",
  postgres: "alter table tasks add constraint broken check (title <> 'broken')",
});

const page = await (await fetch(url)).text();
const [staticFile = ""] = page.match(/\/static\/[\w.-]+\.css/) ?? [];

async function unchangedTask() {
  const created = await person.send("/api/tasks", { json: { title: "Read twice" } });
  const { id } = (await created.json()) as { id: string };
  const etag = created.headers.get("etag") ?? (await person.send(`/api/tasks/${id}`)).headers.get("etag") ?? "";
  return person.send(`/api/tasks/${id}`, { headers: { "if-none-match": etag } });
}

async function signedOut() {
  const other = await signUp(url);
  return other.send("/api/logout", { method: "POST" });
}

const answers: Record<string, [number, () => Promise<Response>]> = {
  "a page": [200, () => send(url, "/")],
  "a form": [200, () => send(url, "/login")],
  "the API's page": [200, () => send(url, "/docs")],
  "the API's document": [200, () => send(url, "/docs/json")],
  "an API answer": [200, () => person.send("/api/tasks")],
  "a created task": [201, () => person.send("/api/tasks", { json: { title: "New" } })],
  "an answer without a body": [204, signedOut],
  "a redirect to sign in": [303, () => send(url, "/tasks")],
  "an unchanged task": [304, unchangedTask],
  "JSON that can't be read": [
    400,
    () => person.send("/api/tasks", { method: "POST", body: "{", headers: { "content-type": "application/json" } }),
  ],
  "an answer to a stranger": [401, () => send(url, "/api/me")],
  "an answer to a stranger's htmx": [401, () => send(url, "/tasks", { headers: { "hx-request": "true" } })],
  "an answer to another site": [
    403,
    () => send(url, "/login", { method: "POST", headers: { "sec-fetch-site": "cross-site" } }),
  ],
  "a missing page": [404, () => send(url, "/nowhere")],
  "a missing part of a page": [404, () => send(url, "/nowhere", { headers: { "hx-request": "true" } })],
  "a missing API route": [404, () => send(url, "/api/nowhere")],
  "a missing file": [404, () => send(url, "/static/nothing.css")],
  "a wrong method": [405, () => send(url, "/healthz", { method: "POST" })],
  "a large body": [413, () => person.send("/api/tasks", { json: { title: "x".repeat(1_100_000) } })],
  "a wrong media type": [415, () => send(url, "/api/login", { method: "POST", body: "x" })],
  "wrong input": [422, () => person.send("/api/tasks", { json: {} })],
  "a failure": [500, () => person.send("/api/tasks", { json: { title: "broken" } })],
  "a static file": [200, () => send(url, staticFile)],
  "a static file's head": [200, () => send(url, staticFile, { method: "HEAD" })],
  "a sign of life": [200, () => send(url, "/healthz")],
  readiness: [200, () => send(url, "/readyz")],
};

const EXPECTED = {
  "x-content-type-options": /^nosniff$/,
  "x-frame-options": /^DENY$/,
  "referrer-policy": /^(no-referrer|same-origin|strict-origin)$/,
  "cross-origin-opener-policy": /^same-origin$/,
  "cross-origin-resource-policy": /^same-origin$/,
  "content-security-policy": /(^|; *)default-src '(none|self)'(;|$)/,
  "x-request-id": /./,
} as const;

describe("security headers", () => {
  it.each(Object.keys(answers))("are on %s", async (kind) => {
    const [status, ask] = answers[kind] ?? [0, () => send(url, "/")];
    const answer = await ask();
    expect(answer.status).toBe(status);
    for (const [name, value] of Object.entries(EXPECTED)) expect(answer.headers.get(name) ?? name).toMatch(value);
    const policy = answer.headers.get("content-security-policy") ?? "";
    const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? /default-src ([^;]*)/.exec(policy)?.[1] ?? "";
    expect(scripts).not.toMatch(/unsafe|\*|https?:|data:|blob:/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).toMatch(/base-uri 'none'/);
    expect(policy).not.toMatch(/https?:/);
    expect(answer.headers.has("strict-transport-security")).toBe(false);
    expect(answer.headers.has("access-control-allow-origin")).toBe(false);
    expect(answer.headers.has("server")).toBe(false);
    expect(answer.headers.has("x-powered-by")).toBe(false);
  });

  it("keep what is private out of every cache", async () => {
    for (const kind of ["a page", "an API answer", "an answer to a stranger", "a missing file", "a failure"])
      expect((await answers[kind]?.[1]())?.headers.get("cache-control")).toMatch(/no-store/);
  });
});

describe("Strict-Transport-Security", () => {
  const paths = ["/", "/nowhere", "/api/me", "/healthz", staticFile];

  it.each(paths)("comes over https, as a trusted proxy tells it: %s", async (path) => {
    const answer = await send(proxied.url, path, { headers: { "x-forwarded-proto": "https" } });
    expect(answer.headers.get("strict-transport-security")).toMatch(/^max-age=\d{8,}/);
  });

  it.each(["", "http", "https, http"])("does not come over http: %p", async (protocol) => {
    const answer = await send(proxied.url, "/", { headers: { "x-forwarded-proto": protocol } });
    expect(answer.headers.has("strict-transport-security")).toBe(false);
  });

  it("does not come because a client says https", async () => {
    const answer = await send(url, "/", { headers: { "x-forwarded-proto": "https", forwarded: "proto=https" } });
    expect(answer.headers.has("strict-transport-security")).toBe(false);
  });
});

describe("a request whose Host makes no sense", () => {
  it.each(["a b", "[", "<x>", "localhost:99999", "user@localhost", ""])(
    "%p gets a proper answer, with the headers",
    async (host) => {
      const answer = await sendRaw(url, `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 (200|400) /);
      expect(answer.toLowerCase()).toContain("\r\nx-content-type-options: nosniff\r\n");
    },
  );

  it("is answered without one too, as simple probes send none", async () => {
    const answer = await sendRaw(url, "GET /healthz HTTP/1.0\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.[01] 200 /);
    expect(answer.toLowerCase()).toContain("\r\nx-content-type-options: nosniff\r\n");
  });
});

describe("HEAD", () => {
  it.each([
    "/",
    "/login",
    "/docs",
    "/docs/json",
    "/api/tasks",
    "/api/me",
    "/tasks",
    "/healthz",
    "/readyz",
    "/nowhere",
    staticFile,
  ])("answers as GET does, without the body: %s", async (path) => {
    const [get, head] = await Promise.all([person.send(path), person.send(path, { method: "HEAD" })]);
    expect(head.status).toBe(get.status);
    expect(head.headers.get("content-type")).toBe(get.headers.get("content-type"));
    expect(head.headers.get("cache-control")).toBe(get.headers.get("cache-control"));
    expect(head.headers.get("etag")).toBe(get.headers.get("etag"));
    expect(await head.text()).toBe("");
  });
});
