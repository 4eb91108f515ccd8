import { Database as Sqlite } from "bun:sqlite";
import { expect, it, setDefaultTimeout } from "bun:test";
import { SQL } from "bun";
import { NoopLogger } from "drizzle-orm/logger";
import { createServices } from "../../src/compose.ts";
import { databasePlace } from "../../src/config.ts";
import { openPlace } from "../../src/db/open.ts";
import type { Visitor } from "../../src/http/session.ts";
import { dataFolder } from "../support/data-folder.ts";
import { databaseUrl, engine } from "../support/program.ts";

setDefaultTimeout(60_000);

/** Tables that grow with the number of users and their activity. */
const BIG = ["users", "sessions", "tasks", "changes", "idempotency_keys"];

/** Calls every service function that requests use. @returns the SQL of all queries */
async function collectQueries(url: string): Promise<Set<string>> {
  const seen = new Set<string>();
  // Without a configured logger Drizzle passes every query to this one.
  Object.assign(NoopLogger.prototype, { logQuery: (query: string) => seen.add(query) });
  // Queries without Drizzle, such as those that watch for other processes' commits, are prepared here.
  const { query: prepare } = Sqlite.prototype;
  using _ = { [Symbol.dispose]: () => void Object.assign(Sqlite.prototype, { query: prepare }) };
  Object.assign(Sqlite.prototype, {
    query(this: Sqlite, query: string) {
      seen.add(query);
      return prepare.call(this, query);
    },
  });
  const place = databasePlace(url);
  if (typeof place === "string") throw new Error(place);
  const db = await openPlace(place);
  const { accounts, changes, idempotency, tasks } = createServices(db);
  const repeat = { scope: "spec", key: crypto.randomUUID(), fingerprint: "" };

  const person = { username: "ada", email: "ada@example.org", password: "a long enough phrase" };
  await accounts.register(person, "token", repeat);
  const session = await accounts.signIn(person, "token");
  const { actor } = (await accounts.findSession(session.user.id, session.id, "token")) as Visitor;
  const { task } = await tasks.createTask(actor, { title: "One" });
  for (const sort of ["createdAt", "updatedAt", "title", "priority"] as const)
    for (const status of ["open", "completed", "all"] as const)
      for (const priority of [undefined, "high"] as const) {
        await tasks.listTasks(actor, { sort, status, priority, limit: 1 });
        await tasks.listTasks(actor, { sort, status, priority, q: "two words" });
      }
  for (let number = 0; number < 3; number++) await tasks.createTask(actor, { title: `Task ${number}` });
  const { nextCursor } = await tasks.listTasks(actor, { limit: 1 });
  await tasks.listTasks(actor, { limit: 1, cursor: nextCursor ?? "" });
  await tasks.getTask(actor, task.id);
  await tasks.getTasks(actor, [task.id]);
  await tasks.updateTask(actor, task.id, { completed: true });
  const bulk = await tasks.bulk(actor, { ids: [task.id], action: "reopen" });
  await changes.undo(actor, bulk.change ?? 0);
  await changes.undo(actor, bulk.change ?? 0).catch(() => {}); // refused after a query
  await tasks.deleteTask(actor, task.id);
  await tasks.deleteTask(actor, (await tasks.listTasks(actor, { limit: 1 })).items[0]?.id ?? "");
  const { nextCursor: nextDeleted } = await tasks.listTrash(actor, { limit: 1 });
  await tasks.listTrash(actor, { limit: 1, cursor: nextDeleted ?? "" });
  await tasks.restoreTask(actor, task.id);
  await changes.purgeTrash();
  const { items } = await changes.listChanges(actor, { task: task.id, before: 1000 });
  await changes.itemsOf(actor, items);
  await changes.undoable(actor, items);
  await changes.changesAfter(actor.user.id, 0, 10);
  await changes.newestChange(actor.user.id);
  await idempotency.deleteExpired();
  await accounts.deleteExpiredSessions();
  await accounts.setDisabled("ada", true);
  await accounts.resetPassword("ada", "another phrase that is long enough");
  await accounts.signOut(actor);
  await db.close();
  return seen;
}

/** Returns SQLite's plan of a query, one line per step. */
const sqlitePlan = (database: Sqlite, query: string): string[] =>
  database
    .query<{ detail: string }, null[]>(`EXPLAIN QUERY PLAN ${query}`)
    .all(...Array.from({ length: query.split("?").length - 1 }, () => null))
    .map(({ detail }) => detail);

/** A step of a PostgreSQL plan, with the steps that produce its rows. */
interface Step {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly Plans?: Step[];
}

/** Returns all steps of PostgreSQL's plan of a query. */
async function postgresPlan(sql: SQL, query: string): Promise<Step[]> {
  const values = Math.max(0, ...[...query.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  const name = `plan_${Bun.hash(query).toString(36)}`;
  await sql.unsafe(`prepare ${name} as ${query}`);
  const nulls = values > 0 ? `(${Array.from({ length: values }, () => "null").join()})` : "";
  const [row] = await sql.unsafe(`explain (format json) execute ${name}${nulls}`);
  const plan = row["QUERY PLAN"];
  const steps = (step: Step): Step[] => [step, ...(step.Plans ?? []).flatMap(steps)];
  return (typeof plan === "string" ? JSON.parse(plan) : plan).flatMap(({ Plan }: { Plan: Step }) => steps(Plan));
}

/** Returns what makes a step slower as its table grows, or undefined if it uses an index. */
function slowStep(step: Step): string | undefined {
  const { "Node Type": type, "Relation Name": table = "", "Index Name": index } = step;
  if (/Sort$/.test(type)) return type;
  if (type === "Seq Scan" && BIG.includes(table)) return `${type} on ${table}`;
  // A scan of a whole index. The step of a bitmap names no table.
  return index !== undefined && step["Index Cond"] === undefined ? `${type} of all of ${index}` : undefined;
}

it("no query of a request scans a large table or sorts rows that an index has in order", async () => {
  using folder = dataFolder();
  const url = await databaseUrl(folder.path);
  const queries = [...(await collectQueries(url))].filter((query) => /^(select|update|delete)/i.test(query));
  expect(queries.length).toBeGreaterThan(40);

  const scans: string[] = [];
  if (engine === "sqlite") {
    using database = new Sqlite(url);
    for (const query of queries)
      for (const step of sqlitePlan(database, query))
        if (BIG.some((table) => step.startsWith(`SCAN ${table}`)) || /^USE TEMP B-TREE FOR .*ORDER BY$/.test(step))
          scans.push(`${step}: ${query}`);
  } else {
    await using sql = new SQL(url, { max: 1 });
    // PostgreSQL prefers to scan and sort small tables. With these settings it does so only if no index helps.
    for (const method of ["seqscan", "sort", "incremental_sort"]) await sql.unsafe(`set enable_${method} = off`);
    await sql.unsafe("set plan_cache_mode = force_generic_plan");
    for (const query of queries)
      for (const step of await postgresPlan(sql, query)) {
        const slow = slowStep(step);
        if (slow) scans.push(`${slow}: ${query}`);
      }
  }
  expect(scans).toEqual([]);
});
