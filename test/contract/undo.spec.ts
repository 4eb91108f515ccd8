import { describe, expect, it } from "bun:test";
import { type Client, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import {
  bulk,
  changeOf,
  changesOf,
  changing,
  createTask,
  deleteTask,
  patchTask,
  readTask,
  restoreTask,
  type Task,
  trashOf,
  undo,
} from "../support/tasks.ts";

const url = await contractUrl();
const person = await signUp(url);

/** Returns the fields that an action can change. */
const editable = (task: Task | undefined) =>
  task && {
    title: task.title,
    description: task.description,
    priority: task.priority,
    completed: task.completed,
    completedAt: task.completedAt,
  };

const draft = { title: "Draft", description: "One\r\nline", priority: "low" };

const ACTIONS: Record<string, (client: Client, task: Task) => Promise<Response>> = {
  "an edit of the title": (client, task) => patchTask(client, task, { title: "Final" }),
  "an edit of every field": (client, task) =>
    patchTask(client, task, { title: "Final", description: "", priority: "high", completed: true }),
  "a replacement": (client, { id }) => client.send(`/api/tasks/${id}`, { method: "PUT", json: { title: "Final" } }),
  "a completion": (client, task) => patchTask(client, task, { completed: true }),
  "a deletion": deleteTask,
  "a bulk completion": (client, task) => bulk(client, [task], "complete"),
  "a bulk deletion": (client, task) => bulk(client, [task], "delete"),
  "a bulk priority": (client, task) => bulk(client, [task], "setPriority", { priority: "high" }),
};

describe("undo", () => {
  it.each(Object.entries(ACTIONS))("reverts, redoes and reverts again: %s", async (_, act) => {
    const task = await createTask(person, draft);
    const done = await changing(act(person, task));
    const after = editable(await readTask(person, task));
    expect(after).not.toEqual(editable(task));
    const answer = await undo(person, done);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ affected: 1 });
    expect(editable(await readTask(person, task))).toEqual(editable(task));
    const redone = await changing(undo(person, changeOf(answer) ?? 0));
    expect(editable(await readTask(person, task))).toEqual(after);
    await changing(undo(person, redone));
    expect(editable(await readTask(person, task))).toEqual(editable(task));
  });

  it("restores the completion time", async () => {
    const task = await createTask(person, { ...draft, completed: true });
    const reopened = await changing(patchTask(person, task, { completed: false }));
    await changing(undo(person, reopened));
    expect((await readTask(person, task))?.completedAt).toBe(task.completedAt);
  });

  it("moves a created task to the trash, and its own undo restores it", async () => {
    const ada = await signUp(url);
    const answer = await ada.send("/api/tasks", { json: draft });
    const task = (await answer.json()) as Task;
    const undone = await changing(undo(ada, changeOf(answer) ?? 0));
    expect(await readTask(ada, task)).toBeUndefined();
    expect((await trashOf(ada)).items.map(({ id }) => id)).toEqual([task.id]);
    await changing(undo(ada, undone));
    expect(editable(await readTask(ada, task))).toEqual(editable(task));
    expect((await trashOf(ada)).items).toEqual([]);
  });

  it("reverts an action again after it was redone", async () => {
    const task = await createTask(person, draft);
    for (const [act, there] of [
      [() => patchTask(person, task, { completed: true }), draft.title],
      [() => deleteTask(person, task), undefined],
    ] as const) {
      const done = await changing(act());
      const undone = await changing(undo(person, done));
      await changing(undo(person, undone));
      expect((await readTask(person, task))?.title).toBe(there as string);
      await changing(undo(person, done));
      expect(await readTask(person, task)).toMatchObject({ title: draft.title, completed: false });
    }
  });

  it("moves a restored task back to the trash with a new deletion time", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, draft);
    await deleteTask(ada, task);
    const { items } = await trashOf(ada);
    const restored = await changing(restoreTask(ada, task));
    await changing(undo(ada, restored));
    const [again] = (await trashOf(ada)).items;
    expect(again?.id).toBe(task.id);
    expect(Date.parse(again?.deletedAt ?? "")).toBeGreaterThan(Date.parse(items[0]?.deletedAt ?? ""));
  });

  it("gives the task a new ETag", async () => {
    const task = await createTask(person, draft);
    const edited = await patchTask(person, task, { title: "Final" });
    await undo(person, changeOf(edited) ?? 0);
    const late = await person.send(`/api/tasks/${task.id}`, {
      method: "PATCH",
      json: { title: "Late" },
      headers: { "if-match": edited.headers.get("etag") ?? "" },
    });
    expect(late.status).toBe(412);
  });

  it("keeps newer changes of other fields", async () => {
    const task = await createTask(person, draft);
    const renamed = await changing(patchTask(person, task, { title: "Final" }));
    await patchTask(person, task, { description: "Newer", completed: true });
    await changing(undo(person, renamed));
    expect(await readTask(person, task)).toMatchObject({ title: "Draft", description: "Newer", completed: true });
  });

  it("updates the search index", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Zebra", description: "Stripes" });
    const edited = await changing(patchTask(ada, task, { title: "Horse", description: "Plain" }));
    await changing(undo(ada, edited));
    for (const [q, found] of [
      ["zebra stripes", 1],
      ["horse", 0],
    ] as const) {
      const { items } = (await (await ada.send(`/api/tasks?q=${q}`)).json()) as { items: Task[] };
      expect(items).toHaveLength(found);
    }
  });
});

describe("undo of a bulk action", () => {
  it("reverts and redoes 200 different tasks at once, through any of its changes", async () => {
    const ada = await signUp(url);
    const tasks = await Promise.all(
      Array.from({ length: 200 }, (_, number) =>
        createTask(ada, {
          title: `Task ${number}`,
          priority: ["low", "medium", "high"][number % 3],
          completed: number % 2 === 0,
        }),
      ),
    );
    const all = async () => {
      const { items } = (await (await ada.send("/api/tasks?limit=200&sort=createdAt")).json()) as { items: Task[] };
      return new Map(items.map((task) => [task.id, editable(task)]));
    };
    const before = await all();
    for (const [action, more, touched] of [
      ["setPriority", { priority: "high" }, 134],
      ["complete", {}, 100],
      ["reopen", {}, 100],
      ["delete", {}, 200],
    ] as const) {
      const done = await changing(bulk(ada, tasks, action, more));
      const after = await all();
      expect(after).not.toEqual(before);
      const changes = (await changesOf(ada, "?limit=200")).filter(({ actionId }) => actionId === done);
      expect(changes).toHaveLength(touched);
      const answer = await undo(ada, changes[touched >> 1]?.id ?? 0);
      expect(await answer.json()).toEqual({ affected: touched });
      expect(await all()).toEqual(before);
      const redone = await changing(undo(ada, changeOf(answer) ?? 0));
      expect(await all()).toEqual(after);
      await changing(undo(ada, redone));
      expect(await all()).toEqual(before);
    }
  });

  it("reverts nothing if one task has newer changes", async () => {
    const tasks = [await createTask(person, "One"), await createTask(person, "Two")] as const;
    const done = await changing(bulk(person, tasks, "complete"));
    await patchTask(person, tasks[1], { completed: false });
    const now = await Promise.all(tasks.map((task) => readTask(person, task)));
    const refused = await undo(person, done);
    expect(refused.status).toBe(409);
    expect(((await refused.json()) as { detail: string }).detail).toContain("“Two”");
    expect(await Promise.all(tasks.map((task) => readTask(person, task)))).toEqual(now);
  });
});

describe("undo with newer changes", () => {
  it.each([
    ["a newer title", (task: Task) => patchTask(person, task, { title: "Newer" }), "title"],
    ["a deletion", (task: Task) => deleteTask(person, task), "trash"],
  ])("returns 409 and names the cause: %s", async (_, change, cause) => {
    const task = await createTask(person, draft);
    const edited = await changing(patchTask(person, task, { title: "Final" }));
    await changing(change(task));
    const [now, history] = [await readTask(person, task), await changesOf(person, `?task=${task.id}`)];
    const refused = await undo(person, edited);
    expect(refused.status).toBe(409);
    expect(changeOf(refused)).toBeUndefined();
    expect(refused.headers.get("content-type")).toStartWith("application/problem+json");
    expect(((await refused.json()) as { detail: string }).detail).toContain(cause);
    expect(await readTask(person, task)).toEqual(now);
    expect(await changesOf(person, `?task=${task.id}`)).toEqual(history);
  });

  it("returns 409 for a creation if the task was edited", async () => {
    const answer = await person.send("/api/tasks", { json: draft });
    const task = (await answer.json()) as Task;
    await patchTask(person, task, { completed: true });
    expect((await undo(person, changeOf(answer) ?? 0)).status).toBe(409);
    expect(await readTask(person, task)).toMatchObject({ title: "Draft", completed: true });
  });

  it("returns 409 for a deletion if the task was restored", async () => {
    const task = await createTask(person, draft);
    const deleted = await changing(deleteTask(person, task));
    await restoreTask(person, task);
    expect((await undo(person, deleted)).status).toBe(409);
    expect(await readTask(person, task)).toBeDefined();
  });

  it("returns 409 if the same title was set again", async () => {
    const task = await createTask(person, draft);
    const edited = await changing(patchTask(person, task, { title: "Final" }));
    await patchTask(person, task, { title: "Other" });
    await patchTask(person, task, { title: "Final" });
    expect((await undo(person, edited)).status).toBe(409);
    expect((await readTask(person, task))?.title).toBe("Final");
  });

  it("succeeds if the newer changes were undone", async () => {
    const task = await createTask(person, draft);
    const edited = await changing(patchTask(person, task, { title: "Final" }));
    const newer = await changing(patchTask(person, task, { title: "Newer" }));
    await changing(undo(person, await changing(undo(person, await changing(undo(person, newer))))));
    await changing(undo(person, edited));
    expect((await readTask(person, task))?.title).toBe("Draft");
  });

  it("reports that the task was deleted again", async () => {
    const task = await createTask(person, draft);
    const deleted = await changing(deleteTask(person, task));
    await restoreTask(person, task);
    await deleteTask(person, task);
    const refused = await undo(person, deleted);
    expect(refused.status).toBe(409);
    expect(((await refused.json()) as { detail: string }).detail).toContain("deleted again");
  });

  it("succeeds for one of several concurrent requests", async () => {
    const task = await createTask(person, draft);
    const edited = await changing(patchTask(person, task, { title: "Final" }));
    const answers = await Promise.all(Array.from({ length: 10 }, () => undo(person, edited)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(409)]);
    const again = await undo(person, edited);
    expect(((await again.json()) as { detail: string }).detail).toContain("already");
    expect((await changesOf(person, `?task=${task.id}`)).filter(({ undoes }) => undoes === edited)).toHaveLength(1);
  });
});

describe("undo request", () => {
  it("returns 409 for changes of the account itself", async () => {
    const ada = await signUp(url);
    for (const { id } of await changesOf(ada)) expect((await undo(ada, id)).status).toBe(409);
  });

  it("returns 404 for a change of another account", async () => {
    const [ada, bob] = await Promise.all([signUp(url), signUp(url)]);
    const task = await createTask(ada, draft);
    const edited = await changing(patchTask(ada, task, { title: "Final" }));
    expect((await undo(bob, edited)).status).toBe(404);
    expect((await fetch(`${url}/api/changes/${edited}/undo`, { method: "POST" })).status).toBe(401);
    expect((await readTask(ada, task))?.title).toBe("Final");
  });

  it.each(["0", "-1", "1.5", "1e3", "nope", "999999999999999", "9223372036854775808", "9".repeat(400)])(
    "returns 404 for an unknown change: %s",
    async (id) => {
      expect((await undo(person, id)).status).toBe(404);
    },
  );
});
