import { describe, expect, it } from "bun:test";
import { signUp } from "../support/client.ts";
import { addComment, type Comment, deleteComment, editComment, textsOf } from "../support/comments.ts";
import { contractUrl } from "../support/contract.ts";
import { follow, has } from "../support/events.ts";
import { createProject } from "../support/projects.ts";
import {
  changesOf,
  changing,
  createTask,
  deleteTask,
  patchTask,
  readTask,
  restoreTask,
  type Task,
  undo,
} from "../support/tasks.ts";

const url = await contractUrl();
const [ada, bob] = await Promise.all([signUp(url), signUp(url)]);

describe("a comment", () => {
  it("has an author, a time, a Location and an ETag", async () => {
    const task = await createTask(ada, "Ship");
    const response = await ada.send(`/api/tasks/${task.id}/comments`, {
      json: { text: "  Looks good.\n\n- or not \n" },
    });
    expect(response.status).toBe(201);
    const comment = (await response.json()) as Comment;
    expect(comment).toEqual({
      id: expect.any(String),
      projectId: task.projectId,
      taskId: task.id,
      authorId: task.projectId, // the Inbox has the id of the account
      author: ada.username,
      text: "Looks good.\n\n- or not",
      createdAt: expect.any(String),
      editedAt: null,
    });
    expect(response.headers.get("location")).toEndWith(`/api/comments/${comment.id}`);
    const read = await ada.send(`/api/comments/${comment.id}`);
    expect(await read.json()).toEqual(comment);
    expect(read.headers.get("etag")).toBe(response.headers.get("etag") ?? "");
  });

  it.each([
    ["nothing", {}, "required"],
    ["only white space", { text: " \n\u200B" }, "required"],
    ["10,001 characters", { text: "x".repeat(10_001) }, "maxLength"],
    ["NUL", { text: "a\0b" }, "characters"],
  ])("needs a text: %s", async (_, json, rule) => {
    const task = await createTask(ada, "Ship");
    const comment = await addComment(ada, task, "Fine");
    for (const response of [
      await ada.send(`/api/tasks/${task.id}/comments`, { json }),
      await ada.send(`/api/comments/${comment.id}`, { method: "PATCH", json }),
    ]) {
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({ errors: [{ path: "/text", rule }] });
    }
    expect(await textsOf(ada, task)).toEqual(["Fine"]);
  });

  it("is counted by its task, whose ETag says so, and whose version stays", async () => {
    const task = await createTask(ada, "Ship");
    const read = async (headers = {}) => ada.send(`/api/tasks/${task.id}`, { headers });
    const before = (await read()).headers.get("etag") ?? "";
    const comment = await addComment(ada, task, "One");
    await addComment(ada, task, "Two");
    const changed = await read({ "if-none-match": before });
    expect([changed.status, await changed.json()]).toEqual([200, { ...task, commentCount: 2 }]);
    const deleted = await changing(deleteComment(ada, comment));
    expect(await readTask(ada, task)).toMatchObject({ commentCount: 1 });
    await changing(undo(ada, deleted));
    const project = await createProject(ada, "Elsewhere");
    for (const etag of [before, changed.headers.get("etag") ?? ""]) {
      const headers = { "if-match": etag };
      const patched = await ada.send(`/api/tasks/${task.id}`, {
        ...{ method: "PATCH", headers, json: { projectId: project.id } },
      });
      expect([etag, patched.status]).toEqual([etag, 200]);
    }
    const list = await ada.send(`/api/tasks?project=${project.id}`);
    expect(await list.json()).toMatchObject({ items: [{ id: task.id, commentCount: 2 }] });
    expect((await ada.send(`/api/tasks/${task.id}/duplicate`, { method: "POST" })).status).toBe(201);
    const both = (await (await ada.send(`/api/tasks?project=${project.id}`)).json()) as { items: Task[] };
    expect(both.items.map(({ commentCount }) => commentCount)).toEqual([2, 0]);
  });

  it("can be edited and deleted, unless it has changed since, and both can be undone", async () => {
    const task = await createTask(ada, "Ship");
    const comment = await addComment(ada, task, "One");
    const edited = await editComment(ada, comment, "Two", { "if-match": '"1"' });
    expect(edited.status).toBe(200);
    expect(await edited.json()).toMatchObject({ text: "Two", editedAt: expect.any(String) });
    expect((await editComment(ada, comment, "Three", { "if-match": '"1"' })).status).toBe(412);
    expect((await editComment(ada, comment, " Two ")).headers.get("taskflow-change")).toBeNull();
    const deleted = await changing(deleteComment(ada, comment));
    expect(await textsOf(ada, task)).toEqual([]);
    expect((await deleteComment(ada, comment)).status).toBe(404);
    await changing(undo(ada, deleted));
    await changing(undo(ada, Number(edited.headers.get("taskflow-change"))));
    expect(await textsOf(ada, task)).toEqual(["One"]);
    expect(await (await ada.send(`/api/comments/${comment.id}`)).json()).toEqual(comment);
  });

  it("is a change of its own, which live streams and undo know", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, "Ship");
    await using feed = await follow(ada);
    const added = await ada.send(`/api/tasks/${task.id}/comments`, { json: { text: "Hello" } });
    const change = await changing(added);
    await feed.until(has(change));
    const { id } = (await added.json()) as Comment;
    const [newest] = await changesOf(ada);
    expect(newest).toMatchObject({ id: change, entity: "comment", entityId: id, verb: "create", before: null });
    expect(newest?.after).toMatchObject({ text: "Hello", taskId: task.id });
    await changing(undo(ada, change));
    expect(await textsOf(ada, task)).toEqual([]);
  });

  it("is added once by a repeated request", async () => {
    const task = await createTask(ada, "Ship");
    const headers = { "idempotency-key": crypto.randomUUID() };
    const add = () => ada.send(`/api/tasks/${task.id}/comments`, { json: { text: "Once" }, headers });
    expect(await (await add()).json()).toEqual(await (await add()).json());
    expect(await textsOf(ada, task)).toEqual(["Once"]);
  });
});

describe("comments", () => {
  it("are listed from the oldest to the newest, and the newest 50 come first", async () => {
    const task = await createTask(ada, "Ship");
    const texts = Array.from({ length: 53 }, (_, number) => `Comment ${number}`);
    for (const text of texts) await addComment(ada, task, text);
    const { items, nextBefore } = (await (await ada.send(`/api/tasks/${task.id}/comments`)).json()) as {
      items: Comment[];
      nextBefore: string;
    };
    expect(items.map(({ text }) => text)).toEqual(texts.slice(3));
    expect(await textsOf(ada, task, `?before=${nextBefore}`)).toEqual(texts.slice(0, 3));
    expect(await textsOf(ada, task, `?before=${nextBefore}&limit=2`)).toEqual(texts.slice(1, 3));
  });

  it("move with their task to another project and back", async () => {
    const project = await createProject(ada, "Launch");
    const task = await createTask(ada, "Ship");
    const comment = await addComment(ada, task, "Here");
    const moved = await changing(patchTask(ada, task, { projectId: project.id }));
    expect(await (await ada.send(`/api/comments/${comment.id}`)).json()).toEqual({ ...comment, projectId: project.id });
    await changing(editComment(ada, comment, "There"));
    await changing(undo(ada, moved));
    expect(await textsOf(ada, task)).toEqual(["There"]);
    expect(await (await ada.send(`/api/comments/${comment.id}`)).json()).toMatchObject({ projectId: task.projectId });
  });

  it("are in the trash with their task, and come back with it", async () => {
    const task = await createTask(ada, "Ship");
    const comment = await addComment(ada, task, "Here");
    await changing(deleteTask(ada, task));
    for (const response of [
      await ada.send(`/api/tasks/${task.id}/comments`),
      await ada.send(`/api/tasks/${task.id}/comments`, { json: { text: "Late" } }),
      await ada.send(`/api/comments/${comment.id}`),
      await editComment(ada, comment, "Late"),
      await deleteComment(ada, comment),
    ])
      expect(response.status).toBe(404);
    await changing(restoreTask(ada, task));
    expect(await textsOf(ada, task)).toEqual(["Here"]);
  });

  it("of others' projects are not found", async () => {
    const task = await createTask(ada, "Ship");
    const comment = await addComment(ada, task, "Secret");
    for (const response of [
      await bob.send(`/api/tasks/${task.id}/comments`),
      await bob.send(`/api/tasks/${task.id}/comments`, { json: { text: "Hello" } }),
      await bob.send(`/api/comments/${comment.id}`),
      await editComment(bob, comment, "Hello"),
      await deleteComment(bob, comment),
      await editComment(bob, { id: "x" }, "Hello"),
    ])
      expect(response.status).toBe(404);
    expect(await textsOf(ada, task)).toEqual(["Secret"]);
  });
});
