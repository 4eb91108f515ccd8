import { afterAll, expect, it, setDefaultTimeout } from "bun:test";
import { eq } from "drizzle-orm";
import { type Client, signUp } from "../support/client.ts";
import { addComment, deleteComment, editComment, textsOf } from "../support/comments.ts";
import { idOf, openServices } from "../support/members.ts";
import { startProgram } from "../support/program.ts";
import { createProject } from "../support/projects.ts";
import { changesOf, changing, createTask, deleteTask, patchTask, undo } from "../support/tasks.ts";

setDefaultTimeout(60_000);

const program = await startProgram();
const { db, services, actorOf, setRole, close } = await openServices(program.dataDir);
afterAll(async () => {
  await close();
  await program[Symbol.asyncDispose]();
});
const { comments, tasks, changes } = db.schema;

/** Returns an owner, an editor and a viewer of a project with a task. */
async function shared() {
  const people = await Promise.all([signUp(program.url), signUp(program.url), signUp(program.url)]);
  const [ada, bob, eve] = people as [Client, Client, Client];
  const project = await createProject(ada, "Launch");
  await setRole(ada, project, bob, "editor");
  await setRole(ada, project, eve, "viewer");
  const task = await createTask(ada, { title: "Ship", projectId: project.id });
  return { ada, bob, eve, project, task };
}

it("is edited only by its author, and deleted also by an owner", async () => {
  const { ada, bob, eve, task } = await shared();
  const [hers, his] = [await addComment(ada, task, "Hers"), await addComment(bob, task, "His")];
  expect(await textsOf(eve, task)).toEqual(["Hers", "His"]);
  for (const response of [
    await eve.send(`/api/tasks/${task.id}/comments`, { json: { text: "Let me" } }),
    await editComment(eve, his, "Mine"),
    await editComment(ada, his, "Mine"),
    await editComment(bob, hers, "Mine"),
    await deleteComment(bob, hers),
    await deleteComment(eve, his),
  ])
    expect(response.status).toBe(403);
  // An undo changes nothing that its actor may not change.
  const edited = await changing(editComment(bob, his, "His own"));
  expect((await undo(ada, edited)).status).toBe(403);
  expect(await textsOf(ada, task)).toEqual(["Hers", "His own"]);
  const deleted = await changing(deleteComment(ada, his));
  expect(await textsOf(bob, task)).toEqual(["Hers"]);
  expect((await undo(bob, deleted)).status).toBe(403);
  await changing(undo(ada, deleted));
  const withdrawn = await changing(deleteComment(bob, his));
  expect((await undo(ada, withdrawn)).status).toBe(403);
  await changing(undo(bob, withdrawn));
  expect(await textsOf(ada, task)).toEqual(["Hers", "His own"]);
  const offered = await services.changes.undoable(await actorOf(ada), (await changesOf(ada, "?limit=200")) as never);
  expect(offered.has(edited)).toBe(false);
});

it("is no longer changed by an author who has become a viewer", async () => {
  const { ada, bob, project, task } = await shared();
  const his = await addComment(bob, task, "His");
  await setRole(ada, project, bob, "viewer");
  expect([(await editComment(bob, his, "Mine")).status, (await deleteComment(bob, his)).status]).toEqual([403, 403]);
});

it("is removed with its task after 30 days in the trash, with all changes, also after a move", async () => {
  const { ada, bob, task, project } = await shared();
  const comment = await addComment(bob, task, "Gone soon");
  const kept = await createTask(ada, "Kept");
  await addComment(ada, kept, "Stays");
  await changing(patchTask(ada, task, { projectId: await idOf(ada) }));
  await changing(deleteTask(ada, task));
  const before = (await actorOf(bob)).access.position;
  await db.write(async (tx) => {
    await tx
      .update(tasks)
      .set({ deletedAt: new Date(2001, 0) })
      .where(eq(tasks.id, task.id));
  });
  await services.changes.purgeTrash();
  expect(await db.read.$count(comments, eq(comments.id, comment.id))).toBe(0);
  expect(await db.read.$count(changes, eq(changes.entityId, comment.id))).toBe(0);
  expect(await textsOf(ada, kept)).toEqual(["Stays"]);
  // What was cached for a member of the project that it was in is outdated.
  expect((await actorOf(bob)).access.position).not.toBe(before);
  expect(project.id).not.toBe(kept.projectId);
});

it("keeps at most 1,000 comments for a task", async () => {
  const { ada, task } = await shared();
  const now = new Date();
  const authorId = await idOf(ada);
  await db.write(async (tx) => {
    for (let number = 0; number < 1000; number++)
      await tx.insert(comments).values({
        ...{ projectId: task.projectId, id: Bun.randomUUIDv7(), taskId: task.id, authorId, text: "One more" },
        ...{ version: 1, createdAt: now, updatedAt: now },
      });
    await tx.update(tasks).set({ commentCount: 1000 }).where(eq(tasks.id, task.id));
  });
  expect((await ada.send(`/api/tasks/${task.id}/comments`, { json: { text: "Too many" } })).status).toBe(409);
});
