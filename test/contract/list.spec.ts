import { describe, expect, it } from "bun:test";
import { type Client, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";

const url = await contractUrl();

interface Task {
  id: string;
  title: string;
  priority: string;
  completed: boolean;
  updatedAt: string;
}
interface Page {
  items: Task[];
  nextCursor: string | null;
  totals: { open: number; completed: number };
}

async function list(client: Client, query: Record<string, string> = {}): Promise<Page> {
  const response = await client.send(`/api/tasks?${new URLSearchParams(query)}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
}

async function create(client: Client, json: object): Promise<Task> {
  return (await (await client.send("/api/tasks", { json })).json()) as Task;
}

const titles = ({ items }: Page) => items.map(({ title }) => title);
const bulk = (client: Client, json: object) => client.send("/api/tasks/bulk", { json });

/** Creates an account with tasks, in the given order. */
async function accountWith(...tasks: object[]): Promise<Client> {
  const client = await signUp(url);
  for (const task of tasks) await create(client, task);
  return client;
}

describe("task list", () => {
  it("is empty for a new account", async () => {
    expect(await list(await signUp(url))).toEqual({ items: [], nextCursor: null, totals: { open: 0, completed: 0 } });
  });

  it("filters by status and priority, and counts open and completed tasks", async () => {
    const client = await accountWith(
      { title: "A", priority: "high" },
      { title: "B", priority: "high", completed: true },
      { title: "C", priority: "low" },
    );
    expect(titles(await list(client))).toEqual(["C", "B", "A"]);
    const open = await list(client, { status: "open" });
    expect(titles(open)).toEqual(["C", "A"]);
    expect(open.totals).toEqual({ open: 2, completed: 1 });
    const high = await list(client, { status: "completed", priority: "high" });
    expect(titles(high)).toEqual(["B"]);
    expect(high.totals).toEqual({ open: 1, completed: 1 });
  });

  it("finds words in any order, ignoring case and accents, and has no wildcards", async () => {
    const client = await accountWith(
      { title: "Crème BRÛLÉE for Zoë" },
      { title: "100% of the plan", description: "see C:\\notes\nand STRASSE" },
      { title: "snake_case", description: "Ελλάδα" },
      { title: "snakeXcase 1000" },
    );
    const found = async (q: string) => titles(await list(client, { q })).sort();
    expect(await found("brulee creme")).toEqual(["Crème BRÛLÉE for Zoë"]);
    expect(await found("ZOË")).toEqual(["Crème BRÛLÉE for Zoë"]);
    expect(await found("100%")).toEqual(["100% of the plan"]);
    expect(await found("e_c")).toEqual(["snake_case"]);
    expect(await found("c:\\NOTES plan")).toEqual(["100% of the plan"]);
    expect(await found("ελλαδα")).toEqual(["snake_case"]);
    expect(await found("  ")).toHaveLength(4);
    expect(await found("plan nowhere")).toEqual([]);
  });

  it("sorts by each key in both directions", async () => {
    const client = await accountWith(
      { title: "banana", priority: "low" },
      { title: "Éclair", priority: "high" },
      { title: "apple", priority: "medium" },
    );
    const { items } = await list(client);
    await client.send(`/api/tasks/${items.at(-1)?.id}`, { method: "PATCH", json: { description: "changed" } });
    const sorted = async (sort: string, order = "") => titles(await list(client, { sort, ...(order && { order }) }));
    expect(await sorted("title")).toEqual(["apple", "banana", "Éclair"]);
    expect(await sorted("title", "desc")).toEqual(["Éclair", "banana", "apple"]);
    expect(await sorted("priority")).toEqual(["Éclair", "apple", "banana"]);
    expect(await sorted("priority", "asc")).toEqual(["banana", "apple", "Éclair"]);
    expect(await sorted("createdAt")).toEqual(["apple", "Éclair", "banana"]);
    expect(await sorted("createdAt", "asc")).toEqual(["banana", "Éclair", "apple"]);
    expect((await sorted("updatedAt"))[0]).toBe("banana");
    expect((await sorted("updatedAt", "asc")).at(-1)).toBe("banana");
  });

  it("sorts titles naturally: numbers by value, letters by their plain form", async () => {
    const ordered = [
      "007 agents",
      "Item 1",
      "item 2",
      "Item 10",
      "item 010 b",
      "Łuk",
      "lunch",
      "Ömer",
      "zorro",
      "Ёлка",
    ];
    const client = await accountWith(...ordered.toReversed().map((title) => ({ title })));
    expect(titles(await list(client, { sort: "title" }))).toEqual(ordered);
    const [first, ...rest] = ordered.toReversed();
    const page = await list(client, { sort: "title", order: "desc", limit: "1" });
    expect(titles(page)).toEqual([first ?? ""]);
    expect(titles(await list(client, { sort: "title", order: "desc", cursor: page.nextCursor ?? "" }))).toEqual(rest);
  });

  it("sorts by priority on every page, also with a filter and a search", async () => {
    const client = await accountWith(
      ...["low", "high", "medium", "high", "low"].map((priority, index) => ({ title: `Task ${index}`, priority })),
      { title: "Done", priority: "high", completed: true },
    );
    async function pages(query: Record<string, string>) {
      const seen: string[][] = [];
      for (let cursor: string | null = ""; cursor !== null; ) {
        const page: Page = await list(client, { sort: "priority", limit: "2", ...query, ...(cursor && { cursor }) });
        seen.push(titles(page));
        cursor = page.nextCursor;
      }
      return seen;
    }
    expect(await pages({ status: "open" })).toEqual([["Task 3", "Task 1"], ["Task 2", "Task 4"], ["Task 0"]]);
    expect(await pages({ order: "asc", q: "task" })).toEqual([["Task 0", "Task 4"], ["Task 2", "Task 1"], ["Task 3"]]);
    expect(await pages({ priority: "high" })).toEqual([["Done", "Task 3"], ["Task 1"]]);
    expect(await pages({ priority: "medium", status: "completed" })).toEqual([[]]);
  });

  it("excludes tasks of other accounts", async () => {
    await accountWith({ title: "A secret" });
    const other = await accountWith({ title: "Mine" });
    expect(titles(await list(other, { q: "secret" }))).toEqual([]);
  });

  it.each([
    "status=done",
    "priority=",
    "sort=id",
    "order=up",
    "limit=0",
    "limit=201",
    "limit=1.5",
    "limit=ten",
    "cursor=abc",
    "cursor=",
    "page=2",
  ])("rejects an invalid parameter by name: %s", async (query) => {
    const client = await reader;
    const response = await client.send(`/api/tasks?${query}`);
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path)).toEqual([`/${query.split("=")[0]}`]);
  });
  const reader = signUp(url);
});

describe("pagination", () => {
  it.each(["createdAt", "updatedAt", "title", "priority", "dueDate"])(
    "by %s has no gaps or duplicates while tasks are added and deleted",
    async (sort) => {
      const client = await signUp(url);
      const made = await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          create(client, { title: `Task ${index % 7}`, priority: ["low", "medium", "high"][index % 3] }),
        ),
      );
      for (const order of ["asc", "desc"]) {
        const seen: string[] = [];
        const deleted: string[] = [];
        let cursor: string | null = null;
        do {
          const page: Page = await list(client, { sort, order, limit: "7", ...(cursor && { cursor }) });
          seen.push(...page.items.map(({ id }) => id));
          cursor = page.nextCursor;
          // Deletes a task of this page, which the cursor may point at, and adds one at either end.
          const last = page.items.at(-1)?.id ?? "";
          deleted.push(last);
          await client.send(`/api/tasks/${last}`, { method: "DELETE" });
          await create(client, { title: "Task 3 and more", priority: "medium" });
        } while (cursor);
        expect(new Set(seen).size).toBe(seen.length);
        const expected = made.map(({ id }) => id).filter((id) => !removed.has(id));
        expect(expected.filter((id) => !seen.includes(id))).toEqual([]);
        for (const id of deleted) removed.add(id);
      }
    },
  );
  const removed = new Set<string>();

  it("rejects a cursor of another sort order", async () => {
    const client = await accountWith({ title: "A" }, { title: "B" });
    const { nextCursor } = await list(client, { limit: "1" });
    const other = await client.send(`/api/tasks?sort=title&cursor=${nextCursor}`);
    expect(other.status).toBe(422);
  });

  it("has up to 200 tasks per page, 50 by default", async () => {
    const client = await signUp(url);
    const answers = await Promise.all(
      Array.from({ length: 210 }, (_, index) => create(client, { title: `T${index}` })),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(210);
    expect((await list(client)).items).toHaveLength(50);
    const page = await list(client, { limit: "200" });
    expect(page.items).toHaveLength(200);
    expect(page.totals.open).toBe(210);
    expect((await list(client, { limit: "200", cursor: page.nextCursor ?? "" })).items).toHaveLength(10);
  });
});

describe("bulk action", () => {
  it("applies to all given tasks", async () => {
    const client = await accountWith({ title: "A" }, { title: "B" }, { title: "C" });
    const { items } = await list(client);
    const ids = items.slice(0, 2).map(({ id }) => id);
    for (const [json, query, expected] of [
      [{ action: "complete" }, { status: "completed" }, 2],
      [{ action: "reopen" }, { status: "completed" }, 0],
      [{ action: "setPriority", priority: "high" }, { priority: "high" }, 2],
      [{ action: "delete" }, {}, 1],
    ] as [object, Record<string, string>, number][]) {
      const response = await bulk(client, { ids: [...ids, ...ids], ...json });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ affected: 2 });
      expect((await list(client, query)).items).toHaveLength(expected);
    }
  });

  it("applies to no task if one is missing, deleted or of another account", async () => {
    const client = await accountWith({ title: "A" }, { title: "B" });
    const [mine, deleted] = (await list(client)).items;
    await client.send(`/api/tasks/${deleted?.id}`, { method: "DELETE" });
    const [theirs] = (await list(await accountWith({ title: "Not yours" }))).items;
    for (const invalid of [crypto.randomUUID(), "nope", deleted?.id, theirs?.id]) {
      expect((await bulk(client, { ids: [mine?.id, invalid], action: "complete" })).status).toBe(404);
    }
    expect((await list(client, { status: "completed" })).items).toEqual([]);
  });

  it("does not modify or count a task that needs no change", async () => {
    const client = await accountWith({ title: "Done", completed: true });
    const [before] = (await list(client)).items;
    const open = await create(client, { title: "Open" });
    const response = await bulk(client, { ids: [before?.id, open.id], action: "complete" });
    expect(await response.json()).toEqual({ affected: 1 });
    expect((await list(client)).items.find(({ id }) => id === before?.id)).toEqual(before as Task);
  });

  it.each([
    [{ action: "complete" }, "/ids"],
    [{ ids: [], action: "complete" }, "/ids"],
    [{ ids: "x", action: "complete" }, "/ids"],
    [{ ids: ["x", 5], action: "complete" }, "/ids/1"],
    [{ ids: Array(1001).fill("x"), action: "complete" }, "/ids"],
    [{ ids: ["x"], action: "explode" }, "/action"],
    [{ ids: ["x"], action: "setPriority" }, "/priority"],
    [{ ids: ["x"], action: "setPriority", priority: null }, "/priority"],
    [{ ids: ["x"], action: "complete", priority: "low" }, "/priority"],
  ])("rejects invalid input: %j", async (json, path) => {
    const response = await bulk(await reader, json);
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { path: string }[] };
    expect(errors.map((error) => error.path)).toEqual([path]);
  });
  const reader = signUp(url);
});
