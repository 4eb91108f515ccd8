import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { type Client, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { createProject } from "../support/projects.ts";
import {
  bulk,
  changesOf,
  changing,
  createTask,
  deleteTask,
  type Page,
  patchTask,
  readTask,
  restoreTask,
  type Task,
  undo,
} from "../support/tasks.ts";

setDefaultTimeout(180_000);
const url = await contractUrl();

const labelsOf = async (client: Client): Promise<unknown[]> =>
  ((await (await client.send("/api/labels")).json()) as { items: unknown[] }).items;
const titlesWith = async (client: Client, query: Record<string, string>) => {
  const response = await client.send(`/api/tasks?${new URLSearchParams(query)}`);
  const { items, totals } = (await response.json()) as Page<Task> & { totals: object };
  return { titles: items.map(({ title }) => title), totals };
};
const renameLabel = (client: Client, name: string, to: string) =>
  client.send(`/api/labels/${encodeURIComponent(name)}`, { method: "PATCH", json: { name: to } });

describe("labels of a task", () => {
  it("are kept in their order, as they were written first", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Buy paint", labels: [" Café ", "home", "CAFE", "home/garden"] });
    expect(task.labels).toEqual(["Café", "home", "home/garden"]);
    expect(await createTask(ada, { title: "Rest", labels: ["HOME", "cafe"] })).toMatchObject({
      labels: ["home", "Café"],
    });
    expect(await createTask(ada, "Plain")).toMatchObject({ labels: [] });
    await patchTask(ada, task, { title: "Buy white paint" });
    expect(await readTask(ada, task)).toMatchObject({ labels: ["Café", "home", "home/garden"] });
    await ada.send(`/api/tasks/${task.id}`, { method: "PUT", json: { title: "Replaced" } });
    expect(await readTask(ada, task)).toMatchObject({ labels: [] });
    const other = await signUp(url);
    expect(await createTask(other, { title: "Mine", labels: ["cafe"] })).toMatchObject({ labels: ["cafe"] });
  });

  it.each([
    ["an empty one", [""], "/labels/0"],
    ["51 characters", ["x".repeat(51)], "/labels/0"],
    ["a comma", ["a", "b,c"], "/labels/1"],
    ["a line break", ["a\nb"], "/labels/0"],
    ["a step in a path", [".."], "/labels/0"],
    ["a path that leads elsewhere", ["home/../work"], "/labels/0"],
    ["a path with an empty step", ["home//garden"], "/labels/0"],
    ["text that changes the direction of writing", ["\u202etxt.exe"], "/labels/0"],
    ["21 of them", Array.from({ length: 21 }, (_, index) => `${index}`), "/labels"],
    ["a text", "home, urgent", "/labels"],
  ])("can't be %s", async (_, labels, path) => {
    const ada = await signUp(url);
    const response = await ada.send("/api/tasks", { json: { title: "x", labels } });
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { path: string }[] };
    expect(errors.map((each) => each.path)).toEqual([path]);
  });

  it("are a change with undo, and none if nothing differs", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Call", labels: ["home"] });
    expect((await patchTask(ada, task, { labels: ["home"] })).headers.get("taskflow-change")).toBeNull();
    const change = await changing(patchTask(ada, task, { labels: ["urgent"] }));
    const [newest] = await changesOf(ada);
    expect(newest).toMatchObject({ verb: "update", before: { labels: ["home"] }, after: { labels: ["urgent"] } });
    await changing(undo(ada, change));
    expect(await readTask(ada, task)).toMatchObject({ labels: ["home"] });
  });

  it("are added to and removed from many tasks at once", async () => {
    const ada = await signUp(url);
    const [one, two] = [await createTask(ada, { title: "One", labels: ["Home"] }), await createTask(ada, "Two")];
    const added = await changing(bulk(ada, [one, two], "addLabel", { label: "home" }));
    expect([await readTask(ada, one), await readTask(ada, two)]).toMatchObject([
      { labels: ["Home"] },
      { labels: ["Home"] },
    ]);
    await changing(bulk(ada, [one, two], "removeLabel", { label: "HOME" }));
    expect(await labelsOf(ada)).toEqual([]);
    expect((await bulk(ada, [one], "addLabel")).status).toBe(422);
    expect((await bulk(ada, [one], "complete", { label: "x" })).status).toBe(422);
    const full = await createTask(ada, {
      title: "Full",
      labels: Array.from({ length: 20 }, (_, index) => `l${index}`),
    });
    expect((await bulk(ada, [two, full], "addLabel", { label: "more" })).status).toBe(422);
    expect(await readTask(ada, two)).toMatchObject({ labels: [] });
    expect((await undo(ada, added)).status).toBe(409);
  });
});

describe("lists by label", () => {
  it("have the tasks with the label, with their counts, sorted and filtered like others", async () => {
    const ada = await signUp(url);
    const project = await createProject(ada, "Trip");
    for (const [title, more] of [
      ["b milk", { labels: ["Shop"], dueDate: "2026-05-05" }],
      ["a bread", { labels: ["shop", "today"], priority: "high", projectId: project.id }],
      ["c book", { labels: ["read"] }],
      ["d done", { labels: ["shop"], completed: true }],
    ] as const)
      await createTask(ada, { title, ...more });
    const label = "SHÓP";
    const totals = { open: 2, completed: 1 };
    expect(await titlesWith(ada, { label })).toEqual({ titles: ["d done", "a bread", "b milk"], totals });
    expect(await titlesWith(ada, { label, sort: "title", status: "open" })).toEqual({
      titles: ["a bread", "b milk"],
      totals,
    });
    expect((await titlesWith(ada, { label, sort: "priority" })).titles).toEqual(["a bread", "d done", "b milk"]);
    expect((await titlesWith(ada, { label, sort: "dueDate" })).titles).toEqual(["b milk", "a bread", "d done"]);
    expect((await titlesWith(ada, { label, sort: "updatedAt", order: "asc" })).titles).toEqual([
      "b milk",
      "a bread",
      "d done",
    ]);
    expect(await titlesWith(ada, { label, q: "b" })).toEqual({
      titles: ["a bread", "b milk"],
      totals: { open: 2, completed: 0 },
    });
    expect(await titlesWith(ada, { label, priority: "high" })).toEqual({
      titles: ["a bread"],
      totals: { open: 1, completed: 0 },
    });
    expect(await titlesWith(ada, { label, dueFrom: "2026-05-01" })).toEqual({
      titles: ["b milk"],
      totals: { open: 1, completed: 0 },
    });
    expect((await titlesWith(ada, { label, project: project.id })).titles).toEqual(["a bread"]);
    expect(await titlesWith(ada, { label: "none" })).toEqual({ titles: [], totals: { open: 0, completed: 0 } });
    const first = (await (await ada.send(`/api/tasks?label=shop&limit=2`)).json()) as Page<Task>;
    const next = await titlesWith(ada, { label, limit: "2", cursor: first.nextCursor ?? "" });
    expect(next.titles).toEqual(["b milk"]);
    expect((await titlesWith(await signUp(url), { label })).titles).toEqual([]);
  });

  it("follow the trash, moves and completion", async () => {
    const ada = await signUp(url);
    const project = await createProject(ada, "Trip");
    const task = await createTask(ada, { title: "Pack", labels: ["home"] });
    const used = async () => [
      await labelsOf(ada),
      (await titlesWith(ada, { label: "home", project: project.id })).titles,
    ];
    expect(await used()).toEqual([[{ name: "home", open: 1, completed: 0 }], []]);
    await patchTask(ada, task, { projectId: project.id, completed: true });
    expect(await used()).toEqual([[{ name: "home", open: 0, completed: 1 }], ["Pack"]]);
    await deleteTask(ada, task);
    expect(await used()).toEqual([[], []]);
    await restoreTask(ada, task);
    expect(await used()).toEqual([[{ name: "home", open: 0, completed: 1 }], ["Pack"]]);
    await ada.send(`/api/projects/${project.id}`, { method: "PATCH", json: { archived: true } });
    expect((await used())[0]).toEqual([]);
  });
});

describe("all labels", () => {
  it("are renamed on every task, become one with another, and are removed, each as one action", async () => {
    const ada = await signUp(url);
    const tasks: Task[] = [];
    for (const labels of [["home"], ["urgent", "Home", "x"], ["urgent"]])
      tasks.push(await createTask(ada, { title: `Task ${tasks.length}`, labels }));
    const shown = async () => Promise.all(tasks.map(async (task) => (await readTask(ada, task))?.labels));
    const before = await shown();
    const renamed = await renameLabel(ada, "HOME", " House ");
    expect(await renamed.json()).toEqual({ name: "House", open: 2, completed: 0 });
    expect(await shown()).toEqual([["House"], ["urgent", "House", "x"], ["urgent"]]);
    const other = await changing(renameLabel(ada, "house", "HOUSE"));
    expect((await shown())[0]).toEqual(["HOUSE"]);
    await changing(undo(ada, other));
    const merged = await renameLabel(ada, "House", "URGENT");
    expect(await merged.json()).toEqual({ name: "urgent", open: 3, completed: 0 });
    expect(await shown()).toEqual([["urgent"], ["urgent", "x"], ["urgent"]]);
    await changing(undo(ada, Number(merged.headers.get("taskflow-change"))));
    await changing(undo(ada, Number(renamed.headers.get("taskflow-change"))));
    expect(await shown()).toEqual(before);
    const removed = await ada.send("/api/labels/urgent", { method: "DELETE" });
    expect(removed.status).toBe(204);
    expect(await shown()).toEqual([["home"], ["home", "x"], []]);
    await changing(undo(ada, Number(removed.headers.get("taskflow-change"))));
    expect(await shown()).toEqual(before);
    expect(await labelsOf(ada)).toEqual([
      { name: "home", open: 2, completed: 0 },
      { name: "urgent", open: 2, completed: 0 },
      { name: "x", open: 1, completed: 0 },
    ]);
  });

  it("are found with a slash as it is or encoded, as proxies decode it", async () => {
    const ada = await signUp(url);
    await createTask(ada, { title: "x", labels: ["home/front garden"] });
    const to = { method: "PATCH", json: { name: "home/garden" } };
    expect((await ada.send("/api/labels/home/front%20garden", to)).status).toBe(200);
    expect((await renameLabel(ada, "home/garden", "home/yard")).status).toBe(200);
    expect((await ada.send("/api/labels/home/yard", { method: "DELETE" })).status).toBe(204);
    expect(await labelsOf(ada)).toEqual([]);
  });

  it("are renamed in batches as one action", async () => {
    const ada = await signUp(url);
    const titles = Array.from({ length: 250 }, (_, index) => `Task ${index}`);
    for (let start = 0; start < titles.length; start += 50)
      await Promise.all(titles.slice(start, start + 50).map((title) => createTask(ada, { title, labels: ["many"] })));
    const renamed = await renameLabel(ada, "many", "Lots");
    expect(await renamed.json()).toEqual({ name: "Lots", open: 250, completed: 0 });
    await changing(undo(ada, Number(renamed.headers.get("taskflow-change"))));
    expect(await labelsOf(ada)).toEqual([{ name: "many", open: 250, completed: 0 }]);
  });

  it("rejects what is not a label, and what nobody uses", async () => {
    const ada = await signUp(url);
    await createTask(ada, { title: "x", labels: ["home & garden"] });
    expect((await renameLabel(ada, "home & garden", "")).status).toBe(422);
    expect((await renameLabel(ada, "other", "new")).status).toBe(404);
    expect((await ada.send("/api/labels/other", { method: "DELETE" })).status).toBe(404);
    expect((await renameLabel(await signUp(url), "home & garden", "mine")).status).toBe(404);
    expect((await renameLabel(ada, "home & garden", "garden")).status).toBe(200);
  });
});
