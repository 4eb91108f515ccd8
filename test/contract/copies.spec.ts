import { describe, expect, it } from "bun:test";
import { type Client, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { createProject, idOf, type Project, patchProject, projectsOf, share } from "../support/projects.ts";
import {
  bulk,
  changeOf,
  changesOf,
  changing,
  createTask,
  outlineOf,
  patchTask,
  readTask,
  type Task,
  undo,
} from "../support/tasks.ts";

const url = await contractUrl();
const [ada, grace] = await Promise.all([signUp(url), signUp(url)]);

const duplicate = (client: Client, kind: "tasks" | "projects", { id }: { id: string }, key?: string) =>
  client.send(`/api/${kind}/${id}/duplicate`, { method: "POST", headers: key ? { "idempotency-key": key } : {} });

/** Duplicates what must be possible to duplicate. @returns the copy, and the change that made it */
async function copyOf<Item>(...request: Parameters<typeof duplicate>): Promise<{ copy: Item; change: number }> {
  const response = await duplicate(...request);
  expect(response.status).toBe(201);
  const copy = (await response.json()) as Item & { id: string };
  expect(response.headers.get("location")).toEndWith(`/api/${request[1]}/${copy.id}`);
  return { copy, change: changeOf(response) ?? 0 };
}

async function addSection(project: Project, name: string, json = {}): Promise<{ id: string }> {
  const path = `/api/projects/${project.id}/sections`;
  const section = (await (await ada.send(path, { json: { name } })).json()) as { id: string };
  if (Object.keys(json).length > 0) await ada.send(`${path}/${section.id}`, { method: "PATCH", json });
  return section;
}

/** Returns the fields that a copy has in common with its original. */
function fieldsOf({ id, projectId, sectionId, parentId, createdAt, updatedAt, ...fields }: Task) {
  return fields;
}

/** Returns the open tasks of a project, with those of its sections below their names. */
async function contentsOf(client: Client, project: Project): Promise<string[]> {
  const { items } = (await (await client.send(`/api/projects/${project.id}/sections`)).json()) as {
    items: { id: string; name: string }[];
  };
  return [...items.map(({ name }) => `${name}:`), ...(await outlineOf(client, project))];
}

describe("duplicating a task", () => {
  it("puts an open copy of it and its open subtasks directly after it, as one action", async () => {
    const project = await createProject(ada, "Launch");
    await share(ada, project, grace, "editor");
    const below = { projectId: project.id };
    await createTask(ada, { ...below, title: "after" });
    const original = await createTask(ada, {
      ...{ ...below, title: "Pack", description: "**Bags**", priority: "high", labels: ["travel"] },
      ...{ dueDate: "2030-05-03", dueTime: "15:30", timeZone: "Europe/Berlin", startDate: "2030-05-01" },
      ...{ repeat: "FREQ=WEEKLY", assigneeId: await idOf(grace) },
    });
    await createTask(ada, { ...below, title: "before" });
    const first = await createTask(ada, { title: "first", parentId: original.id });
    await createTask(ada, { title: "deep", parentId: first.id });
    await createTask(ada, { title: "second", parentId: original.id });
    await patchTask(ada, await createTask(ada, { title: "done", parentId: original.id }), { completed: true });
    await ada.send(`/api/tasks/${original.id}/comments`, { json: { text: "Only here" } });

    const subtasks = ["  first", "    deep", "  second"];
    const { copy, change } = await copyOf<Task>(grace, "tasks", original);
    expect(fieldsOf(copy)).toEqual(fieldsOf(original));
    expect(await outlineOf(ada, project)).toEqual(["before", "Pack", ...subtasks, "Pack", ...subtasks, "after"]);
    expect((await changesOf(ada, `?task=${copy.id}`)).map(({ verb }) => verb)).toEqual(["create"]);
    expect((await (await ada.send(`/api/tasks/${copy.id}/comments`)).json()) as object).toMatchObject({ items: [] });

    const undone = await changing(undo(grace, change));
    expect(await outlineOf(ada, project)).toEqual(["before", "Pack", ...subtasks, "after"]);
    await changing(undo(grace, undone));
    expect(await outlineOf(ada, project)).toEqual(["before", "Pack", ...subtasks, "Pack", ...subtasks, "after"]);
  });

  it("keeps a copy of a subtask and of a completed task where the original is", async () => {
    const project = await createProject(ada, "Launch");
    const section = await addSection(project, "Later");
    const parent = await createTask(ada, { title: "parent", sectionId: section.id });
    const done = await createTask(ada, { title: "done", sectionId: section.id });
    const [open, closed] = [
      await createTask(ada, { title: "open", parentId: parent.id }),
      await createTask(ada, { title: "closed", parentId: parent.id }),
    ];
    await bulk(ada, [done, closed], "complete");
    for (const task of [open, closed, done]) {
      const { copy } = await copyOf<Task>(ada, "tasks", task);
      expect(copy).toMatchObject({ completed: false, completedAt: null, sectionId: task.sectionId });
      expect(copy.parentId).toBe(task.parentId);
    }
    // A parent that is completed, and a section that is archived, show no open task.
    await patchTask(ada, parent, { completed: true });
    expect((await copyOf<Task>(ada, "tasks", open)).copy).toMatchObject({ parentId: null, sectionId: section.id });
    await ada.send(`/api/projects/${project.id}/sections/${section.id}`, { method: "PATCH", json: { archived: true } });
    expect((await copyOf<Task>(ada, "tasks", done)).copy).toMatchObject({ parentId: null, sectionId: null });
  });

  it("makes one copy for a repeated request", async () => {
    const project = await createProject(ada, "Launch");
    const task = await createTask(ada, { title: "Once", projectId: project.id });
    const key = crypto.randomUUID();
    const copies = [await copyOf<Task>(ada, "tasks", task, key), await copyOf<Task>(ada, "tasks", task, key)];
    expect(copies[1]).toEqual(copies[0] as (typeof copies)[0]);
    expect(await outlineOf(ada, project)).toEqual(["Once", "Once"]);
  });
});

describe("duplicating a project", () => {
  it("copies its sections and open tasks in their order for a viewer, who owns the copy alone", async () => {
    const project = await createProject(ada, "Launch");
    await patchProject(ada, project, { color: "teal", icon: "star" });
    await share(ada, project, grace, "viewer");
    const [mine, theirs] = [await idOf(ada), await idOf(grace)];
    await addSection(project, "Archived", { archived: true });
    const [before, after] = [await addSection(project, "Before"), await addSection(project, "After")];
    await createTask(ada, { title: "end", projectId: project.id, assigneeId: mine });
    await createTask(ada, { title: "top", projectId: project.id, assigneeId: theirs });
    const one = await createTask(ada, { title: "one", sectionId: before.id, labels: ["travel"] });
    await createTask(ada, { title: "sub", parentId: one.id });
    const done = await createTask(ada, { title: "done", sectionId: before.id });
    await patchTask(ada, done, { completed: true });
    await createTask(ada, { title: "two", sectionId: after.id });

    const { copy, change } = await copyOf<Project>(grace, "projects", project);
    expect(copy).toMatchObject({ name: "Launch (copy)", color: "teal", icon: "star", role: "owner", archived: false });
    const contents = ["Before:", "After:", "top", "end", "one", "  sub", "two"];
    expect(await contentsOf(grace, copy)).toEqual(contents);
    expect(await contentsOf(ada, project)).toEqual(contents);
    const { items } = (await (await grace.send(`/api/tasks?project=${copy.id}`)).json()) as { items: Task[] };
    expect(items.map(({ assigneeId }) => assigneeId)).toEqual([theirs, null, null, null, null]);
    expect(await readTask(grace, items[2] as Task)).toMatchObject({ labels: ["travel"], completed: false });
    expect((await ada.send(`/api/projects/${copy.id}`)).status).toBe(404);

    await changing(undo(grace, change));
    expect((await projectsOf(grace)).map(({ id }) => id)).not.toContain(copy.id);
    expect((await projectsOf(grace, "deleted")).map(({ id }) => id)).toContain(copy.id);
  });

  it("copies more tasks than it writes at once, each below its parent", async () => {
    const linus = await signUp(url);
    const project = await createProject(linus, "Long");
    // In the list, subtasks are in the batch after their parent.
    const parents = await Promise.all(
      Array.from({ length: 130 }, (_, index) => createTask(linus, { title: `${index}`, projectId: project.id })),
    );
    await Promise.all(parents.map(({ id, title }) => createTask(linus, { title: `below ${title}`, parentId: id })));
    const key = crypto.randomUUID();
    const { copy } = await copyOf<Project>(linus, "projects", project, key);
    const order = await outlineOf(linus, project);
    expect(order).toHaveLength(260);
    expect(await outlineOf(linus, copy)).toEqual(order);
    expect((await copyOf<Project>(linus, "projects", project, key)).copy).toEqual(copy);
    expect(await outlineOf(linus, copy)).toEqual(order);
  });

  it("shortens a name that would be too long", async () => {
    const { copy } = await copyOf<Project>(ada, "projects", await createProject(ada, "🚀".repeat(100)));
    expect(copy.name).toBe(`${"🚀".repeat(92)}… (copy)`);
  });
});
