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

/** All of a task that an action can change. */
const face = (task: Task | undefined) =>
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
  "an edit of everything": (client, task) =>
    patchTask(client, task, { title: "Final", description: "", priority: "high", completed: true }),
  "a replacement": (client, { id }) => client.send(`/api/tasks/${id}`, { method: "PUT", json: { title: "Final" } }),
  "a tick": (client, task) => patchTask(client, task, { completed: true }),
  "a deletion": deleteTask,
  "a bulk tick": (client, task) => bulk(client, [task], "complete"),
  "a bulk deletion": (client, task) => bulk(client, [task], "delete"),
  "a bulk priority": (client, task) => bulk(client, [task], "setPriority", { priority: "high" }),
};

describe("undo", () => {
  it.each(Object.entries(ACTIONS))("takes back, brings again and takes back once more: %s", async (_, act) => {
    const task = await createTask(person, draft);
    const done = await changing(act(person, task));
    const after = face(await readTask(person, task));
    expect(after).not.toEqual(face(task));
    const answer = await undo(person, done);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ affected: 1 });
    expect(face(await readTask(person, task))).toEqual(face(task));
    const redone = await changing(undo(person, changeOf(answer) ?? 0));
    expect(face(await readTask(person, task))).toEqual(after);
    await changing(undo(person, redone));
    expect(face(await readTask(person, task))).toEqual(face(task));
  });

  it("opens again what was done, with the moment at which it was", async () => {
    const task = await createTask(person, { ...draft, completed: true });
    const reopened = await changing(patchTask(person, task, { completed: false }));
    await changing(undo(person, reopened));
    expect((await readTask(person, task))?.completedAt).toBe(task.completedAt);
  });

  it("of adding puts the task into the trash, and of that brings it back", async () => {
    const ada = await signUp(url);
    const answer = await ada.send("/api/tasks", { json: draft });
    const task = (await answer.json()) as Task;
    const undone = await changing(undo(ada, changeOf(answer) ?? 0));
    expect(await readTask(ada, task)).toBeUndefined();
    expect((await trashOf(ada)).items.map(({ id }) => id)).toEqual([task.id]);
    await changing(undo(ada, undone));
    expect(face(await readTask(ada, task))).toEqual(face(task));
    expect((await trashOf(ada)).items).toEqual([]);
  });

  it("of what was done once more takes that back too, whatever was done", async () => {
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

  it("of a restoration puts the task back into the trash, for its whole time", async () => {
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

  it("gives the task a new version, so that who saw the old one notices", async () => {
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

  it("leaves alone what the action did not touch, however new", async () => {
    const task = await createTask(person, draft);
    const renamed = await changing(patchTask(person, task, { title: "Final" }));
    await patchTask(person, task, { description: "Newer", completed: true });
    await changing(undo(person, renamed));
    expect(await readTask(person, task)).toMatchObject({ title: "Draft", description: "Newer", completed: true });
  });

  it("makes a task found again by the words it had", async () => {
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
  it("takes back all of 200 mixed tasks at once, by any of its changes, and brings them again", async () => {
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
      return new Map(items.map((task) => [task.id, face(task)]));
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

  it("takes back nothing when one of them is newer", async () => {
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

describe("an undo that would overwrite something newer", () => {
  it.each([
    ["a newer title", (task: Task) => patchTask(person, task, { title: "Newer" }), "title"],
    ["a deletion", (task: Task) => deleteTask(person, task), "trash"],
  ])("is refused with a word about what: %s", async (_, meanwhile, word) => {
    const task = await createTask(person, draft);
    const edited = await changing(patchTask(person, task, { title: "Final" }));
    await changing(meanwhile(task));
    const [now, story] = [await readTask(person, task), await changesOf(person, `?task=${task.id}`)];
    const refused = await undo(person, edited);
    expect(refused.status).toBe(409);
    expect(changeOf(refused)).toBeUndefined();
    expect(refused.headers.get("content-type")).toStartWith("application/problem+json");
    expect(((await refused.json()) as { detail: string }).detail).toContain(word);
    expect(await readTask(person, task)).toEqual(now);
    expect(await changesOf(person, `?task=${task.id}`)).toEqual(story);
  });

  it("is refused for adding once the task was worked on", async () => {
    const answer = await person.send("/api/tasks", { json: draft });
    const task = (await answer.json()) as Task;
    await patchTask(person, task, { completed: true });
    expect((await undo(person, changeOf(answer) ?? 0)).status).toBe(409);
    expect(await readTask(person, task)).toMatchObject({ title: "Draft", completed: true });
  });

  it("is refused for a deletion once the task was restored", async () => {
    const task = await createTask(person, draft);
    const deleted = await changing(deleteTask(person, task));
    await restoreTask(person, task);
    expect((await undo(person, deleted)).status).toBe(409);
    expect(await readTask(person, task)).toBeDefined();
  });

  it("is refused once the same title was given again on purpose", async () => {
    const task = await createTask(person, draft);
    const edited = await changing(patchTask(person, task, { title: "Final" }));
    await patchTask(person, task, { title: "Other" });
    await patchTask(person, task, { title: "Final" });
    expect((await undo(person, edited)).status).toBe(409);
    expect((await readTask(person, task))?.title).toBe("Final");
  });

  it("is not refused for what came between and was taken back", async () => {
    const task = await createTask(person, draft);
    const edited = await changing(patchTask(person, task, { title: "Final" }));
    const newer = await changing(patchTask(person, task, { title: "Newer" }));
    await changing(undo(person, await changing(undo(person, await changing(undo(person, newer))))));
    await changing(undo(person, edited));
    expect((await readTask(person, task))?.title).toBe("Draft");
  });

  it("says of a task in the trash that it was deleted again", async () => {
    const task = await createTask(person, draft);
    const deleted = await changing(deleteTask(person, task));
    await restoreTask(person, task);
    await deleteTask(person, task);
    const refused = await undo(person, deleted);
    expect(refused.status).toBe(409);
    expect(((await refused.json()) as { detail: string }).detail).toContain("deleted again");
  });

  it("is refused the second time, also of many at once", async () => {
    const task = await createTask(person, draft);
    const edited = await changing(patchTask(person, task, { title: "Final" }));
    const answers = await Promise.all(Array.from({ length: 10 }, () => undo(person, edited)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(409)]);
    const again = await undo(person, edited);
    expect(((await again.json()) as { detail: string }).detail).toContain("already");
    expect((await changesOf(person, `?task=${task.id}`)).filter(({ undoes }) => undoes === edited)).toHaveLength(1);
  });
});

describe("what can't be undone", () => {
  it("is what happened to the account", async () => {
    const ada = await signUp(url);
    for (const { id } of await changesOf(ada)) expect((await undo(ada, id)).status).toBe(409);
  });

  it("is somebody else's", async () => {
    const [ada, bob] = await Promise.all([signUp(url), signUp(url)]);
    const task = await createTask(ada, draft);
    const edited = await changing(patchTask(ada, task, { title: "Final" }));
    expect((await undo(bob, edited)).status).toBe(404);
    expect((await fetch(`${url}/api/changes/${edited}/undo`, { method: "POST" })).status).toBe(401);
    expect((await readTask(ada, task))?.title).toBe("Final");
  });

  it.each(["0", "-1", "1.5", "1e3", "nope", "999999999999999", "9223372036854775808", "9".repeat(400)])(
    "never was: %s",
    async (id) => {
      expect((await undo(person, id)).status).toBe(404);
    },
  );
});
