import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import fc from "fast-check";
import { signUp } from "../support/client.ts";
import { operationsOf, readDocument } from "../support/openapi.ts";
import { startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

const program = await startProgram();
afterAll(() => program[Symbol.asyncDispose]());
const { url } = program;
const operations = operationsOf(await readDocument(url));
const ada = await signUp(url);

/** Strings that commonly break programs. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.constantFrom(
    "\0",
    "\ud800",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "%00%ff",
    "../../etc/passwd",
    "{{7*7}}",
    "\u202Eabc",
    "x".repeat(20_000),
    "__proto__",
    "1e999",
    "",
  ),
);
const value = fc.oneof(
  hostile,
  fc.jsonValue(),
  fc.constantFrom("low", "complete", "open", "title", true, null, -1, 1.5, 9e99),
);
const field = fc.oneof(
  fc.constantFrom("title", "description", "priority", "completed", "ids", "action", "username", "email", "password"),
  hostile,
);
const body = fc.oneof(
  fc.dictionary(field, value).map((object) => JSON.stringify(object)),
  fc.jsonValue().map((json) => JSON.stringify(json)),
  fc.string(),
);
const query = fc.dictionary(
  fc.constantFrom("status", "priority", "q", "sort", "order", "limit", "cursor", "zest"),
  // Not `String`: a generated object may define its own "toString".
  value.map((each) => (typeof each === "string" ? each : JSON.stringify(each))),
  { maxKeys: 3 },
);
const headers = fc.record(
  {
    "if-match": fc.constantFrom("*", '"1"', 'W/"1"', '"', ",,,", "x"),
    "if-none-match": fc.constantFrom("*", '"1"', "junk"),
    "content-type": fc.constantFrom(
      "application/json",
      "application/json; charset=utf-8",
      "text/xml",
      "application/x-www-form-urlencoded",
    ),
    "x-request-id": fc.constantFrom("abc", "<script>", "a b"),
  },
  { requiredKeys: ["content-type"] },
);
const request = fc.record({ operation: fc.constantFrom(...operations), id: hostile, body, query, headers });

// Signing out would end the session, and hashing each password would take too long.
const excluded = ["/api/logout", "/api/register", "/api/login"];

describe("generated input", () => {
  it("never causes a server error or exposes internals", async () => {
    let rejected = 0;
    await fc.assert(
      fc.asyncProperty(request, async ({ operation: { method, path }, id, body, query, headers }) => {
        if (excluded.includes(path)) return;
        const address = path.replace("{id}", encodeURIComponent(id.toWellFormed()).slice(0, 500));
        const search = new URLSearchParams(
          Object.entries(query).map(([name, text]) => [name, text.toWellFormed().slice(0, 2000)]),
        );
        const response = await ada.send(`${address}?${search}`, {
          method,
          headers,
          ...(!["GET", "DELETE"].includes(method) && { body }),
        });
        expect(response.status).toBeLessThan(500);
        if (response.status < 400) return;
        rejected++;
        expect(response.headers.get("content-type")).toStartWith("application/problem+json");
        const text = await response.text();
        expect(text).not.toMatch(/SQLITE|select |insert into|node_modules|\bat .*:\d+:\d+|TypeError/);
        expect(JSON.parse(text)).toMatchObject({ status: response.status, detail: expect.stringMatching(/./) });
      }),
      { numRuns: 1500 },
    );
    expect(rejected).toBeGreaterThan(100);
  });

  it("is stored unchanged or rejected", async () => {
    const eve = await signUp(url);
    const input = fc.record({
      title: hostile,
      description: hostile,
      priority: fc.constantFrom("low", "high", "urgent"),
    });
    const stored = new Map<string, object>();
    await fc.assert(
      fc.asyncProperty(input, async (json) => {
        const response = await eve.send("/api/tasks", { json });
        if (response.status === 422) return;
        expect(response.status).toBe(201);
        const task = (await response.json()) as { id: string };
        expect(task).toMatchObject({ ...json, title: json.title.trim() });
        stored.set(task.id, task);
      }),
      { numRuns: 300 },
    );
    const listed: { id: string }[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const response = await eve.send(`/api/tasks?limit=200${cursor && `&cursor=${cursor}`}`);
      const page = (await response.json()) as { items: { id: string }[]; nextCursor: string | null };
      listed.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(new Map(listed.map((task) => [task.id, task]))).toEqual(stored as Map<string, { id: string }>);
    expect(stored.size).toBeGreaterThan(20);
  });
});
