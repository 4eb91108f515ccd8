import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { newCredentials, send } from "../support/client.ts";
import { startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);
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

  it("shows what was rejected over the list that it was sent from, also the second time", async () => {
    const person = await browserClient();
    const created = await send(url, "/api/projects", { json: { name: "Garden" }, headers: { cookie: person.cookie } });
    const { id } = (await created.json()) as { id: string };
    for (const [path, heading] of [
      [`/projects/${id}`, "Garden"],
      ["/today", "Today"],
    ] as const) {
      let referer = url + path;
      for (let time = 1; time <= 2; time++) {
        const page = time === 1 ? await (await person.get(path)).text() : "";
        const [, form = ""] = /id="add"[^>]* action="([^"]+)"/.exec(page) ?? [];
        const action = time === 1 ? form.replaceAll("&amp;", "&") : referer.slice(url.length);
        const rejected = await person.post(action, { title: "x".repeat(201) }, { referer });
        referer = url + action;
        const html = await rejected.text();
        expect([time, rejected.status, /<h1[^>]*>(?:<span.*?<\/span><span>)?([^<]+)/.exec(html)?.[1]]).toEqual([
          ...[time, 422, heading],
        ]);
      }
    }
    // The address of an open task says which list it was opened from.
    const task = await person.add("Dig");
    const opened = await person.get(`/tasks/${task}`, { referer: `${url}/projects/${id}` });
    const here = `/tasks/${task}?project=${id}`;
    expect([opened.status, opened.headers.get("location")]).toEqual([303, here]);
    const copied = await person.post(`/tasks/${task}/duplication`, {}, { referer: url + here });
    expect(copied.headers.get("location")).toEndWith(`?project=${id}`);
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

describe("form that is sent twice, as by a double click", () => {
  /** Returns the key of the forms on a page. */
  const keyOf = async (page: Response) => /name="key" value="([^"]+)"/.exec(await page.text())?.[1] ?? "";
  /** Sends a form twice at the same time, then once more. */
  async function thrice(send: () => Promise<Response>) {
    const answers = [...(await Promise.all([send(), send()])), await send()];
    return answers.map(({ status, headers }) => `${status} ${headers.get("location")}`);
  }
  const message = (response: Response) => {
    const [, value = ""] = /flash[^=]*=([^;]+)/.exec(response.headers.get("set-cookie") ?? "") ?? [];
    return JSON.parse(Buffer.from(value, "base64url").toString()) as [string, number?];
  };

  it("adds one task, and another one from the next page or with another title", async () => {
    const person = await browserClient();
    const titles = async () =>
      [...(await (await person.get("/tasks")).text()).matchAll(/class="task-title"[^>]*>([^<]+)/g)].map(
        ([, title]) => title,
      );
    // The second page comes from memory.
    const [key, same] = [await keyOf(await person.get("/tasks")), await keyOf(await person.get("/tasks"))];
    expect(same).toBe(key);
    expect(await thrice(() => person.post("/tasks", { title: "Milk", key }))).toEqual(Array(3).fill("303 /tasks"));
    expect(await titles()).toEqual(["Milk"]);
    await person.post("/tasks", { title: "Bread", key });
    expect(await titles()).toEqual(["Bread", "Milk"]);
    const next = await keyOf(await person.get("/tasks"));
    expect(next).not.toBe(key);
    await person.post("/tasks", { title: "Milk", key: next });
    expect(await titles()).toEqual(["Milk", "Bread", "Milk"]);
  });

  it("adds a task for each request of a script, which sends keys in the header", async () => {
    const person = await browserClient();
    const key = await keyOf(await person.get("/tasks"));
    const add = (headers: object) => person.post("/tasks", { title: "Milk", key }, { ...htmx(), ...headers });
    await add({});
    await add({});
    const header = { "idempotency-key": crypto.randomUUID() };
    const [first, second] = [await add(header), await add(header)];
    expect(second.headers.get("taskflow-change")).toBe(first.headers.get("taskflow-change"));
    expect((await (await person.get("/tasks")).text()).match(/class="task-title"[^>]*>[^<]/g)).toHaveLength(3);
  });

  it("completes and deletes a task once for a script's key, whatever happened since", async () => {
    const person = await browserClient();
    const id = await person.add("Milk");
    const header = () => ({ ...htmx(), "idempotency-key": crypto.randomUUID() });
    const [completion, deletion] = [header(), header()];
    const complete = () => person.post(`/tasks/${id}/completion`, { completed: "true" }, completion);
    const remove = () => person.post(`/tasks/${id}/deletion`, {}, deletion);
    await complete();
    await person.post(`/tasks/${id}/completion`, { completed: "false" }, htmx());
    const first = await remove();
    const undone = await person.post(`/changes/${first.headers.get("taskflow-change")}/undo`, {}, htmx());
    expect([(await complete()).status, (await remove()).status, undone.status]).toEqual([200, 200, 200]);
    const task = await (await person.get(`/api/tasks/${id}`)).json();
    expect(task).toMatchObject({ title: "Milk", completed: false });
  });

  it("signs up once, and gets a session each time", async () => {
    const newcomer = newCredentials();
    const key = await keyOf(await fetch(`${url}/register`));
    const register = (fields: object) =>
      send(url, "/register", { method: "POST", body: new URLSearchParams({ ...newcomer, key, ...fields }) });
    const answers = [...(await Promise.all([register({}), register({})])), await register({})];
    const cookies = answers.map(({ headers }) => headers.get("set-cookie")?.split(";")[0] ?? "");
    expect(answers.map(({ status, headers }) => `${status} ${headers.get("location")}`)).toEqual(
      Array(3).fill("303 /tasks"),
    );
    const session = (cookie: string) => JSON.parse(Buffer.from(cookie.split(".")[1] ?? "", "base64url").toString()).jti;
    expect(new Set(cookies.map(session)).size).toBe(1);
    const inPage = await send(url, "/register", {
      method: "POST",
      body: new URLSearchParams({ ...newcomer, key }),
      headers: htmx("/register"),
    });
    expect([inPage.status, inPage.headers.get("hx-redirect")]).toEqual([204, "/tasks"]);
    expect((await send(url, "/tasks", { headers: { cookie: cookies[0] ?? "" } })).status).toBe(200);
    // After signing out, Back leads to the same form.
    await send(url, "/logout", { method: "POST", headers: { cookie: cookies[0] ?? "" } });
    const [cookie = ""] = (await register({})).headers.get("set-cookie")?.split(";") ?? [];
    expect((await send(url, "/tasks", { headers: { cookie } })).status).toBe(200);
    const other = await register({ password: `${newcomer.password} or not` });
    expect(other.status).toBe(409);
    expect(await other.text()).toContain("This username is taken.");
    expect((await register({ key: await keyOf(await fetch(`${url}/register`)) })).status).toBe(409);
  });

  it("completes, saves, undoes, restores and deletes a task with the first response", async () => {
    const person = await browserClient();
    const id = await person.add("Milk");
    const page = `/tasks/${id}`;
    const twice = async (
      path: string,
      fields: () => Promise<Record<string, string>> | Record<string, string> = () => ({}),
    ) => {
      const form = await fields();
      const answers = [await person.post(path, form), await person.post(path, form)];
      expect(answers.map(({ status }) => status)).toEqual([303, 303]);
      const [first, second] = answers.map(message);
      expect(second).toEqual(first ?? [""]);
      return first ?? [""];
    };
    const key = async (path: string) => ({ key: await keyOf(await person.get(path)) });
    expect(await twice(`${page}/completion`, () => ({ completed: "true" }))).toEqual([
      "Completed: Milk",
      expect.any(Number),
    ]);
    const saved = await twice(page, async () => ({
      title: "Oat milk",
      description: "",
      priority: "low",
      version: "2",
      ...(await key(page)),
    }));
    expect(saved).toEqual(["Saved", expect.any(Number)]);
    expect(await twice(`/changes/${saved[1]}/undo`, () => key("/activity"))).toEqual(["Undone", expect.any(Number)]);
    expect(await twice(`${page}/deletion`)).toEqual(["Deleted: Milk", expect.any(Number)]);
    expect(await twice(`/trash/${id}/restoration`, () => key("/trash"))).toEqual([
      "Restored: Milk",
      expect.any(Number),
    ]);
    expect(await twice("/tasks/bulk", async () => ({ ids: id, action: "delete", ...(await key("/tasks")) }))).toEqual([
      "1 task deleted.",
      expect.any(Number),
    ]);
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

describe("whole list", () => {
  /** Creates an account with many tasks, some of which a search finds. */
  async function accountWith(count: number) {
    const person = await browserClient();
    for (let start = 0; start < count; start += 200) {
      const lines = Array.from({ length: Math.min(200, count - start) }, (_, index) => {
        const number = start + index;
        return `${number % 2 === 0 ? "Even" : "Odd"} ${number}`;
      });
      const { status } = await person.post("/tasks/lines", { lines: lines.join("\r\n") });
      expect(status).toBe(303);
    }
    const totals = async (query = "") => {
      const response = await person.get(`/api/tasks?limit=1${query}`);
      return ((await response.json()) as { totals: object }).totals;
    };
    const all = (list: string, action: string, more = {}) =>
      person.post("/tasks/bulk", { scope: "matching", list, action, ...more }, htmx(list));
    return { ...person, totals, all };
  }
  const undoIn = (html: string) => /\/changes\/\d+\/undo/.exec(html)?.[0] ?? "";

  it("is changed by one action, which counts what changed and which one undo takes back", async () => {
    const { all, post, get, totals } = await accountWith(120);
    const completed = await (await all("/tasks?q=even", "complete")).text();
    expect(completed).toContain("60 tasks completed.");
    expect(await totals("&q=even")).toEqual({ open: 0, completed: 60 });
    expect(await totals()).toEqual({ open: 60, completed: 60 });
    expect(await (await all("/tasks?status=all", "complete")).text()).toContain("60 tasks completed.");
    expect(await (await all("/tasks?status=all&q=1", "complete")).text()).toContain("No tasks changed.");
    const high = await all("/tasks?status=all&q=odd&sort=updatedAt&order=asc", "setPriority", { priority: "high" });
    expect(await high.text()).toContain("60 tasks changed.");
    expect(await totals("&priority=high")).toEqual({ open: 0, completed: 60 });
    expect((await post(undoIn(completed), {})).status).toBe(303);
    expect(await totals()).toEqual({ open: 60, completed: 60 });
    const page = await (await get("/tasks")).text();
    expect(page).toContain("Select all 60 that match");
    expect(await (await get("/tasks?q=odd%201&status=all")).text()).not.toContain("that match");
  });

  it("is changed only if the form names it", async () => {
    const { post, totals } = await accountWith(2);
    for (const list of ["", "https://elsewhere.example/tasks"])
      expect((await post("/tasks/bulk", { scope: "matching", action: "delete", list })).status).toBe(400);
    expect(await totals()).toEqual({ open: 2, completed: 0 });
  });

  it("lets other accounts write while it changes, and while that is undone", async () => {
    const [{ all, post }, other] = await Promise.all([accountWith(1200), browserClient()]);
    const finished: string[] = [];
    const both = async (work: Promise<Response>) => {
      const [response] = await Promise.all([
        work.finally(() => finished.push("list")),
        other.add("Meanwhile").finally(() => finished.push("other")),
      ]);
      return await response.text();
    };
    const html = await both(all("/tasks", "complete"));
    await both(post(undoIn(html), {}, htmx()));
    expect(finished).toEqual(["other", "list", "other", "list"]);
  });

  it("is restored by an undo in batches, as a whole or not at all", async () => {
    const { all, cookie, get, totals } = await accountWith(1200);
    const path = undoIn(await (await all("/tasks", "complete")).text());
    expect(await totals()).toEqual({ open: 0, completed: 1200 });
    const undo = () =>
      send(url, `/api${path}`, { method: "POST", headers: { cookie, "idempotency-key": '"one-undo-of-all"' } });
    const page = (await (await get("/api/tasks?limit=1")).json()) as { items: { id: string }[] };
    const patch = (completed: boolean) =>
      send(url, `/api/tasks/${page.items[0]?.id}`, { method: "PATCH", json: { completed }, headers: { cookie } });
    const newer = (await patch(false)).headers.get("taskflow-change");
    expect((await undo()).status).toBe(409);
    expect(await totals()).toEqual({ open: 1, completed: 1199 });
    await send(url, `/api/changes/${newer}/undo`, { method: "POST", headers: { cookie } });
    const first = await undo();
    expect([first.status, await first.json()]).toEqual([200, { affected: 1200 }]);
    expect(await totals()).toEqual({ open: 1200, completed: 0 });
    const repeated = await undo();
    expect([repeated.status, repeated.headers.get("taskflow-change")]).toEqual([
      200,
      first.headers.get("taskflow-change"),
    ]);
    const again = await send(url, `/api/changes/${first.headers.get("taskflow-change")}/undo`, {
      method: "POST",
      headers: { cookie },
    });
    expect(again.status).toBe(200);
    expect(await totals()).toEqual({ open: 0, completed: 1200 });
  });
});

describe("pasted lines", () => {
  it("become tasks in their order, as one action", async () => {
    const person = await browserClient();
    const lines = "- Bread\r\n\r\n  - [ ] Milk \r\nSalt";
    const added = await person.post("/tasks/lines", { lines }, htmx("/tasks?priority=high"));
    const html = await added.text();
    expect(html).toContain("3 tasks added.");
    const titles = async () => {
      const { items } = (await (await person.get("/api/tasks")).json()) as {
        items: { title: string; priority: string }[];
      };
      return items.map(({ title, priority }) => `${title} ${priority}`);
    };
    expect(await titles()).toEqual(["Bread high", "Milk high", "Salt high"]);
    await person.post(/\/changes\/\d+\/undo/.exec(html)?.[0] ?? "", {});
    expect(await titles()).toEqual([]);
  });

  it("keep the whole text of a line that is too long for a title", async () => {
    const person = await browserClient();
    const long = `${"word ".repeat(60)}end`;
    await person.post("/tasks/lines", { lines: `Short\n${long}` }, htmx("/tasks"));
    const { items } = (await (await person.get("/api/tasks")).json()) as {
      items: { title: string; description: string }[];
    };
    expect(items).toMatchObject([
      { title: "Short", description: "" },
      { title: expect.stringMatching(/^word word .*…$/), description: long },
    ]);
  });

  it.each([
    ["\n \n", "Paste at least one line."],
    ["Short\nRing\u0007", "be a title. Shorten the line"],
    [Array(201).fill("x").join("\n"), "You pasted 201 lines. At most 200 can be added at once."],
  ])("are rejected as a whole", async (lines, message) => {
    const response = await ada.post("/tasks/lines", { lines }, htmx());
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(message)]);
  });
});

describe("empty list", () => {
  it("links to what was found elsewhere", async () => {
    const { add, get, post } = await browserClient();
    for (const title of ["Buy milk", "Buy salt"]) await add(title);
    const page = async (path: string) => await (await get(path)).text();
    const { items } = JSON.parse(await page("/api/tasks?q=milk")) as { items: { id: string }[] };
    await post(`/tasks/${items[0]?.id}/completion`, { completed: "true" });
    const open = await page("/tasks?q=milk");
    expect(open).toContain("No open task matches “milk”.");
    expect(open).toContain('<a href="/completed?q=milk">1 completed match</a>');
    expect(await page("/completed?q=salt")).toContain('<a href="/tasks?q=salt">1 open match</a>');
    const high = await page("/tasks?q=buy&priority=high");
    expect(high).toContain("No open high-priority task matches “buy”.");
    expect(high).toContain('<a href="/tasks?status=all&q=buy">2 matches with another priority</a>');
    expect(await page("/completed?priority=none&q=salt")).toContain("1 open match");
    expect(await page("/tasks?q=nowhere")).toContain("Nothing matches “nowhere”.");
  });
});

describe("new task", () => {
  it("gets the priority that the list is filtered by, and is announced where it is hidden", async () => {
    const { cookie, get, post } = await browserClient();
    const form = await (await get("/tasks?priority=high&q=x")).text();
    expect(form.slice(form.indexOf('id="add-priority"'))).toMatch(/^[^>]*>\s*<option value="high" selected/);
    const added = await post("/tasks", { title: "Urgent" }, { referer: `${url}/tasks?priority=high` });
    expect(added.headers.get("set-cookie")).toBeNull();
    const hidden = await post("/tasks", { title: "Other" }, { referer: `${url}/tasks?q=x` });
    const flash = hidden.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect(await (await get("/tasks?q=x", { cookie: `${cookie}; ${flash}` })).text()).toContain(
      "hidden by your filter",
    );
    expect(await (await get("/api/tasks?priority=high")).text()).toContain("Urgent");
  });

  it("is sent with its place in the list", async () => {
    const { add, post } = await browserClient();
    const [alpha, , mango] = [await add("Alpha"), await add("Zulu"), await add("Mango")];
    const placed = async (title: string, path: string, fields = {}) => {
      const html = await (await post("/tasks", { title, ...fields }, htmx(path))).text();
      return /hx-swap-oob="([^"]*)"><li/.exec(html)?.[1];
    };
    expect(await placed("Beta", "/tasks?sort=title")).toBe(`beforebegin:#task-${mango}`);
    expect(await placed("Zz", "/tasks?sort=title")).toStartWith("beforeend:#results #task-list");
    expect(await placed("Aardvark", "/tasks?sort=title")).toBe(`beforebegin:#task-${alpha}`);
    expect(await placed("Last", "/tasks?order=asc")).toStartWith("beforeend:#results #task-list");
    expect(await placed("First", "/tasks")).toBe("afterbegin:#task-list");
    expect(await placed("Top", "/tasks?sort=priority", { priority: "high" })).toStartWith("beforebegin:#task-");
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
    expect(await offers()).toEqual(["Undo all: Deleted 2 tasks"]);
    const [path = ""] = /\/changes\/\d+\/undo/.exec(await (await person.get("/activity")).text()) ?? [];
    const undone = await person.post(path, {}, { referer: `${url}/activity?task=${id}` });
    expect([undone.status, undone.headers.get("location")]).toEqual([303, `/activity?task=${id}`]);
    expect(await offers()).toEqual([
      "Undo all: Restored 2 tasks",
      "Undo: Added Other",
      "Undo: Completed Three",
      "Undo: Changed Three",
    ]);
  });

  it("says between which projects a task was moved", async () => {
    const person = await browserClient();
    const id = await person.add("Dig");
    const api = (method: string, path: string, json: object) =>
      send(url, path, { method, json, headers: { cookie: person.cookie } });
    const { id: projectId } = (await (await api("POST", "/api/projects", { name: "Garden" })).json()) as { id: string };
    await api("PATCH", `/api/tasks/${id}`, { projectId });
    expect(await (await person.get("/activity")).text()).toContain("project Inbox → Garden");
  });

  it("links to the trash for a deleted task", async () => {
    const id = await ada.add("Gone");
    await ada.post(`/tasks/${id}/deletion`, {});
    const html = await (await ada.get(`/activity?task=${id}`)).text();
    expect(html).toContain('class="quiet-link" href="/trash"');
  });
});

describe("completed page", () => {
  it("has each completion of a repeating task, until it is undone", async () => {
    const person = await browserClient();
    const api = (method: string, path: string, json?: object) =>
      send(url, path, { method, json, headers: { cookie: person.cookie } });
    const task = { title: "Water the plants", dueDate: "2026-05-03", repeat: "FREQ=DAILY" };
    const { id } = (await (await api("POST", "/api/tasks", task)).json()) as { id: string };
    const other = await person.add("Once");
    const changes: string[] = [];
    for (const each of [id, other, id]) {
      const done = await api("PATCH", `/api/tasks/${each}`, { completed: true });
      changes.push(done.headers.get("taskflow-change") ?? "");
    }
    const titles = async (query = "") => {
      const html = await (await person.get(`/completed${query}`)).text();
      return [...html.matchAll(/class="task-title"[^>]*>([^<]+)/g)].map(([, title]) => title);
    };
    const [repeated, once] = ["Water the plants", "Once"];
    expect(await titles()).toEqual([repeated, once, repeated]);
    expect(await titles("?q=water")).toEqual([]);
    await api("POST", `/api/changes/${changes[2]}/undo`);
    expect(await titles()).toEqual([once, repeated]);
    await api("DELETE", `/api/tasks/${id}`);
    expect(await titles()).toEqual([once]);
  });
});

describe("printed list", () => {
  it("has the sections of a project, and the levels of its subtasks", async () => {
    const person = await browserClient();
    const api = async (path: string, json: object) =>
      (await (await send(url, path, { json, headers: { cookie: person.cookie } })).json()) as { id: string };
    const project = await api("/api/projects", { name: "Garden" });
    const section = await api(`/api/projects/${project.id}/sections`, { name: "In spring" });
    await api("/api/tasks", { title: "Plan", projectId: project.id });
    const parent = await api("/api/tasks", { title: "Plant", sectionId: section.id });
    await api("/api/tasks", { title: "Dig", parentId: parent.id });
    const html = await (await person.get(`/tasks/print?project=${project.id}`)).text();
    const printed = html
      .slice(html.indexOf('class="printed-list"'))
      .matchAll(/data-level="(\d)"|<(?:h2|p class="printed-title") [^>]*>([^<]+)/g);
    expect([...printed].map(([, level, text]) => level ?? text)).toEqual(["Plan", "In spring", "Plant", "1", "Dig"]);
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
  it("shows both versions of a conflict, and overwrites only the one that it has shown", async () => {
    const id = await ada.add("First");
    await ada.post(`/tasks/${id}`, { title: "Second", description: "", priority: "low", version: "1" });
    const mine = { title: "My <words>", description: "", priority: "high", version: "1" };
    const save = (more = {}) => ada.post(`/tasks/${id}`, { ...mine, ...more });
    const stale = await save();
    expect(stale.status).toBe(412);
    const html = await stale.text();
    expect(html).toContain('name="title" rows="1"');
    const [, versions = ""] = /aria-label="Both versions">(.*?)<\/section>/s.exec(html) ?? [];
    const texts = versions
      .replace(/<[^>]+>/g, "|")
      .split("|")
      .filter((text) => text.trim());
    expect(texts).toEqual([
      "Title",
      "Yours",
      "My &lt;words&gt;",
      "Theirs",
      "Second",
      "Priority",
      "Yours",
      "High",
      "Theirs",
      "Low",
    ]);
    expect(html).toContain('name="overwrite" value="2"');
    expect(html).toMatch(new RegExp(`href="/tasks/${id}" data-use-theirs`));
    // Enter saves without the button.
    expect((await save()).status).toBe(412);
    await ada.post(`/tasks/${id}`, { title: "Third", version: "2" });
    expect((await save({ overwrite: "2" })).status).toBe(412);
    expect((await save({ overwrite: "3" })).status).toBe(303);
    const { title } = (await (await ada.get(`/api/tasks/${id}`)).json()) as { title: string };
    expect(title).toBe("My <words>");
  });

  it("is no conflict if both have saved the same", async () => {
    const id = await ada.add("First");
    const fields = { title: "Second", description: "", priority: "low", version: "1" };
    expect((await ada.post(`/tasks/${id}`, fields)).status).toBe(303);
    expect((await ada.post(`/tasks/${id}`, fields)).status).toBe(303);
  });

  it("does not forget a conflict when a field is invalid as well", async () => {
    const id = await ada.add("First");
    await ada.post(`/tasks/${id}`, { title: "Second", version: "1" });
    const invalid = await ada.post(`/tasks/${id}`, { title: "", version: "1" });
    expect([invalid.status, await invalid.text()]).toEqual([422, expect.stringContaining('name="version" value="1"')]);
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
