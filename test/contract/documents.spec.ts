import { describe, expect, it } from "bun:test";
import { treaty } from "@elysiajs/eden";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { App } from "../../src/app.ts";
import { send, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { operationsOf, readDocument, responseChecker } from "../support/openapi.ts";

const url = await contractUrl();
const document = await readDocument(url);
const operations = operationsOf(document);
const ada = await signUp(url);

const ROUTES = [
  "DELETE /api/comments/{id}",
  "DELETE /api/labels/{name}",
  "DELETE /api/projects/{id}",
  "DELETE /api/projects/{id}/invites/{inviteId}",
  "DELETE /api/projects/{id}/members/{accountId}",
  "DELETE /api/projects/{id}/sections/{section}",
  "DELETE /api/sessions",
  "DELETE /api/sessions/{id}",
  "DELETE /api/tasks/{id}",
  "GET /api/changes",
  "GET /api/comments/{id}",
  "GET /api/events",
  "GET /api/invites",
  "GET /api/labels",
  "GET /api/me",
  "GET /api/projects",
  "GET /api/projects/{id}",
  "GET /api/projects/{id}/invites",
  "GET /api/projects/{id}/members",
  "GET /api/projects/{id}/sections",
  "GET /api/sessions",
  "GET /api/tasks",
  "GET /api/tasks/{id}",
  "GET /api/tasks/{id}/comments",
  "GET /api/trash",
  "PATCH /api/comments/{id}",
  "PATCH /api/labels/{name}",
  "PATCH /api/me",
  "PATCH /api/projects/{id}",
  "PATCH /api/projects/{id}/members/{accountId}",
  "PATCH /api/projects/{id}/sections/{section}",
  "PATCH /api/tasks/{id}",
  "POST /api/changes/{id}/undo",
  "POST /api/invites/accept",
  "POST /api/invites/{id}/accept",
  "POST /api/invites/{id}/decline",
  "POST /api/login",
  "POST /api/logout",
  "POST /api/password",
  "POST /api/projects",
  "POST /api/projects/{id}/duplicate",
  "POST /api/projects/{id}/invites",
  "POST /api/projects/{id}/restore",
  "POST /api/projects/{id}/sections",
  "POST /api/register",
  "POST /api/tasks",
  "POST /api/tasks/bulk",
  "POST /api/tasks/{id}/comments",
  "POST /api/tasks/{id}/duplicate",
  "POST /api/trash/{id}/restore",
  "PUT /api/tasks/{id}",
];
const PUBLIC = ["POST /api/login", "POST /api/register"];

describe("OpenAPI document", () => {
  it("is valid", async () => {
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    expect(document.openapi).toBe("3.1.0");
  });

  it("lists every API route and no page", () => {
    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(ROUTES);
  });

  it("gives each operation an ID, an example, its errors and its authentication", () => {
    expect(Object.keys(document.components.securitySchemes).sort()).toEqual(["bearer", "cookie"]);
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(ROUTES.length);
    for (const { method, path, operation } of operations) {
      const isPublic = PUBLIC.includes(`${method} ${path}`);
      expect(operation.security).toEqual(isPublic ? [] : [{ bearer: [] }, { cookie: [] }]);
      expect(Object.keys(operation.responses)).toEqual(
        expect.arrayContaining([isPublic ? "422" : "401", "500", "503"]),
      );
      // The documentation page would send an example header with each request.
      for (const each of operation.parameters ?? [])
        if (each.in === "header") expect(each).not.toHaveProperty("example");
      for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
        expect(JSON.stringify(schema)).toContain('"examples"');
      }
    }
    for (const schema of Object.values(document.components.schemas)) {
      expect(JSON.stringify(schema)).toMatch(/"examples"|"properties":\{"open"/);
    }
  });

  it("documents the parameters of paths and queries", () => {
    const named = (wanted: string) =>
      operations
        .find(({ method, path }) => `${method} ${path}` === wanted)
        ?.operation.parameters?.map(({ in: place, name }) => `${place} ${name}`);
    expect(named("GET /api/tasks")).toEqual(
      expect.arrayContaining(["query status", "query q", "query label", "query cursor", "header If-None-Match"]),
    );
    expect(named("PATCH /api/tasks/{id}")).toEqual(["path id", "header If-Match"]);
  });

  it("documents rate limits", () => {
    const limited = operations.filter(({ operation }) => operation.responses["429"]);
    expect(limited.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
      "GET /api/events",
      "POST /api/login",
      "POST /api/password",
      "POST /api/projects/{id}/invites",
      "POST /api/register",
    ]);
    for (const { operation } of limited)
      expect(JSON.stringify(operation.responses["429"])).toContain('"headers":{"Retry-After":');
  });

  it("lists routes that return 401 without a session, even for an invalid body", async () => {
    for (const { method, path } of operations.filter(({ method, path }) => !PUBLIC.includes(`${method} ${path}`))) {
      const response = await send(url, path, {
        method,
        ...(method !== "GET" && { body: "{", headers: { "content-type": "application/json" } }),
      });
      expect([path, method, response.status]).toEqual([path, method, 401]);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
    }
  });

  it("describes the actual responses", async () => {
    const mismatchOf = responseChecker(document);
    const mismatches: (string | undefined)[] = [];
    const call = async (method: string, path: string, json?: unknown, headers = {}) => {
      const response = await ada.send(path.replace("{id}", id), { method, json, headers });
      const etag = response.headers.get("etag") ?? "";
      const created = method === "POST" ? response.headers.get("location")?.split("/").at(-1) : undefined;
      mismatches.push(await mismatchOf(method, path, response));
      id = created ?? id;
      return etag;
    };
    let id = "nothing";
    await call("GET", "/api/tasks/{id}");
    await call("POST", "/api/tasks", { title: "Documented" });
    await call("POST", "/api/tasks", { title: null });
    await call("GET", "/api/tasks");
    await call("GET", "/api/me");
    const etag = await call("GET", "/api/tasks/{id}");
    await call("GET", "/api/tasks/{id}", undefined, { "if-none-match": etag });
    await call("PATCH", "/api/tasks/{id}", { completed: true }, { "if-match": etag });
    await call("PUT", "/api/tasks/{id}", { title: "x" }, { "if-match": etag });
    await call("PUT", "/api/tasks/{id}", { title: "x" });
    await call("POST", "/api/tasks/bulk", { ids: [id], action: "complete" });
    await call("POST", "/api/tasks/bulk", { ids: [id, "nope"], action: "complete" });
    const taskId = id;
    await call("POST", "/api/tasks/{id}/comments", { text: "Documented" });
    await call("GET", "/api/comments/{id}");
    await call("PATCH", "/api/comments/{id}", { text: "Changed" }, { "if-match": '"7"' });
    await call("PATCH", "/api/comments/{id}", { text: "Changed" });
    const comment = id;
    id = taskId;
    await call("GET", "/api/tasks/{id}/comments");
    id = comment;
    await call("DELETE", "/api/comments/{id}");
    id = taskId;
    await call("DELETE", "/api/tasks/{id}");
    await call("POST", "/api/login", { username: ada.username, password: ada.password });
    await call("POST", "/api/login", { username: ada.username, password: "not the phrase" });
    await call("POST", "/api/register", { username: ada.username, email: ada.email, password: ada.password });
    await call("GET", "/api/sessions");
    await call("DELETE", "/api/sessions/{id}");
    await call("DELETE", "/api/sessions");
    await call("POST", "/api/password", { currentPassword: "not the phrase", newPassword: "a new long phrase" });
    await call("POST", "/api/password", { currentPassword: ada.password, newPassword: "a new long phrase" });
    expect(mismatches.filter(Boolean)).toEqual([]);
    expect(mismatches).toHaveLength(27);
  });
});

describe("typed client", () => {
  const api = treaty<App>(url, { headers: { authorization: `Bearer ${ada.token}` } }).api;

  it("infers the types of requests and responses", async () => {
    const created = await api.tasks.post({ title: "Typed", priority: "high" });
    const title: string | undefined = created.data?.title;
    expect(title).toBe("Typed");
    const page = await api.tasks.get({ query: { priority: "high", limit: 5 } });
    const open: number | undefined = page.data?.totals.open;
    expect(open).toBe(1);
    const me = await api.me.get();
    expect(me.data?.username).toBe(ada.username);
    // @ts-expect-error An unknown priority does not compile.
    const refused = await api.tasks.post({ title: "Typed", priority: "urgent" });
    expect(refused.status).toBe(422);
  });
});

describe("API documentation page", () => {
  it("loads only files of this site, under a CSP without inline scripts", async () => {
    const response = await fetch(`${url}/docs`);
    const html = await response.text();
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = ""]) => address);
    expect(addresses.length).toBeGreaterThan(4);
    for (const address of addresses) expect(address).toMatch(/^(\/(?!\/)|#)/);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain("unsafe");
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
  });
});
