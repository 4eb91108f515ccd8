import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { newCredentials, send } from "../support/client.ts";
import { startProgram } from "../support/program.ts";

setDefaultTimeout(60_000);
const program = await startProgram({ LOG_LEVEL: "silent" });
afterAll(() => program[Symbol.asyncDispose]());
const { url } = program;

/** Signs up and returns a client that sends the cookie and forms, as a browser does. */
async function browserClient() {
  const person = newCredentials();
  const registered = await fetch(`${url}/register`, {
    method: "POST",
    body: new URLSearchParams({ ...person }),
    redirect: "manual",
  });
  const cookie = registered.headers.get("set-cookie")?.split(";")[0] ?? "";
  const get = (path: string, headers = {}) => send(url, path, { headers: { cookie, ...headers } });
  const post = (path: string, fields: Record<string, string>, headers = {}) =>
    send(url, path, { method: "POST", body: new URLSearchParams(fields), headers: { cookie, ...headers } });
  const add = async (title: string) => {
    const response = await send(url, "/api/tasks", { json: { title }, headers: { cookie } });
    return ((await response.json()) as { id: string }).id;
  };
  return { person, cookie, get, post, add };
}

const htmx = (path = "/tasks") => ({ "hx-request": "true", "hx-current-url": url + path });
const [ada, bob] = await Promise.all([browserClient(), browserClient()]);

describe("plain form", () => {
  it("redirects to the view that it was sent from", async () => {
    const id = await ada.add("Plain");
    const referer = { referer: `${url}/tasks?status=all&sort=title` };
    for (const [path, fields] of [
      ["/tasks", { title: "Another" }],
      [`/tasks/${id}/completion`, { completed: "true" }],
      [`/tasks/${id}/deletion`, {}],
    ] as [string, Record<string, string>][]) {
      const response = await ada.post(path, fields, referer);
      expect([path, response.status, response.headers.get("location")]).toEqual([
        path,
        303,
        "/tasks?status=all&sort=title",
      ]);
    }
  });

  it("gets an error page for an unsupported content type", async () => {
    const response = await send(url, "/tasks", {
      method: "POST",
      body: "{}",
      headers: { cookie: ada.cookie, "content-type": "application/json" },
    });
    expect(response.status).toBe(415);
    expect(await response.text()).toContain("<h1>");
  });
});

describe("bulk form", () => {
  it.each([
    ["Select at least one task first.", 0],
    ["You selected 1,001 tasks. At most 1,000 can be changed at once.", 1001],
  ])("is rejected with a message: %s", async (message, count) => {
    const fields = new URLSearchParams([["action", "complete"], ...Array.from({ length: count }, () => ["ids", "x"])]);
    const response = await send(url, "/tasks/bulk", {
      method: "POST",
      body: fields,
      headers: { cookie: ada.cookie, ...htmx() },
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(message);
  });
});

describe("activity page", () => {
  it("offers Undo for changes that can be undone, and Undo redirects back to the page", async () => {
    const person = await browserClient();
    const id = await person.add("One");
    const offers = async () => {
      const html = await (await person.get("/activity")).text();
      return [...html.matchAll(/aria-label="(Undo[^"]*)"/g)].map(([, label]) => label);
    };
    const api = (method: string, path: string, json?: object) =>
      send(url, path, { method, json, headers: { cookie: person.cookie } });
    expect(await offers()).toEqual(["Undo: Added One"]);
    await api("PATCH", `/api/tasks/${id}`, { title: "Two" });
    await api("PATCH", `/api/tasks/${id}`, { title: "Three", priority: "high" });
    expect(await offers()).toEqual(["Undo: Changed Three"]);
    await api("PATCH", `/api/tasks/${id}`, { completed: true });
    expect(await offers()).toEqual(["Undo: Completed Three", "Undo: Changed Three"]);
    const other = await person.add("Other");
    await api("POST", "/api/tasks/bulk", { ids: [id, other], action: "delete" });
    expect(await offers()).toEqual(["Undo all: Deleted Other"]);
    const [path = ""] = /\/changes\/\d+\/undo/.exec(await (await person.get("/activity")).text()) ?? [];
    const undone = await person.post(path, {}, { referer: `${url}/activity?task=${id}` });
    expect([undone.status, undone.headers.get("location")]).toEqual([303, `/activity?task=${id}`]);
    expect(await offers()).toEqual([
      "Undo all: Restored Other",
      "Undo: Added Other",
      "Undo: Completed Three",
      "Undo: Changed Three",
    ]);
  });

  it("links to the trash for a deleted task", async () => {
    const id = await ada.add("Gone");
    await ada.post(`/tasks/${id}/deletion`, {});
    const html = await (await ada.get(`/activity?task=${id}`)).text();
    expect(html).toContain('class="quiet-link" href="/trash"');
  });
});

describe("error", () => {
  it("is a page for a browser and a toast for htmx", async () => {
    const page = await ada.get("/tasks/nope");
    expect(page.status).toBe(404);
    expect(await page.text()).toStartWith("<!doctype html>");
    const fragment = await ada.get("/tasks/nope", htmx());
    expect(fragment.status).toBe(404);
    expect(fragment.headers.get("hx-reswap")).toBe("none");
    expect(fragment.headers.get("hx-push-url")).toBe("false");
    expect(await fragment.text()).toStartWith('<div hx-swap-oob="beforeend:#toasts">');
  });

  it("is returned for a wrong method and an unknown path", async () => {
    expect((await send(url, "/account", { method: "DELETE" })).headers.get("allow")).toBe("GET, HEAD");
    const nowhere = await fetch(`${url}/nowhere`);
    expect(nowhere.status).toBe(404);
    expect(nowhere.headers.get("content-type")).toBe("text/html; charset=utf-8");
  });
});

describe("task of another account", () => {
  it("returns 404 for every request", async () => {
    const id = await bob.add("Bob's own");
    expect((await ada.get(`/tasks/${id}`)).status).toBe(404);
    for (const [path, fields] of [
      [`/tasks/${id}`, { title: "Ada's" }],
      [`/tasks/${id}/completion`, { completed: "true" }],
      [`/tasks/${id}/deletion`, {}],
      ["/tasks/bulk", { ids: id, action: "delete" }],
    ] as [string, Record<string, string>][]) {
      expect([path, (await ada.post(path, fields)).status]).toEqual([path, 404]);
    }
    const still = (await (await send(url, `/api/tasks/${id}`, { headers: { cookie: bob.cookie } })).json()) as object;
    expect(still).toMatchObject({ title: "Bob's own", completed: false });
  });

  it("can't be restored by undo", async () => {
    const id = await bob.add("In Bob's trash");
    const deleted = await bob.post(`/tasks/${id}/deletion`, {}, htmx());
    const [path = ""] = /\/changes\/\d+\/undo/.exec(await deleted.text()) ?? [];
    expect((await ada.post(path, {})).status).toBe(404);
    expect((await bob.get(`/tasks/${id}`)).status).toBe(404);
    await bob.post(path, {});
    expect((await bob.get(`/tasks/${id}`)).status).toBe(200);
  });
});

describe("edit", () => {
  it("keeps the submitted text on a version conflict", async () => {
    const id = await ada.add("First");
    await ada.post(`/tasks/${id}`, { title: "Second", description: "", priority: "low", version: "1" });
    const stale = await ada.post(`/tasks/${id}`, {
      title: "My <words>",
      description: "",
      priority: "high",
      version: "1",
    });
    expect(stale.status).toBe(412);
    const html = await stale.text();
    expect(html).toContain("My &lt;words&gt;");
    expect(html).toContain('name="version" value="2"');
  });

  it("shows an error for each invalid field", async () => {
    const id = await ada.add("Right");
    const response = await ada.post(`/tasks/${id}`, {
      title: " ",
      description: "x".repeat(10_001),
      priority: "low",
      version: "1",
    });
    expect(response.status).toBe(422);
    const html = await response.text();
    expect(html).toContain("Title is required.");
    expect(html).toContain("at most 10000 characters");
  });
});

describe("request without a session", () => {
  it("is redirected to sign-in and back, for a page, a form and htmx", async () => {
    const next = (path: string) => `/login?next=${encodeURIComponent(path)}`;
    const page = await send(url, "/tasks?status=all");
    expect([page.status, page.headers.get("location")]).toEqual([303, next("/tasks?status=all")]);
    const form = await send(url, "/tasks/bulk", {
      method: "POST",
      body: new URLSearchParams({ a: "b" }),
      headers: { referer: `${url}/tasks?q=x` },
    });
    expect([form.status, form.headers.get("location")]).toEqual([303, next("/tasks?q=x")]);
    const fragment = await send(url, "/changes/1/undo", { method: "POST", headers: htmx("/tasks?sort=title") });
    expect([fragment.status, fragment.headers.get("hx-redirect")]).toEqual([401, next("/tasks?sort=title")]);
  });

  it.each([
    "//evil.example",
    "/\\evil.example",
    "https:evil",
    "https://evil.example/tasks",
    "javascript:alert(1)",
    "/.//evil.example",
  ])("is not redirected to another site: %s", async (next) => {
    const { person } = ada;
    const response = await send(url, `/login?next=${encodeURIComponent(next)}`, {
      method: "POST",
      body: new URLSearchParams({ username: person.username, password: person.password }),
    });
    const location = new URL(response.headers.get("location") ?? "", url);
    expect([response.status, location.origin, location.pathname.startsWith("//")]).toEqual([303, url, false]);
  });

  it("gets the same message for a wrong password and an unknown user", async () => {
    const attempt = (username: string) =>
      send(url, "/login", { method: "POST", body: new URLSearchParams({ username, password: "not the phrase" }) });
    const [wrong, unknown] = await Promise.all([attempt(ada.person.username), attempt("unknown-user")]);
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(await wrong.text()).toContain("Wrong username, email or password.");
    expect(await unknown.text()).toContain("Wrong username, email or password.");
  });
});

describe("page of an account that is no longer signed in", () => {
  it("redirects its requests, which have no effect", async () => {
    const { id } = (await (await send(url, "/api/me", { headers: { cookie: ada.cookie } })).json()) as { id: string };
    const add = (account: string) =>
      bob.post("/tasks", { title: "Ada's words" }, { ...htmx("/tasks"), "taskflow-account": account });
    const { status, headers } = await add(id);
    expect([status, headers.get("hx-redirect")]).toEqual([401, "/login?next=%2Ftasks"]);
    expect((await bob.get("/login?next=%2Ftasks")).headers.get("location")).toBe("/tasks");
    expect(await (await bob.get("/tasks")).text()).not.toContain("Ada's words");
  });
});

describe("list URL", () => {
  it.each(["status=bogus", "sort=id&order=sideways", "cursor=zzz", "priority=urgent", "q=%ff%00", "utm_source=mail"])(
    "tolerates invalid parameters: %s",
    async (query) => {
      const response = await ada.get(`/tasks?${query}`);
      expect([200, 303]).toContain(response.status);
    },
  );

  it("returns a whole page when htmx restores the history", async () => {
    const id = await ada.add("History");
    const part = await (await ada.get(`/tasks/${id}`, htmx())).text();
    expect(part).toStartWith("<section");
    const whole = await (await ada.get(`/tasks/${id}`, { ...htmx(), "hx-history-restore-request": "true" })).text();
    expect(whole).toStartWith("<!doctype html>");
  });
});
