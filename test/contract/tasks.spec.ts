import { describe, expect, it } from "bun:test";
import { newPerson, send, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { createTask, type Task } from "../support/tasks.ts";

const url = await contractUrl();
const [ada, bob] = await Promise.all([signUp(url), signUp(url)]);

const change = (method: string, json: unknown, headers = {}) => ({ method, json, headers });

describe("a new task", () => {
  it("has its defaults, an address and a version", async () => {
    const response = await ada.send("/api/tasks", { json: { title: "  Call Marta \t" } });
    const task = (await response.json()) as Task;
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe(`/api/tasks/${task.id}`);
    expect(response.headers.get("etag")).toMatch(/^"[^"]+"$/);
    expect(Object.keys(task).sort()).toEqual(
      ["id", "title", "description", "priority", "completed", "completedAt", "createdAt", "updatedAt"].sort(),
    );
    expect(task).toMatchObject({
      title: "Call Marta",
      description: "",
      priority: "medium",
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
  ])("is stored as it was written: %s", async (_, title) => {
    const description = `${title}\r\n\n  ${title.slice(0, 100)}\n`;
    const { id } = await createTask(ada, { title, description });
    const read = (await (await ada.send(`/api/tasks/${id}`)).json()) as Task;
    expect(read.title).toBe(title.trim());
    expect(read.description).toBe(description);
  });

  it("can be done from the start", async () => {
    const task = await createTask(ada, { title: "Done already", completed: true, priority: "low" });
    expect(task.completed).toBe(true);
    expect(Date.parse(task.completedAt ?? "")).toBe(Date.parse(task.createdAt));
  });
});

describe("wrong input", () => {
  it.each([
    ["no title", {}, "/title", "required"],
    ["an empty title", { title: " \n " }, "/title", "required"],
    ["a title that does not show", { title: "\u200B\u2060" }, "/title", "required"],
    ["201 characters", { title: "x".repeat(201) }, "/title", "maxLength"],
    ["null for a title", { title: null }, "/title", "type"],
    ["a number for a title", { title: 5 }, "/title", "type"],
    ["NUL", { title: "a\0b" }, "/title", "characters"],
    ["a lone surrogate", { title: "\ud83d" }, "/title", "characters"],
    ["a line break in the title", { title: "a\nb" }, "/title", "pattern"],
    ["10,001 characters of description", { title: "x", description: "y".repeat(10_001) }, "/description", "maxLength"],
    ["null for a description", { title: "x", description: null }, "/description", "type"],
    ["another priority", { title: "x", priority: "urgent" }, "/priority", "enum"],
    ["text for a truth", { title: "x", completed: "true" }, "/completed", "type"],
    ["an unknown field", { title: "x", owner: "me" }, "/owner", "unknown"],
    ["a field that is not for setting", { title: "x", completedAt: null }, "/completedAt", "unknown"],
  ])("is refused with the field and the rule: %s", async (_, json, path, rule) => {
    const response = await ada.send("/api/tasks", { json });
    expect(response.status).toBe(422);
    expect(response.headers.get("content-type")).toStartWith("application/problem+json");
    const problem = (await response.json()) as { status: number; errors: object[] };
    expect(problem.status).toBe(422);
    expect(problem.errors).toEqual([{ path, rule, message: expect.stringMatching(/\.$/) }]);
  });

  it("is told all at once", async () => {
    const response = await ada.send("/api/tasks", { json: { title: "", priority: null, completed: 1, zest: true } });
    const { errors } = (await response.json()) as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path).sort()).toEqual(["/completed", "/priority", "/title", "/zest"]);
  });

  it.each([
    ["broken JSON", '{"title":', "application/json", 400],
    ["bytes that are not UTF-8", new Uint8Array([0x7b, 0x22, 0xff]), "application/json", 400],
    ["a list", "[]", "application/json", 422],
    ["nested without end", `{"title":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, "application/json", 400],
    ["text", "hello", "text/plain", 415],
    ["a form", "title=x", "application/x-www-form-urlencoded", 415],
    ["over 1 MiB", JSON.stringify({ title: "x", description: "y".repeat(1_048_576) }), "application/json", 413],
  ])("that is %s has its own status", async (_, body, type, status) => {
    const response = await ada.send("/api/tasks", { method: "POST", body, headers: { "content-type": type } });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toStartWith("application/problem+json");
  });

  it("of a length nobody told is measured as it comes", async () => {
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

  it("makes no answer larger than anybody reads", async () => {
    const json = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, index]));
    const { errors } = (await (await ada.send("/api/tasks", { json })).json()) as { errors: object[] };
    expect(errors).toHaveLength(50);
  });

  it("leaves the list as it was", async () => {
    const eve = await signUp(url);
    await eve.send("/api/tasks", { json: { title: "x", priority: "urgent" } });
    await eve.send("/api/tasks", { json: { title: null } });
    const { items } = (await (await eve.send("/api/tasks")).json()) as { items: Task[] };
    expect(items).toEqual([]);
  });
});

describe("a task", () => {
  it("keeps what PATCH leaves out, and gets defaults for what PUT leaves out", async () => {
    const { id } = await createTask(ada, { title: "Plan", description: "Long", priority: "high" });
    const patched = (await (await ada.send(`/api/tasks/${id}`, change("PATCH", { title: " Plan B " }))).json()) as Task;
    expect(patched).toMatchObject({ title: "Plan B", description: "Long", priority: "high" });
    const replaced = (await (await ada.send(`/api/tasks/${id}`, change("PUT", { title: "Plan C" }))).json()) as Task;
    expect(replaced).toMatchObject({ title: "Plan C", description: "", priority: "medium", completed: false });
  });

  it("remembers since when it has been done, until it is opened again", async () => {
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

  it("is not changed, nor its version, by what it already says", async () => {
    const { id, updatedAt } = await createTask(ada, { title: "Same" });
    const before = await ada.send(`/api/tasks/${id}`);
    const after = await ada.send(`/api/tasks/${id}`, change("PATCH", { title: "Same" }));
    expect(after.headers.get("etag")).toBe(before.headers.get("etag"));
    expect(((await after.json()) as Task).updatedAt).toBe(updatedAt);
  });

  it("is gone once it is deleted", async () => {
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
  ])("of somebody else is not found: %s", async (method, json) => {
    const { id, title } = await createTask(bob, { title: "Bob's" });
    expect((await ada.send(`/api/tasks/${id}`, { method, json })).status).toBe(404);
    const still = (await (await bob.send(`/api/tasks/${id}`)).json()) as Task;
    expect(still.title).toBe(title);
  });

  it.each(["nope", "0".repeat(2000)])("that never was is not found: %s", async (id) => {
    expect((await ada.send(`/api/tasks/${id}`)).status).toBe(404);
  });
});

describe("two screens", () => {
  it("can't overwrite each other when they name the version they saw", async () => {
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
      const unread = await ada.send(`/api/tasks/${id}`, { method: "DELETE", headers: { "if-match": header } });
      expect([header, unread.status, (await unread.json()).errors]).toEqual([
        header,
        422,
        [{ path: "", rule: "ifMatch", message: 'If-Match must be the ETag of a task, with its quotes, such as "3".' }],
      ]);
    }
    expect((await ada.send(`/api/tasks/${id}`, change("PATCH", { title: "Any" }, { "if-match": "*" }))).status).toBe(
      200,
    );
  });

  it("need not read again what has not changed", async () => {
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

describe("a tag of something else", () => {
  it("does not make what is not there, or not right, look unchanged", async () => {
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

describe("an address", () => {
  it("that is nobody's is not found", async () => {
    const response = await ada.send("/api/nothing");
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toStartWith("application/problem+json");
  });

  it.each([
    ["DELETE", "/api/tasks", "GET, HEAD, POST"],
    ["POST", "/api/me", "GET, HEAD"],
    ["GET", "/api/tasks/bulk", "POST"],
    ["DELETE", "/api/tasks/bulk", "POST"],
    ["GET", "/api/tasks/some-id", undefined],
    ["POST", "/api/tasks/some-id", "DELETE, GET, HEAD, PATCH, PUT"],
  ])("says which methods it takes: %s %s", async (method, path, allow) => {
    const response = await ada.send(path, { method });
    expect(response.status).toBe(allow ? 405 : 404);
    expect(response.headers.get("allow") ?? undefined).toBe(allow);
  });

  it("asks who is there before it looks at what was sent", async () => {
    const person = newPerson();
    for (const [path, body] of [
      ["/api/tasks", "{"],
      ["/api/tasks/bulk", "[]"],
    ] as const) {
      const response = await send(url, path, { method: "POST", body, headers: { "content-type": "application/json" } });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      expect(await response.text()).not.toContain(person.username);
    }
  });
});
