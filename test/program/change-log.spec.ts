import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { eq, lt } from "drizzle-orm";
import { signUp } from "../support/client.ts";
import { addComment, editComment } from "../support/comments.ts";
import { follow, has } from "../support/events.ts";
import { openServices } from "../support/members.ts";
import { startProgram } from "../support/program.ts";
import { createProject } from "../support/projects.ts";
import {
  changesOf,
  changing,
  createTask,
  deleteTask,
  patchTask,
  readTask,
  restoreTask,
  undo,
} from "../support/tasks.ts";

setDefaultTimeout(120_000);

const program = await startProgram();
const { db, close } = await openServices(program.dataDir);
afterAll(async () => {
  await close();
  await program[Symbol.asyncDispose]();
});
const { changes } = db.schema;

/** A long text of numbered lines, with some of them replaced. */
const longText = (replaced: Record<number, string> = {}) =>
  Array.from({ length: 300 }, (_, line) => replaced[line] ?? `Line ${line} of the long notes 🚀`).join("\n");

/** Returns how many characters the log stores for an item. */
async function storedSize(entityId: string): Promise<number> {
  const rows = await db.read.select().from(changes).where(eq(changes.entityId, entityId));
  return rows.reduce((size, { before, after }) => size + JSON.stringify([before, after]).length, 0);
}

describe("long texts in the change log", () => {
  it("are stored as what a change replaced, and shown as a whole", async () => {
    const ada = await signUp(program.url);
    const task = await createTask(ada, { title: "Notes", description: longText() });
    const created = await storedSize(task.id);
    const texts = [longText()];
    for (let edit = 0; edit < 20; edit++) {
      const text = longText({ [edit * 10]: `Edited ${edit} 😀`, [edit * 10 + 1]: edit % 2 ? "" : "😁 next" });
      await changing(patchTask(ada, task, { description: text, priority: edit % 2 ? "low" : "high" }));
      texts.push(text);
    }
    // Each edit differs from the one before in a few lines that are close together.
    expect((await storedSize(task.id)) - created).toBeLessThan(20 * 1500);
    const history = (await changesOf(ada, `?task=${task.id}`)).toReversed();
    expect(history.map(({ after }) => after?.description)).toEqual(texts);
    expect(history.slice(1).map(({ before }) => before?.description)).toEqual(texts.slice(0, -1));
    expect(await changesOf(ada, `?task=${task.id}&before=${history[5]?.id}&limit=2`)).toEqual(
      history.slice(3, 5).reverse(),
    );
  });

  it("are restored by undo, also when other changes came after, in a live stream, and after a move", async () => {
    const ada = await signUp(program.url);
    const project = await createProject(ada, "Launch");
    const task = await createTask(ada, { title: "Notes", description: longText() });
    await using feed = await follow(ada);
    const edited = await changing(patchTask(ada, task, { description: longText({ 7: "Seven" }) }));
    await feed.until(has(edited));
    const event = feed.events.map(({ data }) => JSON.parse(data)).find(({ id }) => id === edited);
    expect(event).toMatchObject({
      before: { description: longText() },
      after: { description: longText({ 7: "Seven" }) },
    });
    // A move and an edit at once are the same change in both projects.
    const moved = await changing(
      patchTask(ada, task, { projectId: project.id, description: longText({ 7: "Seven", 8: "Eight" }) }),
    );
    await changing(deleteTask(ada, task));
    await changing(restoreTask(ada, task));
    for (const change of await changesOf(ada, `?task=${task.id}`))
      if (change.actionId === moved)
        expect(change.before).toMatchObject({ description: longText({ 7: "Seven" }), projectId: task.projectId });
    const undone = await changing(undo(ada, moved));
    expect(await readTask(ada, task)).toMatchObject({ description: longText({ 7: "Seven" }) });
    await changing(undo(ada, edited));
    expect(await readTask(ada, task)).toMatchObject({ description: longText() });
    expect((await undo(ada, undone)).status).toBe(409);
  });

  it("are kept like this for comments, too", async () => {
    const ada = await signUp(program.url);
    const task = await createTask(ada, "Ship");
    const comment = await addComment(ada, task, longText());
    const created = await storedSize(comment.id);
    const edited = await changing(editComment(ada, comment, longText({ 150: "Changed" })));
    expect((await storedSize(comment.id)) - created).toBeLessThan(500);
    await changing(undo(ada, edited));
    expect(await (await ada.send(`/api/comments/${comment.id}`)).json()).toMatchObject({ text: longText() });
  });
});

describe("old changes", () => {
  /** Starts a program that keeps changes for 30 days, with an account. */
  async function keeping30Days() {
    const own = await startProgram({ CHANGE_LOG_DAYS: "30" });
    const { db, services, actorOf, close } = await openServices(own.dataDir, { changeLogDays: 30 });
    return {
      ada: await signUp(own.url),
      services,
      actorOf,
      /** Makes all changes before one of them 31 days old. */
      age: (to: number) =>
        db.write(async (tx) => {
          await tx
            .update(changes)
            .set({ at: new Date(Date.now() - 31 * 86_400_000) })
            .where(lt(changes.id, to));
        }),
      async [Symbol.asyncDispose]() {
        await close();
        await own[Symbol.asyncDispose]();
      },
    };
  }

  it("are removed, and can't be undone any more; newer ones can", async () => {
    await using own = await keeping30Days();
    const { ada, services, actorOf, age } = own;
    const task = await createTask(ada, { title: "One", description: longText() });
    const old = await changing(patchTask(ada, task, { description: longText({ 3: "Three" }) }));
    const oldest = await changing(patchTask(ada, task, { title: "Two" }));
    const recent = await changing(patchTask(ada, task, { description: longText({ 3: "Three", 5: "Five" }) }));
    await age(recent);
    const { position } = (await actorOf(ada)).access;
    expect(await services.changes.prune()).toBeGreaterThan(2);
    expect((await actorOf(ada)).access.position).toBe(position);
    // The newest of the old ones stays as a mark, without undo.
    expect((await changesOf(ada)).map(({ id }) => id)).toEqual([recent, oldest]);
    for (const change of [old, oldest]) expect((await undo(ada, change)).status).toBe(404);
    const offered = await services.changes.undoable(await actorOf(ada), (await changesOf(ada)) as never);
    expect([...offered]).toEqual([recent]);
    await changing(undo(ada, recent));
    expect(await readTask(ada, task)).toMatchObject({ title: "Two", description: longText({ 3: "Three" }) });
    expect(await services.changes.prune()).toBe(0);
  });

  it("make a client reload that was connected before them, and no other", async () => {
    await using own = await keeping30Days();
    const { ada, services, age } = own;
    const task = await createTask(ada, "One");
    const known = await changing(patchTask(ada, task, { title: "Two" }));
    for (const title of ["Three", "Four"]) await changing(patchTask(ada, task, { title }));
    const seen = await changing(patchTask(ada, task, { title: "Five" }));
    await age(seen);
    await services.changes.prune();
    await using outdated = await follow(ada, { lastEventId: String(known) });
    await outdated.until(({ events }) => events.length > 0);
    expect(outdated.events[0]).toMatchObject({ event: "reload" });
    await using current = await follow(ada, { lastEventId: String(seen) });
    const next = await changing(patchTask(ada, task, { title: "Six" }));
    await current.until(has(next));
    expect(current.events.map(({ event }) => event)).toEqual(["change"]);
  });
});
