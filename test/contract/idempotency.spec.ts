import { describe, expect, it } from "bun:test";
import { newCredentials, send, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import {
  bulk,
  changeOf,
  changesOf,
  changing,
  createTask,
  createTasks,
  deleteTask,
  patchTask,
  readTask,
  type Sender,
  type Task,
} from "../support/tasks.ts";

const url = await contractUrl();
const person = await signUp(url);

const withKey = (key: string, json?: object) => ({ method: "POST", json, headers: { "idempotency-key": key } });
const post = (sender: Sender, path: string, key: string, json?: object) => sender.send(path, withKey(key, json));

/** Returns the parts of a response that a retry must reproduce. */
async function summarize(response: Response) {
  const { headers, status } = response;
  return {
    status,
    change: changeOf(response),
    etag: headers.get("etag"),
    location: headers.get("location"),
    body: await response.json(),
  };
}

describe("retry with the same Idempotency-Key", () => {
  it("creates one task and returns the first response, even after the task has changed", async () => {
    const ada = await signUp(url);
    const key = crypto.randomUUID();
    const first = await summarize(await post(ada, "/api/tasks", key, { title: "Once" }));
    expect(first).toMatchObject({ status: 201, body: { title: "Once" }, change: expect.any(Number) });
    const task = first.body as Task;
    await patchTask(ada, task, { title: "Changed" });
    expect(await summarize(await post(ada, "/api/tasks", key, { title: "Once" }))).toEqual(first);
    await deleteTask(ada, task);
    expect(await summarize(await post(ada, "/api/tasks", key, { title: "Once" }))).toEqual(first);
    const verbs = (await changesOf(ada, `?task=${task.id}`)).map(({ verb }) => verb);
    expect(verbs).toEqual(["delete", "update", "create"]);
  });

  it("creates one task and returns the same response for twenty concurrent requests", async () => {
    const ada = await signUp(url);
    const key = crypto.randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => summarize(await post(ada, "/api/tasks", key, { title: "Once" }))),
    );
    expect(answers).toEqual(Array(20).fill(answers[0]));
    expect(answers[0]?.status).toBe(201);
    const { items } = (await (await ada.send("/api/tasks")).json()) as { items: Task[] };
    expect(items.map(({ id }) => id)).toEqual(answers.slice(0, 1).map(({ body }) => (body as Task).id));
  });

  it("runs a bulk action once", async () => {
    const [task, other] = [await createTask(person, "One"), await createTask(person, "Two")];
    const [key, json] = [crypto.randomUUID(), { ids: [task.id, other.id], action: "complete" }];
    const first = await summarize(await post(person, "/api/tasks/bulk", key, json));
    expect(first).toMatchObject({ status: 200, body: { affected: 2 } });
    await patchTask(person, task, { completed: false });
    expect(await summarize(await post(person, "/api/tasks/bulk", key, json))).toEqual(first);
    expect((await readTask(person, task))?.completed).toBe(false);
  });

  it("undoes once and returns no conflict", async () => {
    const task = await createTask(person, "Before");
    const edit = await changing(patchTask(person, task, { title: "After" }));
    const key = crypto.randomUUID();
    const first = await summarize(await post(person, `/api/changes/${edit}/undo`, key));
    expect(first).toMatchObject({ status: 200, body: { affected: 1 } });
    expect(await summarize(await post(person, `/api/changes/${edit}/undo`, key))).toEqual(first);
    expect((await changesOf(person, `?task=${task.id}`)).map(({ verb }) => verb)).toEqual([
      "update",
      "update",
      "create",
    ]);
  });

  it("restores once", async () => {
    const task = await createTask(person, "Back");
    await deleteTask(person, task);
    const key = crypto.randomUUID();
    const first = await summarize(await post(person, `/api/trash/${task.id}/restore`, key));
    expect(first).toMatchObject({ status: 200, body: { id: task.id } });
    expect(await summarize(await post(person, `/api/trash/${task.id}/restore`, key))).toEqual(first);
    await deleteTask(person, task);
    expect(await summarize(await post(person, `/api/trash/${task.id}/restore`, key))).toEqual(first);
    expect(await readTask(person, task)).toBeUndefined();
  });

  it("creates one account and does not report the username as taken", async () => {
    const newcomer = newCredentials();
    const key = crypto.randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 4 }, async () => summarize(await send(url, "/api/register", withKey(key, newcomer)))),
    );
    expect(answers[0]).toMatchObject({ status: 201, body: { username: newcomer.username } });
    expect(answers).toEqual(Array(4).fill(answers[0]));
    expect((await send(url, "/api/register", { json: newcomer })).status).toBe(409);
  });

  it("is rejected for a registration with another password", async () => {
    const [key, newcomer] = [crypto.randomUUID(), newCredentials()];
    expect((await send(url, "/api/register", withKey(key, newcomer))).status).toBe(201);
    const other = { ...newcomer, password: `${newcomer.password} or not` };
    expect((await send(url, "/api/register", withKey(key, other))).status).toBe(422);
  });

  it("creates two accounts if two users choose the same key", async () => {
    const key = crypto.randomUUID();
    for (const newcomer of [newCredentials(), newCredentials()])
      expect((await send(url, "/api/register", withKey(key, newcomer))).status).toBe(201);
  });

  it("creates one session, and only with the right password", async () => {
    const { username, password } = await signUp(url);
    const key = crypto.randomUUID();
    const signIn = (phrase: string) =>
      send(url, "/api/login", withKey(key, { username, password: phrase })).then(async (response) => ({
        status: response.status,
        token: ((await response.json()) as { accessToken?: string }).accessToken ?? "",
      }));
    const [first, second] = [await signIn(password), await signIn(password)];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(await signIn("not the password")).toEqual({ status: 401, token: "" });
    const as = (token: string): Sender => ({
      send: (path, options = {}) => send(url, path, { ...options, headers: { authorization: `Bearer ${token}` } }),
    });
    const verbs = (await changesOf(as(second.token))).map(({ verb }) => verb);
    expect(verbs).toEqual(["signIn", "signIn", "register"]);
    await as(first.token).send("/api/logout", { method: "POST" });
    expect((await as(second.token).send("/api/me")).status).toBe(401);
  });
});

describe("Idempotency-Key", () => {
  it("is rejected with another body, method or path, without effect", async () => {
    const ada = await signUp(url);
    const tasks = await createTasks(ada, 2);
    const key = crypto.randomUUID();
    expect((await post(ada, "/api/tasks", key, { title: "First" })).status).toBe(201);
    const before = await changesOf(ada);
    for (const answer of [
      await post(ada, "/api/tasks", key, { title: "Second" }),
      await post(ada, "/api/tasks", key, { title: "First", priority: "high" }),
      await post(ada, "/api/tasks/bulk", key, { ids: tasks.map(({ id }) => id), action: "delete" }),
      await post(ada, `/api/changes/${before[0]?.id}/undo`, key),
    ]) {
      expect(answer.status).toBe(422);
      expect(((await answer.json()) as { detail: string }).detail).toContain("Idempotency-Key");
    }
    expect(await changesOf(ada)).toEqual(before);
  });

  it("is separate for each account", async () => {
    const [ada, bob] = await Promise.all([signUp(url), signUp(url)]);
    const key = crypto.randomUUID();
    const mine = (await (await post(ada, "/api/tasks", key, { title: "Same" })).json()) as Task;
    const answer = await post(bob, "/api/tasks", key, { title: "Same" });
    expect(answer.status).toBe(201);
    const theirs = (await answer.json()) as Task;
    expect(theirs.id).not.toBe(mine.id);
    expect(await readTask(ada, theirs)).toBeUndefined();
    expect((await post(bob, "/api/tasks", key, { title: "Other" })).status).toBe(422);
  });

  it("can be used again after a failed request", async () => {
    const [created, done] = [crypto.randomUUID(), crypto.randomUUID()];
    expect((await post(person, "/api/tasks", created, { title: "" })).status).toBe(422);
    expect((await post(person, "/api/tasks", created, { title: "Right" })).status).toBe(201);
    const task = await createTask(person, "One");
    const bulkOf = (...ids: string[]) => post(person, "/api/tasks/bulk", done, { ids, action: "complete" });
    expect((await bulkOf(task.id, crypto.randomUUID())).status).toBe(404);
    expect((await bulkOf(task.id)).status).toBe(200);
    expect((await readTask(person, task))?.completed).toBe(true);
    const deleted = crypto.randomUUID();
    expect((await post(person, `/api/trash/${task.id}/restore`, deleted)).status).toBe(404);
    await bulk(person, [task], "delete");
    expect((await post(person, `/api/trash/${task.id}/restore`, deleted)).status).toBe(200);
  });

  it.each([
    ["empty", ""],
    ["too long", "x".repeat(256)],
    ["two words", "two words"],
    ["not ASCII", "clé"],
  ])("is rejected without effect if it is %s", async (_, key) => {
    const before = await changesOf(person, "?limit=1");
    for (const [path, json] of [
      ["/api/tasks", { title: `Never ${key.length}` }],
      ["/api/register", newCredentials()],
    ] as const) {
      const response = await post(person, path, key, json);
      expect(response.status).toBe(422);
      expect(((await response.json()) as { detail: string }).detail).toContain("Idempotency-Key");
    }
    expect(before).toHaveLength(1);
    const { items } = (await (await person.send("/api/tasks?q=never")).json()) as { items: Task[] };
    expect(items).toEqual([]);
  });

  it("may be any 255 printable characters", async () => {
    const key = `'";--%00\\${"~".repeat(246)}`;
    const first = await summarize(await post(person, "/api/tasks", key, { title: "Odd key" }));
    expect(first.status).toBe(201);
    expect(await summarize(await post(person, "/api/tasks", key, { title: "Odd key" }))).toEqual(first);
  });
});
