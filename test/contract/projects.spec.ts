import { describe, expect, it } from "bun:test";
import { type Client, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { follow, has } from "../support/events.ts";
import { createProject, deleteProject, type Project, patchProject, projectsOf } from "../support/projects.ts";
import {
  bulk,
  changeOf,
  changesOf,
  changing,
  createTask,
  deleteTask,
  type Page,
  patchTask,
  readTask,
  type Task,
  trashOf,
  undo,
} from "../support/tasks.ts";

const url = await contractUrl();

const idOf = async (client: Client) => ((await (await client.send("/api/me")).json()) as { id: string }).id;
const names = async (client: Client, state?: string) => (await projectsOf(client, state)).map(({ name }) => name);
const titles = async (client: Client, query = "") => {
  const page = (await (await client.send(`/api/tasks${query}`)).json()) as Page<Task>;
  return page.items.map(({ title }) => title).sort();
};
const totals = async (client: Client, query = "") =>
  ((await (await client.send(`/api/tasks${query}`)).json()) as { totals: object }).totals;

describe("Inbox", () => {
  it("belongs to each account, has its id, and gets tasks without a project", async () => {
    const ada = await signUp(url);
    const { items } = (await (await ada.send("/api/projects")).json()) as { items: Project[] };
    expect(items).toMatchObject([{ id: await idOf(ada), name: "Inbox", inbox: true, role: "owner", position: 0 }]);
    expect((await createTask(ada, "Anything")).projectId).toBe(await idOf(ada));
  });

  it("can't be changed, archived or deleted", async () => {
    const ada = await signUp(url);
    const inbox = { id: await idOf(ada) };
    for (const response of [
      await patchProject(ada, inbox, { name: "Mine" }),
      await patchProject(ada, inbox, { archived: true }),
      await patchProject(ada, inbox, { position: 3 }),
      await deleteProject(ada, inbox),
    ]) {
      expect(response.status).toBe(409);
      expect(((await response.json()) as { detail: string }).detail).toStartWith("The Inbox can't be ");
    }
  });
});

describe("project", () => {
  it("can be created, changed, archived, deleted and restored, and each of these undone", async () => {
    const ada = await signUp(url);
    const created = await ada.send("/api/projects", { json: { name: " Launch ", color: "teal", icon: "star" } });
    const project = (await created.json()) as Project;
    expect(new URL(created.headers.get("location") ?? "", url).href).toBe(`${url}/api/projects/${project.id}`);
    expect(project).toMatchObject({ name: "Launch", color: "teal", icon: "star", role: "owner", inbox: false });

    const renamed = await changing(patchProject(ada, project, { name: "Start", icon: null }));
    expect(await names(ada)).toEqual(["Start"]);
    await changing(undo(ada, renamed));
    expect(await projectsOf(ada)).toMatchObject([{ name: "Launch", icon: "star" }]);

    const archived = await changing(patchProject(ada, project, { archived: true }));
    expect([await names(ada), await names(ada, "archived")]).toEqual([[], ["Launch"]]);
    await changing(undo(ada, archived));
    expect(await names(ada)).toEqual(["Launch"]);

    await changing(deleteProject(ada, project));
    expect([await names(ada), await names(ada, "deleted")]).toEqual([[], ["Launch"]]);
    expect((await ada.send(`/api/projects/${project.id}`)).status).toBe(404);
    const restored = await changing(ada.send(`/api/projects/${project.id}/restore`, { method: "POST" }));
    expect(await names(ada)).toEqual(["Launch"]);
    await changing(undo(ada, restored));
    expect(await names(ada, "deleted")).toEqual(["Launch"]);
  });

  it("takes its tasks with it when it is archived or deleted, and gives them back", async () => {
    const ada = await signUp(url);
    const project = await createProject(ada, "Launch");
    await createTask(ada, "At home");
    const task = await createTask(ada, { title: "At work", projectId: project.id });
    const mine = `?project=${project.id}`;
    expect([await titles(ada), await titles(ada, mine)]).toEqual([["At home", "At work"], ["At work"]]);

    await patchProject(ada, project, { archived: true });
    expect([await titles(ada), await titles(ada, mine)]).toEqual([["At home"], ["At work"]]);
    expect(await totals(ada)).toEqual({ open: 1, completed: 0 });
    await patchProject(ada, project, { archived: false });

    const deleted = await changing(deleteProject(ada, project));
    expect([await titles(ada), await readTask(ada, task)]).toEqual([["At home"], undefined]);
    expect((await ada.send(`/api/tasks${mine}`)).status).toBe(404);
    expect((await patchTask(ada, task, { title: "Changed" })).status).toBe(404);
    expect((await ada.send("/api/tasks", { json: { title: "New", projectId: project.id } })).status).toBe(409);
    await changing(undo(ada, deleted));
    expect(await titles(ada)).toEqual(["At home", "At work"]);
  });

  it("has a place in the account's own list", async () => {
    const ada = await signUp(url);
    const [one, two] = [await createProject(ada, "One"), await createProject(ada, "Two")];
    await createProject(ada, "Three");
    await patchProject(ada, one, { position: 3 });
    expect(await names(ada)).toEqual(["Two", "Three", "One"]);
    await patchProject(ada, two, { position: 200 });
    expect(await names(ada)).toEqual(["Three", "One", "Two"]);
  });

  it("rejects wrong fields", async () => {
    const ada = await signUp(url);
    const project = await createProject(ada, "Launch");
    for (const json of [
      {},
      { name: " " },
      { name: "a\nb" },
      { name: "x".repeat(101) },
      { name: "A", color: "pinkish" },
    ])
      expect((await ada.send("/api/projects", { json })).status).toBe(422);
    for (const json of [{ position: 0 }, { position: 201 }, { archived: "yes" }, { role: "owner" }])
      expect((await patchProject(ada, project, json)).status).toBe(422);
    const wrong = await patchProject(ada, project, { color: "pinkish", icon: 5, position: 0, archived: "yes" });
    const { errors } = (await wrong.json()) as { errors: { path: string; message: string }[] };
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Color must be one of: grey, .*, null\.$/),
      expect.stringMatching(/^Icon must be one of: home, /),
      "Archived must be true or false.",
      "Position must be a whole number from 1 to 200.",
    ]);
    const outdated = { method: "PATCH", json: { name: "B" }, headers: { "if-match": '"9"' } };
    expect((await ada.send(`/api/projects/${project.id}`, outdated)).status).toBe(412);
  });

  it("does not exist for others, nor does what is in it", async () => {
    const [ada, bob] = [await signUp(url), await signUp(url)];
    const project = await createProject(ada, "Secret");
    const task = await createTask(ada, { title: "Secret", projectId: project.id });
    const [change] = await changesOf(ada);
    const own = await createTask(bob, "Mine");
    for (const response of [
      await bob.send(`/api/projects/${project.id}`),
      await patchProject(bob, project, { name: "Taken" }),
      await patchProject(bob, project, { position: 1 }),
      await deleteProject(bob, project),
      await bob.send(`/api/projects/${project.id}/restore`, { method: "POST" }),
      await bob.send(`/api/tasks?project=${project.id}`),
      await bob.send("/api/tasks", { json: { title: "Planted", projectId: project.id } }),
      await bob.send(`/api/tasks/${task.id}`),
      await patchTask(bob, task, { projectId: await idOf(bob) }),
      await patchTask(bob, own, { projectId: project.id }),
      await bulk(bob, [task], "delete"),
      await undo(bob, change?.id ?? 0),
    ])
      expect(response.status).toBe(404);
    expect(await titles(ada)).toEqual(["Secret"]);
    expect((await bob.send(`/api/changes?task=${task.id}`)).status).toBe(404);
  });
});

describe("moving a task", () => {
  it("is one action with a change in both projects, and can be undone", async () => {
    const ada = await signUp(url);
    const [from, to] = [await createProject(ada, "From"), await createProject(ada, "To")];
    const task = await createTask(ada, { title: "Travels", priority: "high", projectId: from.id });
    const etag = (await ada.send(`/api/tasks/${task.id}`)).headers.get("etag") ?? "";
    const moved = await changing(patchTask(ada, task, { projectId: to.id }));

    expect((await ada.send(`/api/tasks/${task.id}`, { headers: { "if-none-match": etag } })).status).toBe(200);
    expect(await readTask(ada, task)).toMatchObject({ id: task.id, projectId: to.id, title: "Travels" });
    expect([await totals(ada, `?project=${from.id}`), await totals(ada, `?project=${to.id}`)]).toEqual([
      { open: 0, completed: 0 },
      { open: 1, completed: 0 },
    ]);
    const [second, first] = await changesOf(ada, `?task=${task.id}`);
    for (const change of [first, second])
      expect(change).toMatchObject({
        ...{ actionId: moved, verb: "move" },
        ...{ before: { projectId: from.id }, after: { projectId: to.id } },
      });
    expect([first?.projectId, second?.projectId]).toEqual([from.id, to.id]);

    await changing(patchTask(ada, task, { title: "Renamed there" }));
    const undone = await changing(undo(ada, moved));
    expect(await readTask(ada, task)).toMatchObject({ projectId: from.id, title: "Renamed there" });
    await changing(undo(ada, undone));
    expect(await readTask(ada, task)).toMatchObject({ projectId: to.id });
    await deleteTask(ada, task);
    expect((await trashOf(ada)).items).toMatchObject([{ id: task.id, projectId: to.id }]);
  });

  it("changes other fields with it, and PUT leaves it in its project", async () => {
    const ada = await signUp(url);
    const to = await createProject(ada, "To");
    const task = await createTask(ada, "Before");
    await changing(patchTask(ada, task, { projectId: to.id, title: "After", completed: true }));
    expect(await readTask(ada, task)).toMatchObject({ projectId: to.id, title: "After", completed: true });
    await changing(ada.send(`/api/tasks/${task.id}`, { method: "PUT", json: { title: "Replaced" } }));
    expect(await readTask(ada, task)).toMatchObject({ projectId: to.id, title: "Replaced", completed: false });
  });
});

describe("a list over several projects", () => {
  it("is one sorted list, page by page, in every order and with every filter", async () => {
    const ada = await signUp(url);
    const projects = [await idOf(ada)];
    for (const name of ["One", "Two", "Three", "Empty"]) projects.push((await createProject(ada, name)).id);
    const pick = <Item>(items: readonly Item[]) => items[Math.floor(Math.random() * items.length)] as Item;
    const priorities = ["low", "medium", "high"];
    for (let number = 0; number < 40; number++)
      await createTask(ada, {
        title: pick(["alpha", "beta", "gamma", "delta"]),
        ...{ priority: pick(priorities), completed: pick([true, false]), projectId: pick(projects.slice(0, 4)) },
      });
    const all = ((await (await ada.send("/api/tasks?limit=200")).json()) as Page<Task>).items;
    expect(all).toHaveLength(40);

    const rank = (task: Task) => priorities.indexOf(task.priority);
    const keys = {
      createdAt: () => "",
      updatedAt: ({ updatedAt }: Task) => updatedAt,
      title: ({ title }: Task) => title,
      priority: rank,
    };
    for (const [sort, key] of Object.entries(keys))
      for (const order of ["asc", "desc"])
        for (const filter of ["", "&status=open", "&priority=high", "&q=alpha", "&status=completed&priority=low"]) {
          const wanted = new URLSearchParams(filter);
          const expected = all
            .filter(({ completed }) => !wanted.has("status") || completed === (wanted.get("status") === "completed"))
            .filter(({ priority }) => !wanted.has("priority") || priority === wanted.get("priority"))
            .filter(({ title }) => !wanted.has("q") || title === "alpha")
            .sort((one, other) => {
              const by = key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : one.id < other.id ? -1 : 1;
              return order === "asc" ? by : -by;
            });
          const found: Task[] = [];
          for (let cursor: string | null = ""; cursor !== null; ) {
            const query = `?sort=${sort}&order=${order}${filter}&limit=7${cursor && `&cursor=${cursor}`}`;
            const page = (await (await ada.send(`/api/tasks${query}`)).json()) as Page<Task>;
            found.push(...page.items);
            cursor = page.nextCursor;
          }
          expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
          expect(await totals(ada, `?${filter.replace(/&?status=\w+/, "")}`)).toMatchObject({
            ...(wanted.get("status") !== "completed" && {
              open: expected.filter(({ completed }) => !completed).length,
            }),
          });
        }
  });
});

describe("live stream over several projects", () => {
  it("starts again when there is a new project, and resumes in all of them without a gap", async () => {
    const ada = await signUp(url);
    await using before = await follow(ada);
    const known = (await changesOf(ada))[0]?.id;
    const project = await createProject(ada, "Launch");
    await before.until(({ events }) => events.some(({ event }) => event === "reload"));
    const first = await changing(ada.send("/api/tasks", { json: { title: "One", projectId: project.id } }));
    await before.until(has(first));

    const position = before.events.at(-1)?.id ?? "";
    expect(position).toMatch(/^\w+\.\w+\.\w+$/);
    const missed = [
      await changing(ada.send("/api/tasks", { json: { title: "Two" } })),
      await changing(ada.send("/api/tasks", { json: { title: "Three", projectId: project.id } })),
    ];
    await using resumed = await follow(ada, { lastEventId: position });
    await resumed.until(has(Math.max(...missed)));
    await resumed.until(has(Math.min(...missed)));
    expect(resumed.ids().sort()).toEqual(missed.sort());

    // A position of the time when there was only the Inbox says nothing about the project.
    await using outdated = await follow(ada, { lastEventId: String(known) });
    await outdated.until(({ events }) => events.length > 0);
    expect(outdated.events[0]?.event).toBe("reload");
  });
});

describe("tasks of projects", () => {
  it("move together, by their ids or because they match, with one undo", async () => {
    const ada = await signUp(url);
    const [from, to] = [await createProject(ada, "From"), await createProject(ada, "To")];
    const inFrom = await createTask(ada, { title: "A", projectId: from.id });
    const inInbox = await createTask(ada, "B");
    const moved = await bulk(ada, [inFrom, inInbox], "move", { projectId: to.id });
    expect(await moved.json()).toEqual({ affected: 2 });
    expect(await titles(ada, `?project=${to.id}`)).toEqual(["A", "B"]);
    expect(await totals(ada, `?project=${from.id}`)).toEqual({ open: 0, completed: 0 });
    expect((await undo(ada, changeOf(moved) ?? 0)).status).toBe(200);
    expect(await titles(ada, `?project=${from.id}`)).toEqual(["A"]);
    expect(await titles(ada, `?project=${to.id}`)).toEqual([]);
  });

  it("move only to a project of the account, and only with the action for it", async () => {
    const [ada, bob] = [await signUp(url), await signUp(url)];
    const [own, foreign] = [await createProject(ada, "Own"), await createProject(bob, "Foreign")];
    const task = await createTask(ada, "A");
    const status = async (action: string, more = {}) => (await bulk(ada, [task], action, more)).status;
    expect(await status("move")).toBe(422);
    expect(await status("complete", { projectId: own.id })).toBe(422);
    expect(await status("move", { projectId: foreign.id })).toBe(404);
    expect(await status("move", { projectId: "none" })).toBe(404);
    expect((await readTask(ada, task))?.projectId).toBe(await idOf(ada));
  });
});

describe("changes of a project", () => {
  it("are those made there, and not found for others", async () => {
    const [ada, bob] = [await signUp(url), await signUp(url)];
    const project = await createProject(ada, "Launch");
    await createTask(ada, "Elsewhere");
    const task = await createTask(ada, { title: "There", projectId: project.id });
    const list = (client: Client) => client.send(`/api/changes?project=${project.id}`);
    const { items } = (await (await list(ada)).json()) as { items: { entityId: string; projectId: string }[] };
    expect(items.map(({ entityId }) => entityId)).toEqual([task.id, project.id]);
    expect((await list(bob)).status).toBe(404);
  });
});
