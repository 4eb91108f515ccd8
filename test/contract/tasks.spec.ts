import { describe, expect, it } from "bun:test";
import { signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { createTask, type Task } from "../support/tasks.ts";

const url = await contractUrl();
const [ada, bob] = await Promise.all([signUp(url), signUp(url)]);

const change = (method: string, json: unknown, headers = {}) => ({ method, json, headers });

describe("new task", () => {
  it("has defaults, a Location and an ETag", async () => {
    const response = await ada.send("/api/tasks", { json: { title: "  Call Marta \t" } });
    const task = (await response.json()) as Task;
    expect(response.status).toBe(201);
    expect(new URL(response.headers.get("location") ?? "", url).href).toBe(`${url}/api/tasks/${task.id}`);
    expect(response.headers.get("etag")).toMatch(/^"[^"]+"$/);
    expect(Object.keys(task).sort()).toEqual(
      [
        ...["id", "projectId", "sectionId", "parentId", "title", "description", "priority", "labels"],
        ...["completed", "completedAt", "createdAt", "updatedAt"],
        ...["dueDate", "dueTime", "timeZone", "startDate", "repeat", "repeatFrom", "commentCount", "lastCompletedAt"],
        "assigneeId",
      ].sort(),
    );
    expect(task).toMatchObject({
      title: "Call Marta",
      description: "",
      priority: "none",
      completed: false,
      completedAt: null,
    });
    expect(task.updatedAt).toBe(task.createdAt);
  });

  it.each([
    ["markup", '<b>bold</b> & "quotes" \''],
    ["right-to-left marks", "\u202Eabc\u200F עברית"],
    ["emoji of several code points", "👩‍👩‍👧‍👦 ship it 🚀"],
    ["200 emoji, which are 200 characters", "🚀".repeat(200)],
    ["an accent on its own", "e\u0301"],
    ["SQL", "'; DROP TABLE tasks; --"],
  ])("is stored unchanged: %s", async (_, title) => {
    const description = `${title}\r\n\n  ${title.slice(0, 100)}\n`;
    const { id } = await createTask(ada, { title, description });
    const read = (await (await ada.send(`/api/tasks/${id}`)).json()) as Task;
    expect(read.title).toBe(title.trim());
    expect(read.description).toBe(description);
  });

  it("can be created as completed", async () => {
    const task = await createTask(ada, { title: "Done already", completed: true, priority: "low" });
    expect(task.completed).toBe(true);
    expect(Date.parse(task.completedAt ?? "")).toBe(Date.parse(task.createdAt));
  });
});

describe("invalid input", () => {
  it.each([
    ["no title", {}, "/title", "required"],
    ["an empty title", { title: " \n " }, "/title", "required"],
    ["an invisible title", { title: "\u200B\u2060" }, "/title", "required"],
    ["201 characters", { title: "x".repeat(201) }, "/title", "maxLength"],
    ["null for a title", { title: null }, "/title", "type"],
    ["a number for a title", { title: 5 }, "/title", "type"],
    ["NUL", { title: "a\0b" }, "/title", "characters"],
    ["a lone surrogate", { title: "\ud83d" }, "/title", "characters"],
    ["a line break in the title", { title: "a\nb" }, "/title", "pattern"],
    ["10,001 characters of description", { title: "x", description: "y".repeat(10_001) }, "/description", "maxLength"],
    ["null for a description", { title: "x", description: null }, "/description", "type"],
    ["an unknown priority", { title: "x", priority: "urgent" }, "/priority", "enum"],
    ["a string for a boolean", { title: "x", completed: "true" }, "/completed", "type"],
    ["an unknown field", { title: "x", owner: "me" }, "/owner", "unknown"],
    ["a read-only field", { title: "x", completedAt: null }, "/completedAt", "unknown"],
  ])("is rejected with the field and the rule: %s", async (_, json, path, rule) => {
    const response = await ada.send("/api/tasks", { json });
    expect(response.status).toBe(422);
    expect(response.headers.get("content-type")).toStartWith("application/problem+json");
    const problem = (await response.json()) as { status: number; errors: object[] };
    expect(problem.status).toBe(422);
    expect(problem.errors).toEqual([{ path, rule, message: expect.stringMatching(/\.$/) }]);
  });

  it("is reported all at once", async () => {
    const response = await ada.send("/api/tasks", { json: { title: "", priority: null, completed: 1, zest: true } });
    const { errors } = (await response.json()) as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path).sort()).toEqual(["/completed", "/priority", "/title", "/zest"]);
  });

  it.each([
    ["broken JSON", '{"title":', "application/json", 400],
    ["bytes that are not UTF-8", new Uint8Array([0x7b, 0x22, 0xff]), "application/json", 400],
    ["an array", "[]", "application/json", 422],
    ["deep nesting", `{"title":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, "application/json", 400],
    ["text", "hello", "text/plain", 415],
    ["a form", "title=x", "application/x-www-form-urlencoded", 415],
    ["over 1 MiB", JSON.stringify({ title: "x", description: "y".repeat(1_048_576) }), "application/json", 413],
  ])("gets a specific status code: %s", async (_, body, type, status) => {
    const response = await ada.send("/api/tasks", { method: "POST", body, headers: { "content-type": type } });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toStartWith("application/problem+json");
  });

  it("is measured while it arrives if it has no Content-Length", async () => {
    const endless = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(65_536).fill(32));
        if (++chunks > 40) controller.close();
      },
    });
    let chunks = 0;
    const response = await ada.send("/api/tasks", {
      method: "POST",
      body: endless,
      headers: { "content-type": "application/json" },
    });
    expect(response.status).toBe(413);
  });

  it("returns at most 50 errors", async () => {
    const json = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, index]));
    const { errors } = (await (await ada.send("/api/tasks", { json })).json()) as { errors: object[] };
    expect(errors).toHaveLength(50);
  });

  it("creates no task", async () => {
    const eve = await signUp(url);
    await eve.send("/api/tasks", { json: { title: "x", priority: "urgent" } });
    await eve.send("/api/tasks", { json: { title: null } });
    const { items } = (await (await eve.send("/api/tasks")).json()) as { items: Task[] };
    expect(items).toEqual([]);
  });
});

describe("task", () => {
  it("keeps the fields missing from PATCH and resets the fields missing from PUT", async () => {
    const { id } = await createTask(ada, { title: "Plan", description: "Long", priority: "high" });
    const patched = (await (await ada.send(`/api/tasks/${id}`, change("PATCH", { title: " Plan B " }))).json()) as Task;
    expect(patched).toMatchObject({ title: "Plan B", description: "Long", priority: "high" });
    const replaced = (await (await ada.send(`/api/tasks/${id}`, change("PUT", { title: "Plan C" }))).json()) as Task;
    expect(replaced).toMatchObject({ title: "Plan C", description: "", priority: "none", completed: false });
  });

  it("keeps its completion time until it is reopened", async () => {
    const { id } = await createTask(ada, { title: "Tick me" });
    const done = (await (await ada.send(`/api/tasks/${id}`, change("PATCH", { completed: true }))).json()) as Task;
    expect(done.completedAt).toBe(done.updatedAt);
    const renamed = (await (
      await ada.send(`/api/tasks/${id}`, change("PATCH", { title: "Ticked", completed: true }))
    ).json()) as Task;
    expect(renamed.completedAt).toBe(done.completedAt);
    const open = (await (await ada.send(`/api/tasks/${id}`, change("PATCH", { completed: false }))).json()) as Task;
    expect(open).toMatchObject({ completed: false, completedAt: null });
  });

  it("keeps its ETag if nothing changes", async () => {
    const { id, updatedAt } = await createTask(ada, { title: "Same" });
    const before = await ada.send(`/api/tasks/${id}`);
    const after = await ada.send(`/api/tasks/${id}`, change("PATCH", { title: "Same" }));
    expect(after.headers.get("etag")).toBe(before.headers.get("etag"));
    expect(((await after.json()) as Task).updatedAt).toBe(updatedAt);
  });

  it("returns 404 after it is deleted", async () => {
    const { id } = await createTask(ada, { title: "Delete me" });
    expect((await ada.send(`/api/tasks/${id}`, { method: "DELETE" })).status).toBe(204);
    for (const method of ["GET", "DELETE"]) expect((await ada.send(`/api/tasks/${id}`, { method })).status).toBe(404);
    expect((await ada.send(`/api/tasks/${id}`, change("PATCH", { title: "Back" }))).status).toBe(404);
  });

  it.each([
    ["GET", undefined],
    ["PUT", { title: "Mine now" }],
    ["PATCH", { title: "Mine now" }],
    ["DELETE", undefined],
  ])("returns 404 if it belongs to another account: %s", async (method, json) => {
    const { id, title } = await createTask(bob, { title: "Bob's" });
    expect((await ada.send(`/api/tasks/${id}`, { method, json })).status).toBe(404);
    const still = (await (await bob.send(`/api/tasks/${id}`)).json()) as Task;
    expect(still.title).toBe(title);
  });

  it.each(["nope", "0".repeat(2000)])("returns 404 for an unknown ID: %s", async (id) => {
    expect((await ada.send(`/api/tasks/${id}`)).status).toBe(404);
  });
});

describe("conditional request", () => {
  it("returns 412 if If-Match names an older version", async () => {
    const { id } = await createTask(ada, { title: "First" });
    const seen = (await ada.send(`/api/tasks/${id}`)).headers.get("etag") ?? "";
    const mine = await ada.send(`/api/tasks/${id}`, change("PATCH", { title: "Second" }, { "if-match": seen }));
    expect(mine.status).toBe(200);
    for (const [method, json] of [
      ["PATCH", { title: "Late" }],
      ["PUT", { title: "Late" }],
      ["DELETE", undefined],
    ] as const) {
      const late = await ada.send(`/api/tasks/${id}`, { method, json, headers: { "if-match": seen } });
      expect(late.status).toBe(412);
    }
    const current = mine.headers.get("etag") ?? "";
    const listed = await ada.send(
      `/api/tasks/${id}`,
      change("PATCH", { title: "Third" }, { "if-match": `"x", ${current}` }),
    );
    expect(listed.status).toBe(200);
    const weak = await ada.send(
      `/api/tasks/${id}`,
      change("PATCH", { title: "W" }, { "if-match": `W/${listed.headers.get("etag")}` }),
    );
    expect(weak.status).toBe(412);
    expect((await weak.json()).detail).toContain("Remove the W/");
    for (const header of ["3", "x", '"', ""]) {
      const invalid = await ada.send(`/api/tasks/${id}`, { method: "DELETE", headers: { "if-match": header } });
      expect([header, invalid.status, (await invalid.json()).errors]).toEqual([
        header,
        422,
        [{ path: "", rule: "ifMatch", message: expect.stringContaining("If-Match") }],
      ]);
    }
    expect((await ada.send(`/api/tasks/${id}`, change("PATCH", { title: "Any" }, { "if-match": "*" }))).status).toBe(
      200,
    );
  });

  it("returns 304 if If-None-Match names the current version", async () => {
    const { id } = await createTask(ada, { title: "Quiet" });
    const etag = (await ada.send(`/api/tasks/${id}`)).headers.get("etag") ?? "";
    const fresh = await ada.send(`/api/tasks/${id}`, { headers: { "if-none-match": `W/"zzz", ${etag}` } });
    expect(fresh.status).toBe(304);
    expect(fresh.headers.get("etag")).toBe(etag);
    expect(await fresh.text()).toBe("");
    await ada.send(`/api/tasks/${id}`, change("PATCH", { title: "Louder" }));
    expect((await ada.send(`/api/tasks/${id}`, { headers: { "if-none-match": etag } })).status).toBe(200);
  });
});

describe("If-None-Match", () => {
  it("matches only the current version of the same resource, and only if it exists", async () => {
    const eve = await signUp(url);
    const list = (await eve.send("/api/tasks")).headers.get("etag") ?? "";
    const { id } = await createTask(eve, { title: "Gone" });
    await eve.send(`/api/tasks/${id}`, { method: "DELETE" });
    const now = (await eve.send("/api/tasks")).headers.get("etag") ?? "";
    for (const [path, tag, status] of [
      [`/api/tasks/${id}`, "*", 404],
      [`/api/tasks/${id}`, now, 404],
      ["/api/tasks?cursor=nonsense", now, 422],
      ["/api/tasks?limit=1", now, 200],
      ["/api/tasks", list, 200],
      ["/api/tasks", "*", 304],
      ["/api/tasks", now, 304],
    ] as const)
      expect([path, tag, (await eve.send(path, { headers: { "if-none-match": tag } })).status]).toEqual([
        path,
        tag,
        status,
      ]);
  });
});

describe("API path", () => {
  it("returns 404 if it is unknown", async () => {
    const response = await ada.send("/api/nothing");
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toStartWith("application/problem+json");
  });

  it.each([
    ["DELETE", "/api/tasks", "GET, HEAD, POST"],
    ["POST", "/api/me", "GET, HEAD, PATCH"],
    ["GET", "/api/tasks/bulk", "POST"],
    ["DELETE", "/api/tasks/bulk", "POST"],
    ["GET", "/api/tasks/some-id", undefined],
    ["POST", "/api/tasks/some-id", "DELETE, GET, HEAD, PATCH, PUT"],
  ])("lists its methods in Allow: %s %s", async (method, path, allow) => {
    const response = await ada.send(path, { method });
    expect(response.status).toBe(allow ? 405 : 404);
    expect(response.headers.get("allow") ?? undefined).toBe(allow);
  });
});
