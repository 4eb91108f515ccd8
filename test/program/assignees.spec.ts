import { afterAll, expect, it, setDefaultTimeout } from "bun:test";
import { type Client, signUp } from "../support/client.ts";
import { idOf, openServices } from "../support/members.ts";
import { startProgram } from "../support/program.ts";
import { createProject } from "../support/projects.ts";
import {
  bulk,
  changesOf,
  changing,
  createTask,
  type Page,
  patchTask,
  readTask,
  type Task,
  undo,
} from "../support/tasks.ts";

setDefaultTimeout(60_000);

const program = await startProgram();
const { setRole, services, close } = await openServices(program.dataDir);
afterAll(async () => {
  await close();
  await program[Symbol.asyncDispose]();
});

/** Returns two accounts with their ids, and a project of the first one in which the second is an editor. */
async function shared() {
  const [ada, bob] = await Promise.all([signUp(program.url), signUp(program.url)]);
  const project = await createProject(ada, "Launch");
  await setRole(ada, project, bob, "editor");
  return { ada, bob, project, adaId: await idOf(ada), bobId: await idOf(bob) };
}

const titles = async (client: Client, query: string) =>
  ((await (await client.send(`/api/tasks?${query}`)).json()) as Page<Task>).items.map(({ title }) => title).sort();

it("assigns a task to a member of its project, and to nobody else", async () => {
  const { ada, project, bobId } = await shared();
  const stranger = await signUp(program.url);
  const task = await createTask(ada, { title: "Ship", projectId: project.id, assigneeId: bobId });
  const own = await createTask(ada, "Mine");
  expect(task).toMatchObject({ assigneeId: bobId });
  const messages = new Set<string>();
  for (const response of [
    await patchTask(ada, task, { assigneeId: await idOf(stranger) }),
    await patchTask(ada, task, { assigneeId: crypto.randomUUID() }),
    await ada.send("/api/tasks", { json: { title: "New", assigneeId: bobId } }),
    await patchTask(ada, task, { assigneeId: bobId, projectId: own.projectId }),
    await bulk(ada, [task, own], "assign", { assigneeId: bobId }),
  ]) {
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { path: string; message: string }[] };
    expect(errors.map(({ path }) => path)).toEqual(["/assigneeId"]);
    messages.add(errors[0]?.message ?? "");
  }
  expect(messages.size).toBe(1);
  expect(await readTask(ada, task)).toEqual(task);
  await changing(patchTask(ada, task, { assigneeId: null }));
  await changing(bulk(ada, [task], "assign", { assigneeId: bobId }));
  expect(await readTask(ada, task)).toMatchObject({ assigneeId: bobId });
});

it("lists the tasks of an assignee, also by search, by date and with their counts", async () => {
  const { ada, bob, project, adaId, bobId } = await shared();
  for (const [title, assigneeId] of [
    ["Her one", adaId],
    ["His one", bobId],
    ["His two", bobId],
    ["Free", null],
  ])
    await createTask(ada, { title, assigneeId, projectId: project.id, dueDate: "2026-01-05" });
  expect(await titles(bob, "assignee=me")).toEqual(["His one", "His two"]);
  for (const query of ["", "&sort=dueDate", "&sort=priority", "&sort=title", "&due=overdue", `&project=${project.id}`])
    expect(await titles(ada, `assignee=${bobId}${query}`)).toEqual(["His one", "His two"]);
  expect(await titles(ada, `assignee=${bobId}&q=two`)).toEqual(["His two"]);
  const page = (await (await ada.send(`/api/tasks?assignee=${bobId}&limit=1`)).json()) as Page<Task>;
  expect(page).toMatchObject({ totals: { open: 2, completed: 0 } });
  expect(await titles(ada, `assignee=${bobId}&limit=1&cursor=${page.nextCursor}`)).toEqual(["His one"]);
});

it("removes an assignee who does not see the project that the task moves to, until the move is undone", async () => {
  const { ada, project, adaId, bobId } = await shared();
  const task = await createTask(ada, { title: "Ship", projectId: project.id, assigneeId: bobId });
  const moved = await changing(patchTask(ada, task, { projectId: adaId }));
  expect(await readTask(ada, task)).toMatchObject({ projectId: adaId, assigneeId: null });
  await changing(undo(ada, moved));
  expect(await readTask(ada, task)).toMatchObject({ projectId: project.id, assigneeId: bobId });
});

it("leaves no tasks to a member who leaves, and an undo does not bring them back", async () => {
  const { ada, bob, project, bobId } = await shared();
  const task = await createTask(ada, { title: "Ship", projectId: project.id, assigneeId: bobId });
  const passed = await changing(patchTask(ada, task, { assigneeId: null }));
  await changing(undo(ada, passed));
  await setRole(ada, project, bob);
  expect(await readTask(ada, task)).toMatchObject({ assigneeId: null });
  const [newest] = await changesOf(ada, `?task=${task.id}`);
  expect(newest).toMatchObject({ before: { assigneeId: bobId }, after: { assigneeId: null } });
  expect((await undo(ada, newest?.id ?? 0)).status).toBe(200);
  expect(await readTask(ada, task)).toMatchObject({ assigneeId: null });
});

it("removes a deleted account from the tasks of others", async () => {
  const { ada, bob, project, bobId } = await shared();
  const task = await createTask(ada, { title: "Ship", projectId: project.id, assigneeId: bobId });
  await services.accounts.remove(bob.username);
  expect(await readTask(ada, task)).toMatchObject({ assigneeId: null });
});
