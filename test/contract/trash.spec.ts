import { describe, expect, it } from "bun:test";
import { signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import {
  bulk,
  changeOf,
  changing,
  createTask,
  createTasks,
  deleteTask,
  patchTask,
  readTask,
  restoreTask,
  type Task,
  trashOf,
} from "../support/tasks.ts";

const url = await contractUrl();
const reader = await signUp(url);

describe("deleted task", () => {
  it("is only in the trash, unchanged, with its deletion time", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Plan", description: "Long", priority: "high", completed: true });
    await deleteTask(ada, task);
    const { items, nextCursor } = await trashOf(ada);
    expect(items).toEqual([{ ...task, updatedAt: expect.any(String), deletedAt: expect.any(String) }]);
    expect(Date.parse(items[0]?.deletedAt ?? "")).toBeGreaterThanOrEqual(Date.parse(task.createdAt));
    expect(nextCursor).toBeNull();
    expect(await readTask(ada, task)).toBeUndefined();
    expect(await (await ada.send("/api/tasks?q=plan")).json()).toMatchObject({
      items: [],
      totals: { open: 0, completed: 0 },
    });
    expect((await patchTask(ada, task, { title: "Back" })).status).toBe(404);
    expect((await bulk(ada, [task], "complete")).status).toBe(404);
  });

  it("is restored unchanged and can be edited and deleted again", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Plan", description: "Long", priority: "high", completed: true });
    await deleteTask(ada, task);
    const answer = await restoreTask(ada, task);
    expect(answer.status).toBe(200);
    const restored = (await answer.json()) as Task;
    expect(restored).toEqual({ ...task, updatedAt: expect.any(String) });
    expect(await readTask(ada, task)).toEqual(restored);
    expect((await trashOf(ada)).items).toEqual([]);
    const saved = await ada.send(`/api/tasks/${task.id}`, {
      method: "PATCH",
      json: { title: "Plan B" },
      headers: { "if-match": answer.headers.get("etag") ?? "" },
    });
    expect(saved.status).toBe(200);
    await changing(deleteTask(ada, task));
    expect((await trashOf(ada)).items).toMatchObject([{ id: task.id, title: "Plan B" }]);
  });

  it("is restored once by concurrent requests", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, "Plan");
    await deleteTask(ada, task);
    const answers = await Promise.all(Array.from({ length: 10 }, () => restoreTask(ada, task)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(404)]);
    expect(answers.filter((answer) => changeOf(answer) !== undefined)).toHaveLength(1);
  });

  it("is visible only to its owner", async () => {
    const [ada, bob] = await Promise.all([signUp(url), signUp(url)]);
    const task = await createTask(ada, "Ada's");
    await deleteTask(ada, task);
    expect((await trashOf(bob)).items).toEqual([]);
    expect((await restoreTask(bob, task)).status).toBe(404);
    expect((await fetch(`${url}/api/trash`)).status).toBe(401);
    expect((await fetch(`${url}/api/trash/${task.id}/restore`, { method: "POST" })).status).toBe(401);
    expect((await trashOf(ada)).items).toHaveLength(1);
  });
});

describe("trash", () => {
  it("is sorted by deletion time, newest first", async () => {
    const ada = await signUp(url);
    const [one, two, three] = await createTasks(ada, 3);
    if (!one || !two || !three) throw new Error("expected three tasks");
    for (const task of [two, three, one]) await deleteTask(ada, task);
    const { items } = await trashOf(ada);
    const times = items.map(({ deletedAt }) => deletedAt);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(new Set(items.map(({ id }) => id))).toEqual(new Set([one.id, two.id, three.id]));
  });

  it("has no gaps between pages of tasks deleted at the same time while one is restored", async () => {
    const ada = await signUp(url);
    const tasks = await createTasks(ada, 11);
    await bulk(ada, tasks, "delete");
    expect(new Set((await trashOf(ada)).items.map(({ deletedAt }) => deletedAt)).size).toBe(1);
    const seen: string[] = [];
    let cursor: string | null = "";
    do {
      const page = await trashOf(ada, `?limit=4${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      if (seen.length === 0) await restoreTask(ada, page.items[0] ?? { id: "" });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toHaveLength(11);
    expect(new Set(seen)).toEqual(new Set(tasks.map(({ id }) => id)));
  });

  const cursorOf = (text: string) => `cursor=${Buffer.from(text).toString("base64url")}`;
  const id = crypto.randomUUID();

  it.each([
    ["a limit of text", "limit=x"],
    ["a limit of 0", "limit=0"],
    ["a limit over 200", "limit=201"],
    ["an unknown parameter", "sort=title"],
    ["a made-up cursor", "cursor=nonsense"],
    ["an empty cursor", "cursor="],
    ["a cursor without an ID", cursorOf("2026-01-01T00:00:00.000Z nope")],
    ["a cursor without a time", cursorOf(`yesterday ${id}`)],
  ])("rejects an invalid query: %s", async (_, query) => {
    const response = await reader.send(`/api/trash?${query}`);
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path)).toEqual([`/${query.split("=")[0]}`]);
  });

  it.each(["+275760-09-13T00:00:00.000Z", "-271821-04-20T00:00:00.000Z", "-000001-01-01T00:00:00.000Z"])(
    "handles a cursor with an extreme date: %s",
    async (time) => {
      const response = await reader.send(`/api/trash?${cursorOf(`${time} ${id}`)}`);
      expect([200, 422]).toContain(response.status);
    },
  );

  it.each(["nope", "0".repeat(2000)])("returns 404 for an unknown ID: %s", async (id) => {
    expect((await restoreTask(reader, { id })).status).toBe(404);
  });

  it("returns 404 for a task that is not deleted", async () => {
    const task = await createTask(reader, "Here");
    expect((await restoreTask(reader, task)).status).toBe(404);
    expect(await readTask(reader, task)).toEqual(task);
  });
});
