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
  /** Sent at the same time, one every 200 ms. */
  readonly beside?: (dataset: Dataset) => Call[];
  /** Whether `--quick` measures it. */
  readonly quick: boolean;
}

const DEFAULTS = { connections: 16, status: 200, table: "base", quick: false } as const;
const define = (name: string, title: string, calls: Case["calls"], options: Partial<Case> = {}): Case =>
  Object.assign({ name, title, calls }, DEFAULTS, options);
const [quick, status, one] = [true, 201, { connections: 1, status: 201 }];

/** Calls a function for every reader with 0, 1, 2 … */
function vary(times: number, readers: readonly Account[], calls: (reader: Account, variant: number) => Call[]) {
  const variants = Array.from({ length: Math.ceil(times) }, (_, variant) => variant);
  return variants.flatMap((variant) => readers.flatMap((reader) => calls(reader, variant)));
}

/** Lists of 10 to 90 tasks, 50 in the mean. 37 and 81 have no common factor, so that the lengths are mixed. */
function lists(reader: Account, variant: number): Call[] {
  const limit = 10 + ((variant * 37) % 81);
  const sorts = ["createdAt", "updatedAt", "title"].flatMap((sort) => [`${sort}&order=asc`, `${sort}&order=desc`]);
  const queries = sorts.flatMap((sort) =>
    ["open", "completed", "all"].map((status) => `sort=${sort}&status=${status}`),
  );
  return queries.map((query) => get(`/api/tasks?${query}&limit=${limit}`, reader));
}

/** Lists of one project, of 10 to 90 dated, labelled and assigned tasks. */
const projectLists = ({ planner }: Dataset) =>
  vary(10, [planner], (own, variant) =>
    planner.projects.flatMap((id) =>
      ["createdAt", "updatedAt", "title"].map((sort, at) =>
        get(`/api/tasks?project=${id}&sort=${sort}&limit=${10 + ((variant * 37 + at) % 81)}`, own),
      ),
    ),
  );

const today = ({ planner }: Dataset) =>
  vary(200, [planner], (own, variant) =>
    ["asc", "desc"].map((order) => get(`/api/tasks?due=today&order=${order}&limit=${1 + variant}`, own)),
  );

const tasks = (reader: Account) => reader.openIds.map((id) => get(`/api/tasks/${id}`, reader));

/** Servers ignore `variant`, but it makes another entry in a cache. */
const page = (reader: Account, variant: number) => [get(`/tasks?variant=${variant}`, reader)];

const search = (reader: Account, variant: number) => [
  get(`/api/tasks?q=${randomWords(variant, 2).replace(" ", "+")}&limit=${30 + (variant % 40)}`, reader),
];

/** The crowd's oldest tasks are copies of the first reader's, with a number after the id. */
const lastPage = ({ crowd, readers: [{ openIds }] }: Dataset) =>
  vary(50, [crowd], (own, variant) => {
    const cursor = btoa(JSON.stringify(["createdAt", "desc", 0, `${openIds.toSorted()[0]}-${10_050 + variant}`]));
    return [get(`/api/tasks?cursor=${cursor}`, own)];
  });

const beside = ({ crowd }: Dataset) => vary(100, [crowd], (own, variant) => [get(`/api/tasks?q=no${variant}`, own)]);

const creations = ({ writers }: Dataset) =>
  Array.from({ length: 260 }, (_, seed): Call => {
    const headers = writers[seed % writers.length]?.headers;
    const body = JSON.stringify({ title: randomWords(seed, 4), description: randomWords(seed, 10) });
    return { method: "POST", path: "/api/tasks", headers: { ...headers, "content-type": "application/json" }, body };
  });

const get = (path: string, { headers }: Account): Call => ({ method: "GET", path, headers });

export const CASES: readonly Case[] = [
  define("list", "List of 50 tasks, cold", ({ readers }) => vary(81, readers, lists), { quick }),
  define("list-again", "Same list again, cached", ({ readers }) => [get("/api/tasks", readers[0])], { quick }),
  define("project", "List of one of 20 projects, cold", projectLists, { quick }),
  define("project-again", "Same list again, cached", (dataset) => projectLists(dataset).slice(0, 1)),
  define("today", "Today, over 20 projects with 10,000 tasks, cold", today, { quick }),
  define("one", "One task, uncached", ({ readers }) => vary(1, readers, tasks), { quick }),
  define("search", "Search for two words, cold", ({ readers }) => vary(800, readers, search)),
  define("page", "List page, cold", ({ readers }) => vary(1000, readers, page), { quick }),
  define("page-again", "Same page again, cached", ({ readers }) => vary(1, readers, page), { quick }),
  define("create", "Create, 1 client", creations, { ...one, quick }),
  define("create-beside-search", "Create, 1 client, beside searches of all tasks", creations, { ...one, beside }),
  define("last-page", "Last page of all tasks", lastPage),
  define("create-64", "Create, 64 clients in 20 accounts", creations, { connections: 64, status, quick }),
  define("list-1m", "List, 1,000,000 tasks, cold", ({ readers }) => vary(81, [readers[0]], lists), { table: "large" }),
];
