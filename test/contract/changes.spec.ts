import { describe, expect, it } from "bun:test";
import { signIn, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import {
  bulk,
  type Change,
  changeOf,
  changesOf,
  changing,
  createTask,
  createTasks,
  deleteTask,
  inBrowser,
  type Page,
  patchTask,
  restoreTask,
  undo,
} from "../support/tasks.ts";

const url = await contractUrl();
/** An account without tasks. */
const reader = await signUp(url);
const userId = async (person: { send(path: string): Promise<Response> }) =>
  ((await (await person.send("/api/me")).json()) as { id: string }).id;

const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe("change", () => {
  it("records the time, actor, client, entity, verb, and the values before and after", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Call Marta", description: "Soon", priority: "high" });
    const [newest] = await changesOf(ada);
    const id = newest?.id ?? 0;
    expect(newest).toEqual({
      id: expect.any(Number),
      projectId: await userId(ada),
      at: timestamp,
      actorId: await userId(ada),
      through: "token",
      entity: "task",
      entityId: task.id,
      verb: "create",
      before: null,
      after: {
        projectId: await userId(ada),
        title: "Call Marta",
        description: "Soon",
        priority: "high",
        labels: [],
        ...{ dueDate: null, dueTime: null, timeZone: null, startDate: null },
        ...{ repeat: null, repeatFrom: "dueDate", lastCompletedAt: null, assigneeId: null },
        ...{ parentId: null, sectionId: null, position: expect.any(String) },
        completed: false,
        completedAt: null,
        deletedAt: null,
      },
      actionId: id,
      undoes: null,
    });
    expect(id).toBeGreaterThan(0);
  });

  it.each([
    ["title", { title: "After" }, "update", { title: "Before" }, { title: "After" }],
    ["description", { description: "b\nc" }, "update", { description: "a" }, { description: "b\nc" }],
    ["priority", { priority: "high" }, "update", { priority: "none" }, { priority: "high" }],
    [
      "completion",
      { completed: true },
      "complete",
      { completed: false, completedAt: null },
      { completed: true, completedAt: timestamp },
    ],
    [
      "title and completion at once",
      { title: "After", completed: true, priority: "none" },
      "update",
      { title: "Before", completed: false, completedAt: null },
      { title: "After", completed: true, completedAt: timestamp },
    ],
  ])("contains only the fields that changed: %s", async (_, patch, verb, before, after) => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Before", description: "a" });
    const id = await changing(patchTask(ada, task, patch));
    const [newest] = await changesOf(ada);
    expect(newest).toMatchObject({ id, verb, entityId: task.id, actionId: id });
    expect(newest?.before).toEqual(before);
    expect(newest?.after).toEqual(after);
  });

  it("is recorded for replacing, reopening, deleting and restoring", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Draft", completed: true, priority: "low" });
    const reopened = await changing(patchTask(ada, task, { completed: false }));
    const replaced = await changing(ada.send(`/api/tasks/${task.id}`, { method: "PUT", json: { title: "Final" } }));
    const deleted = await changing(deleteTask(ada, task));
    const restored = await changing(restoreTask(ada, task));
    const [restore, del, replace, reopen] = await changesOf(ada);
    expect(reopen).toMatchObject({ id: reopened, verb: "reopen", after: { completed: false, completedAt: null } });
    expect(reopen?.before).toEqual({ completed: true, completedAt: task.completedAt });
    expect(replace).toMatchObject({ id: replaced, verb: "update" });
    expect(replace?.before).toEqual({ title: "Draft", priority: "low" });
    expect(replace?.after).toEqual({ title: "Final", priority: "none" });
    expect(del).toMatchObject({
      id: deleted,
      verb: "delete",
      before: { deletedAt: null },
      after: { deletedAt: timestamp },
    });
    expect(restore).toMatchObject({ id: restored, verb: "restore", before: del?.after, after: { deletedAt: null } });
  });

  it("is recorded for each task that a bulk action changed, under one action", async () => {
    const ada = await signUp(url);
    const [one, two, three] = await createTasks(ada, 3);
    if (!one || !two || !three) throw new Error("expected three tasks");
    await patchTask(ada, two, { priority: "high" });
    const action = await changing(bulk(ada, [one, two, three], "setPriority", { priority: "high" }));
    const changes = (await changesOf(ada)).filter(({ actionId }) => actionId === action);
    expect(changes.map(({ entityId }) => entityId).sort()).toEqual([one.id, three.id].sort());
    expect(Math.min(...changes.map(({ id }) => id))).toBe(action);
    expect(changes.map(({ verb, before, after, undoes }) => ({ verb, before, after, undoes }))).toEqual(
      Array(2).fill({ verb: "update", before: { priority: "none" }, after: { priority: "high" }, undoes: null }),
    );
    expect(new Set(changes.map(({ at }) => at)).size).toBe(1);
    for (const [bulkAction, verb] of [
      ["complete", "complete"],
      ["reopen", "reopen"],
      ["delete", "delete"],
    ] as const) {
      const id = await changing(bulk(ada, [one, two], bulkAction));
      const verbs = (await changesOf(ada)).filter(({ actionId }) => actionId === id).map((change) => change.verb);
      expect(verbs).toEqual([verb, verb]);
    }
  });

  it("references the change that it undoes", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, "Task");
    const edit = await changing(patchTask(ada, task, { title: "Edited" }));
    const undone = await changing(undo(ada, edit));
    const [newest] = await changesOf(ada);
    expect(newest).toMatchObject({ id: undone, verb: "update", undoes: edit, actionId: undone });
    expect(newest).toMatchObject({ before: { title: "Edited" }, after: { title: "Task" } });
  });

  it("distinguishes a browser from a token, and is recorded for signing in and out", async () => {
    const ada = await signUp(url);
    const browser = await inBrowser(url, ada);
    await createTask(browser, "By cookie");
    await browser.send("/tasks", { method: "POST", body: new URLSearchParams({ title: "By form" }) });
    await browser.send("/logout", { method: "POST" });
    const second = await signIn(url, ada);
    await ada.send("/api/logout", { method: "POST", headers: { authorization: `Bearer ${second}` } });
    const [account] = await changesOf(ada, "?limit=1");
    const history = (await changesOf(ada)).toReversed();
    expect(history.map(({ entity, verb, through }) => `${entity} ${verb} ${through}`)).toEqual([
      "account register token",
      "account signIn token",
      "account signIn browser",
      "task create browser",
      "task create browser",
      "account signOut browser",
      "account signIn token",
      "account signOut token",
    ]);
    const id = await userId(ada);
    expect(account).toMatchObject({ entityId: id, actorId: id, before: null, after: null });
  });
});

describe("request without effect", () => {
  it("records no change: rejected, not found, of another account, or nothing to change", async () => {
    const [ada, bob] = await Promise.all([signUp(url), signUp(url)]);
    const task = await createTask(ada, "Same");
    const before = [await changesOf(ada), await changesOf(bob)];
    const answers = [
      await ada.send("/api/tasks", { json: { title: "" } }),
      await patchTask(ada, task, { priority: "urgent" }),
      await patchTask(ada, task, { title: " Same " }),
      await ada.send(`/api/tasks/${task.id}`, { method: "PUT", json: { title: "Same" } }),
      await ada.send(`/api/tasks/${task.id}`, { method: "DELETE", headers: { "if-match": '"77"' } }),
      await bulk(ada, [task], "reopen"),
      await bulk(ada, [task, { id: crypto.randomUUID() }], "complete"),
      await bulk(ada, [task], "setPriority", { priority: "none" }),
      await restoreTask(ada, task),
      await patchTask(bob, task, { title: "Mine now" }),
      await deleteTask(bob, task),
      await bulk(bob, [task], "delete"),
      await ada.send("/api/login", { json: { username: ada.username, password: "wrong in any case" } }),
      await ada.send("/api/register", { json: { username: ada.username, email: ada.email, password: ada.password } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([
      422, 422, 200, 200, 412, 200, 404, 200, 404, 404, 404, 404, 401, 409,
    ]);
    expect(answers.map(changeOf)).toEqual(answers.map(() => undefined));
    expect([await changesOf(ada), await changesOf(bob)]).toEqual(before);
  });
});

describe("change list", () => {
  it("is sorted newest first and has no gaps or duplicates between pages while changes are added", async () => {
    const ada = await signUp(url);
    await createTasks(ada, 11);
    const all = (await changesOf(ada)).map(({ id }) => id);
    expect(all).toEqual(all.toSorted((a, b) => b - a));
    expect(all).toHaveLength(13);
    const paged: number[] = [];
    let before: number | null = null;
    do {
      const answer = await ada.send(`/api/changes?limit=4${before === null ? "" : `&before=${before}`}`);
      const { items, nextBefore } = (await answer.json()) as Page<Change> & { nextBefore: number | null };
      paged.push(...items.map(({ id }) => id));
      before = nextBefore;
      await createTask(ada, "One more");
    } while (before !== null);
    expect(paged).toEqual(all);
  });

  it("can be filtered by task", async () => {
    const ada = await signUp(url);
    const [one, two] = await createTasks(ada, 2);
    if (!one || !two) throw new Error("expected two tasks");
    await bulk(ada, [one, two], "complete");
    await deleteTask(ada, one);
    const history = await changesOf(ada, `?task=${one.id}`);
    expect(history.map(({ verb }) => verb)).toEqual(["delete", "complete", "create"]);
    expect(new Set(history.map(({ entityId }) => entityId))).toEqual(new Set([one.id]));
    for (const id of [crypto.randomUUID(), "nonsense"])
      expect((await ada.send(`/api/changes?task=${id}`)).status).toBe(404);
  });

  it("excludes changes of other accounts", async () => {
    const [ada, bob] = await Promise.all([signUp(url), signUp(url)]);
    const task = await createTask(ada, "Ada's");
    expect((await bob.send(`/api/changes?task=${task.id}`)).status).toBe(404);
    expect((await changesOf(bob)).map(({ verb }) => verb)).toEqual(["signIn", "register"]);
    const [last] = await changesOf(ada);
    expect(await changesOf(bob, `?before=${(last?.id ?? 0) + 1}`)).toHaveLength(2);
  });

  it("returns 401 without a session", async () => {
    expect((await fetch(`${url}/api/changes`)).status).toBe(401);
  });

  it.each(["limit=0", "limit=201", "limit=x", "before=0", "before=-1", "before=1.5", "task=", "task=%00", "after=3"])(
    "rejects an invalid query: %s",
    async (query) => {
      const response = await reader.send(`/api/changes?${query}`);
      expect(response.status).toBe(422);
      const { errors } = (await response.json()) as { errors: { path: string }[] };
      expect(errors.map(({ path }) => path)).toEqual([`/${query.split("=")[0]}`]);
    },
  );

  it("accepts the largest safe integer", async () => {
    expect(await changesOf(reader, `?before=${Number.MAX_SAFE_INTEGER}`)).toHaveLength(2);
  });

  it.each(["task=%00", "task=nonsense", "before=x", "before=-1", `before=${"9".repeat(30)}`])(
    "is rendered as a page for any query: %s",
    async (query) => {
      const response = await reader.send(`/activity?${query}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toStartWith("text/html");
    },
  );
});
