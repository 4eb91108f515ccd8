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
  "DELETE /api/tasks/{id}",
  "GET /api/changes",
  "GET /api/events",
  "GET /api/me",
  "GET /api/tasks",
  "GET /api/tasks/{id}",
  "GET /api/trash",
  "PATCH /api/tasks/{id}",
  "POST /api/changes/{id}/undo",
  "POST /api/login",
  "POST /api/logout",
  "POST /api/register",
  "POST /api/tasks",
  "POST /api/tasks/bulk",
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
    await call("DELETE", "/api/tasks/{id}");
    await call("POST", "/api/login", { username: ada.username, password: ada.password });
    await call("POST", "/api/login", { username: ada.username, password: "not the phrase" });
    await call("POST", "/api/register", { username: ada.username, email: ada.email, password: ada.password });
    expect(mismatches.filter(Boolean)).toEqual([]);
    expect(mismatches).toHaveLength(16);
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
    for (const address of addresses) expect(address).toMatch(/^\/(?!\/)/);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain("unsafe");
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
  });
});
