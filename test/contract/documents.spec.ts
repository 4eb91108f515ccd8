import { describe, expect, it } from "bun:test";
import { treaty } from "@elysiajs/eden";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { App } from "../../src/app.ts";
import { send, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { answerChecker, operationsOf, readDocument } from "../support/openapi.ts";

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
const OPEN = ["POST /api/login", "POST /api/register"];

describe("the API document", () => {
  it("is valid OpenAPI", async () => {
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    expect(document.openapi).toBe("3.1.0");
  });

  it("has every route of the API, and no page", () => {
    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(ROUTES);
  });

  it("gives each operation a name, an example, its errors and its way of signing in", () => {
    expect(Object.keys(document.components.securitySchemes).sort()).toEqual(["bearer", "cookie"]);
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(ROUTES.length);
    for (const { method, path, operation } of operations) {
      const open = OPEN.includes(`${method} ${path}`);
      expect(operation.security).toEqual(open ? [] : [{ bearer: [] }, { cookie: [] }]);
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining([open ? "422" : "401", "500", "503"]));
      // What the page would send along with each request that is tried.
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

  it("asks of every route that is not open who is there, before anything else", async () => {
    for (const { method, path } of operations.filter(({ method, path }) => !OPEN.includes(`${method} ${path}`))) {
      const response = await send(url, path, {
        method,
        ...(method !== "GET" && { body: "{", headers: { "content-type": "application/json" } }),
      });
      expect([path, method, response.status]).toEqual([path, method, 401]);
    }
  });

  it("says what is really answered", async () => {
    const faultOf = answerChecker(document);
    const faults: (string | undefined)[] = [];
    const ask = async (method: string, path: string, json?: unknown, headers = {}) => {
      const response = await ada.send(path.replace("{id}", id), { method, json, headers });
      const etag = response.headers.get("etag") ?? "";
      const created = method === "POST" ? response.headers.get("location")?.split("/").at(-1) : undefined;
      faults.push(await faultOf(method, path, response));
      id = created ?? id;
      return etag;
    };
    let id = "nothing";
    await ask("GET", "/api/tasks/{id}");
    await ask("POST", "/api/tasks", { title: "Documented" });
    await ask("POST", "/api/tasks", { title: null });
    await ask("GET", "/api/tasks");
    await ask("GET", "/api/me");
    const etag = await ask("GET", "/api/tasks/{id}");
    await ask("GET", "/api/tasks/{id}", undefined, { "if-none-match": etag });
    await ask("PATCH", "/api/tasks/{id}", { completed: true }, { "if-match": etag });
    await ask("PUT", "/api/tasks/{id}", { title: "x" }, { "if-match": etag });
    await ask("PUT", "/api/tasks/{id}", { title: "x" });
    await ask("POST", "/api/tasks/bulk", { ids: [id], action: "complete" });
    await ask("POST", "/api/tasks/bulk", { ids: [id, "nope"], action: "complete" });
    await ask("DELETE", "/api/tasks/{id}");
    await ask("POST", "/api/login", { username: ada.username, password: ada.password });
    await ask("POST", "/api/login", { username: ada.username, password: "not the phrase" });
    await ask("POST", "/api/register", { username: ada.username, email: ada.email, password: ada.password });
    expect(faults.filter(Boolean)).toEqual([]);
    expect(faults).toHaveLength(16);
  });
});

describe("a typed client", () => {
  const api = treaty<App>(url, { headers: { authorization: `Bearer ${ada.token}` } }).api;

  it("knows what goes in and what comes out", async () => {
    const created = await api.tasks.post({ title: "Typed", priority: "high" });
    const title: string | undefined = created.data?.title;
    expect(title).toBe("Typed");
    const page = await api.tasks.get({ query: { priority: "high", limit: 5 } });
    const open: number | undefined = page.data?.totals.open;
    expect(open).toBe(1);
    const me = await api.me.get();
    expect(me.data?.username).toBe(ada.username);
    // @ts-expect-error a priority that does not exist does not compile
    const refused = await api.tasks.post({ title: "Typed", priority: "urgent" });
    expect(refused.status).toBe(422);
  });
});

describe("the page of the document", () => {
  it("is made of this site's own files, under a policy without inline scripts", async () => {
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
