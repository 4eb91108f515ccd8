import { type Account, type Dataset, randomWords } from "./dataset.ts";
import type { Call } from "./load.ts";
import type { Table } from "./starters.ts";

/** A row of the table: one kind of request under load. "Cold" ones have more calls than TaskFlow's cache has room for. */
export interface Case {
  readonly name: string;
  readonly title: string;
  readonly calls: (dataset: Dataset) => Call[];
  readonly connections: number;
  /** The only status that counts as success. */
  readonly status: number;
  readonly table: Table;
  /** Whether `--quick` measures it. */
  readonly quick: boolean;
}

const DEFAULTS = { connections: 16, status: 200, table: "base", quick: false } as const;
const define = (name: string, title: string, calls: Case["calls"], options: Partial<Case> = {}): Case => {
  return { name, title, calls, ...DEFAULTS, ...options };
};
const [quick, status] = [true, 201];

/** Calls a function for every reader with 0, 1, 2 … */
function vary(times: number, readers: readonly Account[], calls: (reader: Account, variant: number) => Call[]) {
  const variants = Array.from({ length: Math.ceil(times) }, (_, variant) => variant);
  return variants.flatMap((variant) => readers.flatMap((reader) => calls(reader, variant)));
}

/** Lists of 10 to 90 tasks, 50 in the mean. 37 and 81 have no common factor, so that the lengths are mixed. */
function lists(reader: Account, variant: number): Call[] {
  const limit = 10 + ((variant * 37) % 81);
  return ["createdAt", "updatedAt", "title"].flatMap((sort) =>
    ["asc", "desc"].flatMap((order) =>
      ["open", "completed", "all"].map((status) =>
        get(`/api/tasks?sort=${sort}&order=${order}&status=${status}&limit=${limit}`, reader),
      ),
    ),
  );
}

const listsOfOne = ({ readers }: Dataset) => vary(81, [readers[0]], lists);

/** Servers ignore `variant`, but it makes another entry in a cache. */
const tasks = (reader: Account, variant: number) =>
  reader.openIds.map((id) => get(`/api/tasks/${id}?variant=${variant}`, reader));

const page = (reader: Account, variant: number) => [get(`/tasks?variant=${variant}`, reader)];

const search = (reader: Account, variant: number) => [
  get(`/api/tasks?q=${randomWords(variant, 2).replace(" ", "+")}&limit=${30 + (variant % 40)}`, reader),
];

const creations = ({ writer: { headers } }: Dataset) =>
  Array.from({ length: 256 }, (_, seed): Call => {
    const body = JSON.stringify({ title: randomWords(seed, 4), description: randomWords(seed, 10) });
    return { method: "POST", path: "/api/tasks", headers: { ...headers, "content-type": "application/json" }, body };
  });

const get = (path: string, { headers }: Account): Call => ({ method: "GET", path, headers });

export const CASES: readonly Case[] = [
  define("list", "List of 50 tasks, cold", ({ readers }) => vary(81, readers, lists), { quick }),
  define("list-again", "Same list again, cached", ({ readers }) => [get("/api/tasks", readers[0])], { quick }),
  define("one", "One task, cold", ({ readers }) => vary(64 / readers.length, readers, tasks), { quick }),
  define("one-again", "Same tasks again, cached", ({ readers }) => vary(1, readers, tasks), { quick }),
  define("search", "Search for two words, cold", ({ readers }) => vary(800, readers, search)),
  define("page", "List page, cold", ({ readers }) => vary(1000, readers, page), { quick }),
  define("page-again", "Same page again, cached", ({ readers }) => vary(1, readers, page), { quick }),
  define("create", "Create, 1 client", creations, { connections: 1, status, quick }),
  define("create-64", "Create, 64 clients", creations, { connections: 64, status, quick }),
  define("list-1m", "List, 1,000,000 tasks in the table, cold", listsOfOne, { table: "large" }),
];
