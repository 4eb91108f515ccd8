import { afterAll, expect, it, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { dataFolder } from "../support/data-folder.ts";
import { engine, startProgram } from "../support/program.ts";
import {
  BULK,
  DEFAULTS,
  FIELDS,
  type Position,
  SORTS,
  type Task,
  TaskModel,
  type Values,
} from "../support/task-model.ts";
import { createTranslator, type ModelRequest } from "../support/translator.ts";

setDefaultTimeout(120_000);

// On PostgreSQL there is a second server, on SQLite: each is compared with the model, and both with each other.
const folder = dataFolder();
const settings = { SIGN_UPS_PER_HOUR: "0", LOG_LEVEL: "error" };
const onFile = { ...settings, DATA_DIR: folder.path, DATABASE_URL: join(folder.path, "taskflow.db") };
const programs = [await startProgram(settings), ...(engine === "sqlite" ? [] : [await startProgram(onFile)])];
afterAll(async () => {
  for (const program of programs) await program[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

type Send = Awaited<ReturnType<typeof createTranslator>>;
type Response = Awaited<ReturnType<Send>>;

interface World {
  readonly model: TaskModel;
  /** Where the pages ended that were read so far. */
  readonly pages: Position[];
  /** Successful requests with an Idempotency-Key. */
  readonly keyed: Exchange[];
}

/** What a command does: the request, and what the model expects in the response. */
interface Exchange extends ModelRequest {
  readonly expected: Partial<Response> & Pick<Response, "status">;
  /** Where the page in the response ends. */
  readonly end?: Position | undefined;
}

/** A command of a random sequence, which is reported with its name and arguments. */
class Command<Args> implements fc.AsyncCommand<World, Send[]> {
  constructor(
    readonly name: string,
    readonly args: Args,
    readonly plan: (world: World, args: Args) => Exchange | undefined,
  ) {}
  check = () => true;
  toString = () => `${this.name} ${JSON.stringify(this.args)}`;

  async run(world: World, servers: Send[]) {
    const { model, pages, keyed } = world;
    // Each step has its own millisecond, so that times can be told apart.
    for (const start = Date.now(); Date.now() === start; ) await new Promise(setImmediate);
    model.step++;
    const known = model.changes.length;
    const exchange = this.plan(world, this.args);
    if (!exchange) return;
    const { expected, end, ...request } = exchange;
    const log = [{ id: `c${known - 1}` }, ...model.changes.slice(known)];
    const responses = await Promise.all(servers.map((send) => send(request, model.step, log.length)));
    for (const response of responses) {
      expect(response).toMatchObject({ ...expected, log });
      expect(response).toEqual(responses[0] as Response);
    }
    if (request.headers?.["idempotency-key"] && expected.status < 300) keyed.push(exchange);
    if (end) pages.push(end);
  }
}

const command = <Args extends object>(
  name: string,
  args: { [Name in keyof Args]: fc.Arbitrary<Args[Name]> },
  plan: (world: World, args: Args) => Exchange | undefined,
) => fc.record(args).map((values) => new Command(name, values as Args, plan));

// What arguments are made of. A number picks one of what exists by then, or rarely one that does not exist.
const pick = fc.nat(999);
const picked = (number: number, count: number) => (number % 20 === 0 ? count : number % (count || 1));
const oneOf = <Value>(values: readonly Value[]) => fc.constantFrom(...values);
const maybe = <Value>(values: readonly Value[]) => fc.constantFrom(...values.map(() => undefined), ...values);
const fields = Object.fromEntries(Object.entries(FIELDS).map(([name, values]) => [name, oneOf<unknown>(values)]));
const patch = fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Values>;
const input = fc.record(fields, { requiredKeys: ["title"] }) as fc.Arbitrary<Values>;
const condition = maybe(["current", "stale", "any"]);
const picks = fc.array(pick, { minLength: 1, maxLength: 5 });
const query = fc.record({
  status: maybe(["open", "completed", "all"] as const),
  priority: maybe(FIELDS.priority),
  q: maybe(["item", "ECLAIR", "plan item", "10", "two"]),
  sort: maybe(Object.keys(SORTS) as (keyof typeof SORTS)[]),
  order: maybe(["asc", "desc"] as const),
  limit: fc.integer({ min: 1, max: 4 }),
});

const NOT_FOUND = { status: 404, change: null };
const key = ({ model }: World) => ({ "idempotency-key": `step-${model.step}` });
const answer = (task: Task) => ({ status: 200, version: `${task.version}`, body: TaskModel.show(task) });

/** Changes one task. `*` in the path is its id. A restored one has to be in the trash, any other must not. */
function revise(
  world: World,
  [method, path, json]: [string, string, object?],
  pick: number,
  patch: Values,
  when = "",
): Exchange {
  const { model } = world;
  const number = picked(pick, model.tasks.length);
  const task = model.tasks[number];
  const version = { current: `"${task?.version}"`, stale: `"${(task?.version ?? 0) - 1}"`, any: "*" }[when];
  const headers = { ...(method === "POST" && key(world)), ...(version && { "if-match": version }) };
  const request = { method, path: path.replace("*", `{t${number}}`), json, headers };
  if (!task || (task.values.deletedAt === null) !== (patch.deletedAt !== null))
    return { ...request, expected: NOT_FOUND };
  const own = when === "stale" ? method !== "DELETE" && model.reconcile(task, patch) : patch;
  if (!own) return { ...request, expected: { status: 412, change: null } };
  const change = model.revise([[task, own]]);
  return { ...request, expected: method === "DELETE" ? { status: 204, change } : { ...answer(task), change } };
}

function bulk(world: World, picks: readonly number[], action: keyof typeof BULK): Exchange {
  const { model } = world;
  const numbers = [...new Set(picks.map((pick) => picked(pick, model.tasks.length)))].sort((a, b) => a - b);
  const json = { ids: numbers.map((each) => `{t${each}}`), action, ...(action === "setPriority" && BULK[action]) };
  const request = { method: "POST", path: "/api/tasks/bulk", json, headers: key(world) };
  const tasks = numbers.flatMap((each) => model.tasks[each] ?? []).filter(({ values }) => values.deletedAt === null);
  if (tasks.length < numbers.length) return { ...request, expected: NOT_FOUND };
  const before = model.changes.length;
  const change = model.revise(tasks.map((task) => [task, BULK[action]]));
  return { ...request, expected: { status: 200, change, body: { affected: model.changes.length - before } } };
}

const undo = (world: World, number: number): Exchange => ({
  method: "POST",
  path: `/api/changes/{c${number}}/undo`,
  headers: key(world),
  expected: world.model.undo(number),
});

/** Reads a page of a list. @param number that of the page before */
function list({ model, pages }: World, query: Position["query"], number?: number): Exchange {
  const { items, totals, next } = model.list(query, pages[number ?? -1]?.after);
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, `${value}`]]));
  const path = `/api/tasks?${new URLSearchParams(given)}${number === undefined ? "" : `&cursor={p${number}}`}`;
  const body = { items: items.map(TaskModel.show), totals, nextCursor: next ? `p${pages.length}` : null };
  return { path, expected: { status: 200, body }, end: next };
}

const create = command("create", { input }, (world, { input }) => {
  const [task, change] = world.model.create(input);
  const expected = { ...answer(task), status: 201, change };
  return { method: "POST", path: "/api/tasks", json: input, headers: key(world), expected };
});

/** What clients do. */
const COMMANDS = [
  ...Array(4).fill(create),
  command("patch", { task: pick, patch, when: condition }, (world, { task, patch, when }) =>
    revise(world, ["PATCH", "/api/tasks/*", patch], task, patch, when),
  ),
  command("replace", { task: pick, input, when: condition }, (world, { task, input, when }) =>
    revise(world, ["PUT", "/api/tasks/*", input], task, { ...DEFAULTS, ...input }, when),
  ),
  command("delete", { task: pick, when: condition }, (world, { task, when }) =>
    revise(world, ["DELETE", "/api/tasks/*"], task, { deletedAt: "now" }, when),
  ),
  command("restore", { task: pick }, (world, { task }) =>
    revise(world, ["POST", "/api/trash/*/restore"], task, { deletedAt: null }),
  ),
  command("bulk", { tasks: picks, action: oneOf(Object.keys(BULK)) }, (world, { tasks, action }) =>
    bulk(world, tasks, action as keyof typeof BULK),
  ),
  command("undo", { change: pick }, (world, { change }) => undo(world, picked(change, world.model.changes.length))),
  command("undo the newest", {}, (world) => undo(world, world.model.changes.length - 1)),
  command("undo one more", {}, (world) => undo(world, world.model.newestInForce())),
  command("repeat", { request: pick }, ({ keyed }, { request }) => keyed[picked(request, keyed.length)]),
  command("read", { task: pick }, ({ model }, { task: pick }) => {
    const number = picked(pick, model.tasks.length);
    const task = model.tasks[number];
    return { path: `/api/tasks/{t${number}}`, expected: task?.values.deletedAt === null ? answer(task) : NOT_FOUND };
  }),
  command("list", { query }, (world, { query }) => list(world, query)),
  command("continue a list", { page: pick }, (world, { page }) => {
    const number = picked(page, world.pages.length);
    const before = world.pages[number];
    return before && list(world, before.query, number);
  }),
  command("list the trash", {}, ({ model }) => {
    const items = model.trash().map((task) => ({ ...TaskModel.show(task), deletedAt: task.values.deletedAt }));
    return { path: "/api/trash?limit=200", expected: { status: 200, body: { items, nextCursor: null } } };
  }),
];

it("does what a model of it does, in every sequence of requests and on both engines", async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(COMMANDS, { maxCommands: 100, size: "max" }), async (commands) => {
      const real = await Promise.all(programs.map(({ url }) => createTranslator(url)));
      const model: World = { model: new TaskModel(), pages: [], keyed: [] };
      await fc.asyncModelRun(() => ({ model, real }), commands);
    }),
    { numRuns: 20, interruptAfterTimeLimit: 90_000 },
  );
});
