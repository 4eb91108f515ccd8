import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { send, signUp } from "../support/client.ts";
import { sendRaw } from "../support/connection.ts";
import { startProgram, tamper } from "../support/program.ts";

setDefaultTimeout(180_000);

const [program, proxied, strict] = await Promise.all([
  startProgram(),
  startProgram({ TRUST_PROXY: "1" }),
  startProgram({ TRUST_PROXY: "1", HSTS_MAX_AGE: "86400" }),
]);
afterAll(() => Promise.all([program, proxied, strict].map((each) => each[Symbol.asyncDispose]())));
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

const responses: Record<string, [number, () => Promise<Response>]> = {
  "a page": [200, () => send(url, "/")],
  "a form": [200, () => send(url, "/login")],
  "the API documentation": [200, () => send(url, "/docs")],
  "the OpenAPI document": [200, () => send(url, "/docs/json")],
  "an API response": [200, () => person.send("/api/tasks")],
  "a created task": [201, () => person.send("/api/tasks", { json: { title: "New" } })],
  "a response without a body": [204, signedOut],
  "a redirect to sign-in": [303, () => send(url, "/tasks")],
  "an unchanged task": [304, unchangedTask],
  "invalid JSON": [
    400,
    () => person.send("/api/tasks", { method: "POST", body: "{", headers: { "content-type": "application/json" } }),
  ],
  "a response without a session": [401, () => send(url, "/api/me")],
  "a response to htmx without a session": [401, () => send(url, "/tasks", { headers: { "hx-request": "true" } })],
  "a response to another site": [
    403,
    () => send(url, "/login", { method: "POST", headers: { "sec-fetch-site": "cross-site" } }),
  ],
  "a missing page": [404, () => send(url, "/nowhere")],
  "a missing fragment": [404, () => send(url, "/nowhere", { headers: { "hx-request": "true" } })],
  "a missing API route": [404, () => send(url, "/api/nowhere")],
  "a missing file": [404, () => send(url, "/static/nothing.css")],
  "a wrong method": [405, () => send(url, "/healthz", { method: "POST" })],
  "a large body": [413, () => person.send("/api/tasks", { json: { title: "x".repeat(1_100_000) } })],
  "a wrong media type": [415, () => send(url, "/api/login", { method: "POST", body: "x" })],
  "invalid input": [422, () => person.send("/api/tasks", { json: {} })],
  "a server error": [500, () => person.send("/api/tasks", { json: { title: "broken" } })],
  "a static file": [200, () => send(url, staticFile)],
  "a static file by HEAD": [200, () => send(url, staticFile, { method: "HEAD" })],
  liveness: [200, () => send(url, "/healthz")],
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
  it.each(Object.keys(responses))("are set on %s", async (kind) => {
    const [status, ask] = responses[kind] ?? [0, () => send(url, "/")];
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

  it("prevent caching of private responses", async () => {
    for (const kind of [
      "a page",
      "an API response",
      "a response without a session",
      "a missing file",
      "a server error",
    ])
      expect((await responses[kind]?.[1]())?.headers.get("cache-control")).toMatch(/no-store/);
  });
});

describe("Strict-Transport-Security", () => {
  const paths = ["/", "/nowhere", "/api/me", "/healthz", staticFile];

  it.each(paths)("has the configured age if a trusted proxy reports HTTPS: %s", async (path) => {
    const answer = await send(strict.url, path, { headers: { "x-forwarded-proto": "https" } });
    expect(answer.headers.get("strict-transport-security")).toBe("max-age=86400");
  });

  it("is not set by default, as it would apply to every port of the host", async () => {
    const answer = await send(proxied.url, "/", { headers: { "x-forwarded-proto": "https" } });
    expect(answer.status).toBe(200);
    expect(answer.headers.has("strict-transport-security")).toBe(false);
  });

  it.each(["", "http", "https, http"])("is not set over HTTP: %p", async (protocol) => {
    const answer = await send(strict.url, "/", { headers: { "x-forwarded-proto": protocol } });
    expect(answer.headers.has("strict-transport-security")).toBe(false);
  });

  it("is not set because a client claims HTTPS", async () => {
    const answer = await send(url, "/", { headers: { "x-forwarded-proto": "https", forwarded: "proto=https" } });
    expect(answer.headers.has("strict-transport-security")).toBe(false);
  });
});

describe("request with an invalid Host", () => {
  it.each(["a b", "[", "<x>", "localhost:99999", "user@localhost", ""])(
    "gets a valid response with security headers: %p",
    async (host) => {
      const answer = await sendRaw(url, `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 (200|400) /);
      expect(answer.toLowerCase()).toContain("\r\nx-content-type-options: nosniff\r\n");
    },
  );

  it("gets one without a Host too, as simple probes send none", async () => {
    const answer = await sendRaw(url, "GET /healthz HTTP/1.0\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.[01] 200 /);
    expect(answer.toLowerCase()).toContain("\r\nx-content-type-options: nosniff\r\n");
  });
});

// Another account: the other specs change the list of the first one.
const reader = await signUp(url);

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
  ])("returns the headers of GET without a body: %s", async (path) => {
    const [get, head] = await Promise.all([reader.send(path), reader.send(path, { method: "HEAD" })]);
    expect(head.status).toBe(get.status);
    expect(head.headers.get("content-type")).toBe(get.headers.get("content-type"));
    expect(head.headers.get("cache-control")).toBe(get.headers.get("cache-control"));
    expect(head.headers.get("etag")).toBe(get.headers.get("etag"));
    expect(await head.text()).toBe("");
  });
});
