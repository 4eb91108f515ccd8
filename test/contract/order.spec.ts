import { describe, expect, it } from "bun:test";
import fc from "fast-check";
import { type Client, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { createProject } from "../support/projects.ts";
import {
  bulk,
  changeOf,
  changing,
  createTask,
  deleteTask,
  moveTasks,
  outlineOf,
  type Page,
  patchTask,
  readTask,
  restoreTask,
  type Task,
  undo,
} from "../support/tasks.ts";

const url = await contractUrl();
const ada = await signUp(url);

/** Creates a project with tasks from the top down; spaces before a title make it a subtask. */
async function projectWith(client: Client, ...lines: string[]) {
  const project = await createProject(client, "Launch");
  const tasks: Record<string, Task> = {};
  const above: Task[] = [];
  let last: Task | undefined;
  for (const line of lines) {
    const level = line.search(/\S/) / 2;
    const title = line.trim();
    const task = await createTask(client, { title, projectId: project.id, parentId: above[level - 1]?.id ?? null });
    if (level === 0 && last) await changing(moveTasks(client, [task], { after: last.id }));
    if (level === 0) last = task;
    above[level] = tasks[title] = task;
  }
  expect(await outlineOf(client, project)).toEqual(lines);
  const task = (title: string): Task => {
    const found = tasks[title];
    if (!found) throw new Error(`no task ${title}`);
    return found;
  };
  return { project, task };
}

const problem = async (response: Response) => ({
  status: response.status,
  errors: ((await response.json()) as { errors?: { path: string }[] }).errors?.map(({ path }) => path),
});

describe("manual order", () => {
  it("is the order of a project's open tasks, with a new task at the top", async () => {
    const { project } = await projectWith(ada, "one", "two");
    await createTask(ada, { title: "new", projectId: project.id });
    expect(await outlineOf(ada, project)).toEqual(["new", "one", "two"]);
    const page = (await (await ada.send(`/api/tasks?project=${project.id}&sort=manual`)).json()) as Page<Task>;
    expect(page.items.map(({ title }) => title)).toEqual(["new", "one", "two"]);
  });

  it("moves tasks before or after another one, several in the order given, and back by undo", async () => {
    const { project, task } = await projectWith(ada, "one", "two", "three", "four");
    await changing(moveTasks(ada, [task("four")], { before: task("two").id }));
    expect(await outlineOf(ada, project)).toEqual(["one", "four", "two", "three"]);
    const moved = await changing(moveTasks(ada, [task("two"), task("one")], { after: task("three").id }));
    expect(await outlineOf(ada, project)).toEqual(["four", "three", "two", "one"]);
    await changing(undo(ada, moved));
    expect(await outlineOf(ada, project)).toEqual(["one", "four", "two", "three"]);
  });

  it("changes nothing for a task that is there already", async () => {
    const { task } = await projectWith(ada, "one", "two", "three");
    for (const to of [{ after: task("one").id }, { before: task("three").id }, { parentId: null }]) {
      const response = await moveTasks(ada, [task("two")], to);
      expect([response.status, changeOf(response)]).toEqual([200, undefined]);
    }
  });

  it("has room at the same place for hundreds of moves", async () => {
    const { project, task } = await projectWith(ada, "one", "two", "three", "  below", "four");
    for (let count = 0; count < 80; count++) {
      await moveTasks(ada, [task("two")], { after: task("one").id });
      await moveTasks(ada, [task("three")], { after: task("one").id });
    }
    expect(await outlineOf(ada, project)).toEqual(["one", "three", "  below", "two", "four"]);
  });

  it("continues with completed tasks, and has an order only within one project", async () => {
    const { project, task } = await projectWith(ada, "one", "two", "three");
    await patchTask(ada, task("one"), { completed: true });
    const titles: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const path: string = `/api/tasks?project=${project.id}&limit=1${cursor && `&cursor=${cursor}`}`;
      const page = (await (await ada.send(path)).json()) as Page<Task>;
      titles.push(...page.items.map(({ title }) => title));
      cursor = page.nextCursor;
    }
    expect(titles).toEqual(["two", "three", "one"]);
    expect(await problem(await ada.send("/api/tasks?sort=manual"))).toEqual({ status: 422, errors: ["/sort"] });
  });

  it("names the field of a place that does not exist", async () => {
    const { task } = await projectWith(ada, "one", "two");
    const bob = await signUp(url);
    const foreign = await createTask(bob, "Not yours");
    const one = task("one");
    for (const [to, path] of [
      [{ before: foreign.id }, "/before"],
      [{ after: "nothing" }, "/after"],
      [{ parentId: foreign.id }, "/parentId"],
      [{ sectionId: "nothing" }, "/sectionId"],
      [{ before: one.id }, "/before"],
      [{ before: task("two").id, after: task("two").id }, "/after"],
      [{ after: task("two").id, parentId: one.id }, "/parentId"],
      [{}, "/projectId"],
    ] as const)
      expect(await problem(await moveTasks(ada, [one], to))).toEqual({ status: 422, errors: [path] });
  });
});

describe("subtasks", () => {
  it("come after their parent, the newest last, and move with it", async () => {
    const { project, task } = await projectWith(ada, "one", "  a", "    a1", "  b", "two");
    await changing(moveTasks(ada, [task("one")], { after: task("two").id }));
    expect(await outlineOf(ada, project)).toEqual(["two", "one", "  a", "    a1", "  b"]);
    await changing(moveTasks(ada, [task("b")], { parentId: task("two").id }));
    await changing(moveTasks(ada, [task("a")], { before: task("two").id }));
    expect(await outlineOf(ada, project)).toEqual(["a", "  a1", "two", "  b", "one"]);
  });

  it("have the project of their parent, also after a move and its undo", async () => {
    const { project, task } = await projectWith(ada, "one", "  a", "    a1", "two");
    const other = await createProject(ada, "Other");
    const moved = await changing(patchTask(ada, task("one"), { projectId: other.id }));
    expect(await outlineOf(ada, other)).toEqual(["one", "  a", "    a1"]);
    expect(await outlineOf(ada, project)).toEqual(["two"]);
    await changing(undo(ada, moved));
    expect(await outlineOf(ada, project)).toEqual(["one", "  a", "    a1", "two"]);
    await changing(patchTask(ada, task("a"), { projectId: other.id }));
    expect([await outlineOf(ada, project), await outlineOf(ada, other)]).toEqual([
      ["one", "two"],
      ["a", "  a1"],
    ]);
  });

  it("are completed with their parent, and undo reopens exactly those", async () => {
    const { project, task } = await projectWith(ada, "one", "  a", "    a1", "  b");
    await patchTask(ada, task("b"), { completed: true });
    const done = await changing(patchTask(ada, task("one"), { completed: true }));
    expect(await outlineOf(ada, project)).toEqual([]);
    await changing(undo(ada, done));
    expect(await outlineOf(ada, project)).toEqual(["one", "  a", "    a1"]);
  });

  it("reopen their parents", async () => {
    const { project, task } = await projectWith(ada, "one", "  a", "    a1", "  b");
    await patchTask(ada, task("one"), { completed: true });
    await changing(patchTask(ada, task("a1"), { completed: false }));
    expect(await outlineOf(ada, project)).toEqual(["one", "  a", "    a1"]);
  });

  it("are deleted and restored with their parent, but for those that were deleted before", async () => {
    const { project, task } = await projectWith(ada, "one", "  a", "    a1", "  b");
    await deleteTask(ada, task("b"));
    const deleted = await changing(deleteTask(ada, task("one")));
    expect(await readTask(ada, task("a1"))).toBeUndefined();
    await changing(restoreTask(ada, task("one")));
    expect(await outlineOf(ada, project)).toEqual(["one", "  a", "    a1"]);
    expect((await undo(ada, deleted)).status).toBe(409);
    await deleteTask(ada, task("one"));
    await changing(restoreTask(ada, task("a")));
    expect(await outlineOf(ada, project)).toEqual(["a", "  a1"]);
  });

  it("are open again on the next date of a repeating parent", async () => {
    const { project, task } = await projectWith(ada, "one", "  a", "    a1", "  b");
    await patchTask(ada, task("one"), { dueDate: "2031-05-05", repeat: "FREQ=WEEKLY" });
    // Their dates move with it, unless they repeat by themselves.
    await patchTask(ada, task("a"), { dueDate: "2031-05-04", startDate: "2031-05-01", completed: true });
    await patchTask(ada, task("a1"), { dueDate: "2031-05-03", repeat: "FREQ=DAILY" });
    const dates = async () =>
      (await Promise.all(["a", "a1", "b"].map((title) => readTask(ada, task(title))))).map(
        (each) => `${each?.startDate} ${each?.dueDate}`,
      );
    expect(await outlineOf(ada, project)).toEqual(["one", "  b"]);
    const done = await changing(patchTask(ada, task("one"), { completed: true }));
    expect(await outlineOf(ada, project)).toEqual(["one", "  a", "    a1", "  b"]);
    expect(await dates()).toEqual(["2031-05-08 2031-05-11", "null 2031-05-03", "null null"]);
    await changing(undo(ada, done));
    expect(await outlineOf(ada, project)).toEqual(["one", "  b"]);
    expect(await dates()).toEqual(["2031-05-01 2031-05-04", "null 2031-05-03", "null null"]);
  });

  it("have at most four levels, and are never below themselves", async () => {
    const { project, task } = await projectWith(ada, "0", "  1", "    2", "      3", "        4", "other", "  below");
    const deep = await ada.send("/api/tasks", { json: { title: "5", parentId: task("4").id } });
    expect(await problem(deep)).toEqual({ status: 422, errors: ["/parentId"] });
    expect((await moveTasks(ada, [task("other")], { parentId: task("3").id })).status).toBe(409);
    expect(await problem(await moveTasks(ada, [task("1")], { parentId: task("3").id }))).toMatchObject({ status: 422 });
    const out = await changing(moveTasks(ada, [task("2")], { after: task("0").id }));
    await changing(moveTasks(ada, [task("0")], { parentId: task("2").id }));
    const before = await outlineOf(ada, project);
    expect((await undo(ada, out)).status).toBe(409);
    expect(await outlineOf(ada, project)).toEqual(before);
  });
});

/** A task and those below it. */
interface Node {
  readonly title: string;
  children: Node[];
}

const copyOf = (nodes: readonly Node[]): Node[] => structuredClone(nodes) as Node[];
const linesOf = (nodes: readonly Node[], level = 0): string[] =>
  nodes.flatMap(({ title, children }) => [`${"  ".repeat(level)}${title}`, ...linesOf(children, level + 1)]);
const allOf = (nodes: readonly Node[]): Node[] => nodes.flatMap((node) => [node, ...allOf(node.children)]);
const heightOf = ({ children }: Node): number => Math.max(0, ...children.map((child) => heightOf(child) + 1));

/** Returns the list that a task is in, and how deep it is. */
function listOf(nodes: Node[], title: string, level = 0): { list: Node[]; level: number } | undefined {
  if (nodes.some((node) => node.title === title)) return { list: nodes, level };
  for (const { children } of nodes) {
    const found = listOf(children, title, level + 1);
    if (found) return found;
  }
  return undefined;
}

const TITLES = ["a", "b", "c", "d", "e", "f", "g"];
const title = fc.constantFrom(...TITLES);
const step = fc.record({
  titles: fc.uniqueArray(title, { minLength: 1, maxLength: 3 }),
  how: fc.constantFrom("before", "after", "parentId", "complete", "undo"),
  to: title,
});

/** Does to a model what a request does to the project. @returns undefined if it is rejected */
function applied(model: readonly Node[], { titles, how, to }: { titles: string[]; how: string; to: string }) {
  const next = copyOf(model);
  const nodes = titles.map((each) => allOf(next).find((node) => node.title === each));
  const moved = nodes.filter((node): node is Node => node !== undefined);
  if (moved.length < titles.length) return undefined;
  const roots = moved.filter((node) => !moved.some((other) => other !== node && allOf(other.children).includes(node)));
  const isBelow = roots.some((node) => allOf([node]).some((each) => each.title === to));
  const target = allOf(next).find((node) => node.title === to);
  if (how !== "complete" && (isBelow || !target)) return undefined;
  // Those that are below the parent already stay where they are.
  const moving = how === "parentId" ? roots.filter((node) => !target?.children.includes(node)) : roots;
  for (const node of moving) {
    const list = listOf(next, node.title)?.list ?? [];
    list.splice(list.indexOf(node), 1);
  }
  if (how === "complete" || !target) return next;
  const { list, level } = listOf(next, to) ?? { list: [], level: 0 };
  const depth = how === "parentId" ? level + 1 : level;
  if (moving.some((node) => depth + heightOf(node) > 4)) return undefined;
  if (how === "parentId") target.children.push(...moving);
  else list.splice(list.indexOf(target) + (how === "after" ? 1 : 0), 0, ...moving);
  return next;
}

describe("any sequence of moves", () => {
  it("has the order that a model of it has, page by page", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { project, task } = await projectWith(ada, ...TITLES);
        let model: Node[] = TITLES.map((each) => ({ title: each, children: [] }));
        let last: { change: number; before: Node[] } | undefined;
        for (const each of steps) {
          if (each.how === "undo") {
            if (last) await changing(undo(ada, last.change));
            model = last?.before ?? model;
            last = undefined;
          } else {
            const tasks = each.titles.map(task);
            const open = new Set(allOf(model).map((node) => node.title));
            if (!each.titles.every((one) => open.has(one))) continue;
            const response = await (each.how === "complete"
              ? bulk(ada, tasks, "complete")
              : moveTasks(ada, tasks, { [each.how]: task(each.to).id }));
            const next = applied(model, each);
            expect(response.ok, JSON.stringify(each)).toBe(next !== undefined);
            const change = changeOf(response);
            last = next && change !== undefined ? { change, before: model } : undefined;
            model = next ?? model;
          }
          expect(await outlineOf(ada, project, 3)).toEqual(linesOf(model));
        }
      }),
      { numRuns: 6 },
    );
  });

  it("loses and duplicates no task when many people move at the same time", async () => {
    const actions = fc.array(step, { minLength: 20, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(actions, async (steps) => {
        const { project, task } = await projectWith(ada, ...TITLES);
        await Promise.all(
          steps.map(({ titles, how, to }) => {
            const tasks = titles.map(task);
            if (how === "complete" || how === "undo") return bulk(ada, tasks, how === "undo" ? "reopen" : "complete");
            return moveTasks(ada, tasks, { [how]: task(to).id });
          }),
        );
        await changing(bulk(ada, TITLES.map(task), "reopen"));
        // The list has each task once, after its parent, and in the same order in small pages.
        const lines = await outlineOf(ada, project);
        expect(lines.map((line) => line.trim()).sort()).toEqual(TITLES);
        expect(await outlineOf(ada, project, 2)).toEqual(lines);
      }),
      { numRuns: 4 },
    );
  });
});
