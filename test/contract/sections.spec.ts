import { describe, expect, it } from "bun:test";
import { type Client, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { createProject } from "../support/projects.ts";
import {
  changing,
  createTask,
  deleteTask,
  moveTasks,
  outlineOf,
  patchTask,
  readTask,
  restoreTask,
  undo,
} from "../support/tasks.ts";

const url = await contractUrl();
const ada = await signUp(url);

interface Section {
  id: string;
  projectId: string;
  name: string;
  position: number;
  archived: boolean;
}

const at = (project: { id: string }, section?: { id: string }) =>
  `/api/projects/${project.id}/sections${section ? `/${section.id}` : ""}`;
const patchSection = (client: Client, project: { id: string }, section: { id: string }, json: object) =>
  client.send(at(project, section), { method: "PATCH", json });
const deleteSection = (client: Client, project: { id: string }, section: { id: string }) =>
  client.send(at(project, section), { method: "DELETE" });

async function addSection(client: Client, project: { id: string }, name: string): Promise<Section> {
  const response = await client.send(at(project), { json: { name } });
  expect(response.status).toBe(201);
  return (await response.json()) as Section;
}

const names = async (client: Client, project: { id: string }, state = "active") => {
  const response = await client.send(`${at(project)}?state=${state}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { items: Section[] }).items.map(({ name, position }) => `${position} ${name}`);
};

/** Creates a project with two sections and a task in each, and one above them. */
async function projectWithSections() {
  const project = await createProject(ada, "Launch");
  const before = await addSection(ada, project, "Before");
  const after = await addSection(ada, project, "After");
  const top = await createTask(ada, { title: "top", projectId: project.id });
  const one = await createTask(ada, { title: "one", sectionId: before.id });
  const sub = await createTask(ada, { title: "sub", parentId: one.id });
  const two = await createTask(ada, { title: "two", sectionId: after.id });
  return { project, before, after, top, one, sub, two };
}

describe("sections", () => {
  it("are added, renamed, reordered, archived and deleted, and each of these undone", async () => {
    const project = await createProject(ada, "Launch");
    const [one, two] = [await addSection(ada, project, "One"), await addSection(ada, project, "Two")];
    await addSection(ada, project, "Three");
    expect(one).toMatchObject({ projectId: project.id, name: "One", position: 1, archived: false });
    expect(await names(ada, project)).toEqual(["1 One", "2 Two", "3 Three"]);
    const moved = await changing(patchSection(ada, project, two, { position: 1, name: "Second" }));
    expect(await names(ada, project)).toEqual(["1 Second", "2 One", "3 Three"]);
    await changing(undo(ada, moved));
    const archived = await changing(patchSection(ada, project, two, { archived: true }));
    const { items } = (await (await ada.send(`${at(project)}?state=archived`)).json()) as { items: object[] };
    expect(items).toMatchObject([{ id: two.id, archived: true, archivedAt: expect.stringMatching(/Z$/) }]);
    expect([await names(ada, project), await names(ada, project, "archived")]).toEqual([
      ["1 One", "2 Three"],
      ["1 Two"],
    ]);
    await changing(undo(ada, archived));
    const deleted = await changing(deleteSection(ada, project, two));
    expect((await patchSection(ada, project, two, { name: "Gone" })).status).toBe(404);
    await changing(undo(ada, deleted));
    expect(await names(ada, project)).toEqual(["1 One", "2 Two", "3 Three"]);
  });

  it("list their tasks in their order, after those without a section", async () => {
    const { project, after, two } = await projectWithSections();
    const lines = ["top", "one", "  sub", "two"];
    expect(await outlineOf(ada, project)).toEqual(lines);
    expect(await outlineOf(ada, project, 1)).toEqual(lines);
    await changing(patchSection(ada, project, after, { position: 1 }));
    expect(await outlineOf(ada, project, 1)).toEqual(["top", "two", "one", "  sub"]);
    expect(two).toMatchObject({ sectionId: after.id, parentId: null });
  });

  it("get tasks with their subtasks, and give them back by undo", async () => {
    const { project, before, after, one, sub, two } = await projectWithSections();
    const moved = await changing(patchTask(ada, one, { sectionId: after.id }));
    expect(await readTask(ada, sub)).toMatchObject({ sectionId: after.id });
    expect(await outlineOf(ada, project)).toEqual(["top", "one", "  sub", "two"]);
    await changing(moveTasks(ada, [one], { after: two.id }));
    expect(await outlineOf(ada, project)).toEqual(["top", "two", "one", "  sub"]);
    expect((await undo(ada, moved)).status).toBe(409);
    await changing(patchTask(ada, one, { sectionId: null }));
    expect(await outlineOf(ada, project)).toEqual(["one", "  sub", "top", "two"]);
    const other = await createProject(ada, "Other");
    const away = await changing(patchTask(ada, one, { projectId: other.id }));
    expect(await readTask(ada, sub)).toMatchObject({ projectId: other.id, sectionId: null });
    await changing(undo(ada, away));
    await changing(moveTasks(ada, [one], { sectionId: before.id }));
    expect(await outlineOf(ada, project)).toEqual(["top", "one", "  sub", "two"]);
  });

  it("go to the trash with their open tasks, and come back with exactly those", async () => {
    const { project, before, one, sub, top } = await projectWithSections();
    await patchTask(ada, sub, { completed: true });
    const deleted = await changing(deleteSection(ada, project, before));
    expect(await outlineOf(ada, project)).toEqual(["top", "two"]);
    const back = await changing(undo(ada, deleted));
    expect(await outlineOf(ada, project)).toEqual(["top", "one", "two"]);
    await changing(undo(ada, back));
    // A task that is restored by itself has no section to go to.
    await changing(restoreTask(ada, one));
    expect(await readTask(ada, one)).toMatchObject({ sectionId: null });
    expect(await outlineOf(ada, project)).toContain("top");
    expect((await readTask(ada, top))?.sectionId).toBeNull();
  });

  it("complete their tasks when they are archived, and reopen them by undo", async () => {
    const { project, before, one, sub } = await projectWithSections();
    const archived = await changing(patchSection(ada, project, before, { archived: true }));
    expect(await outlineOf(ada, project)).toEqual(["top", "two"]);
    expect(await readTask(ada, sub)).toMatchObject({ completed: true, sectionId: before.id });
    await changing(undo(ada, archived));
    expect(await outlineOf(ada, project)).toEqual(["top", "one", "  sub", "two"]);
    await changing(patchSection(ada, project, before, { archived: true }));
    await changing(patchTask(ada, one, { completed: false }));
    expect(await readTask(ada, one)).toMatchObject({ sectionId: null });
  });

  it("are not removed by the undo of their creation once they have tasks", async () => {
    const project = await createProject(ada, "Launch");
    const response = await ada.send(at(project), { json: { name: "One" } });
    const section = (await response.json()) as Section;
    const task = await createTask(ada, { title: "task", sectionId: section.id });
    const created = Number(response.headers.get("taskflow-change"));
    expect((await undo(ada, created)).status).toBe(409);
    await deleteTask(ada, task);
    await changing(undo(ada, created));
    expect(await names(ada, project)).toEqual([]);
  });

  it("belong to their project only", async () => {
    const { project, before, one } = await projectWithSections();
    const [bob, other] = [await signUp(url), await createProject(ada, "Other")];
    expect((await bob.send(at(project))).status).toBe(404);
    expect((await bob.send(at(project), { json: { name: "Mine" } })).status).toBe(404);
    expect((await patchSection(bob, project, before, { name: "Mine" })).status).toBe(404);
    expect((await deleteSection(ada, other, before)).status).toBe(404);
    const response = await patchTask(ada, one, { projectId: other.id, sectionId: before.id });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ path: "/sectionId" }] });
  });
});
