import { Database as Sqlite } from "bun:sqlite";
import { expect, it, setDefaultTimeout } from "bun:test";
import { SQL } from "bun";
import { NoopLogger } from "drizzle-orm/logger";
import type { Actor } from "../../src/accounts/model.ts";
import { databasePlace } from "../../src/config.ts";
import { createServices, openPlace } from "../../src/serve.ts";
import { dataFolder } from "../support/data-folder.ts";
import { databaseUrl, engine } from "../support/program.ts";

setDefaultTimeout(60_000);

/** Tables that grow with the people and what they do. */
const BIG = ["users", "sessions", "tasks", "changes", "idempotency_keys"];

/** Does everything once that a request can ask for. @returns the SQL of it */
async function queriesOfEverything(url: string): Promise<Set<string>> {
  const seen = new Set<string>();
  // Drizzle tells its logger every query; without one it tells this.
  Object.assign(NoopLogger.prototype, { logQuery: (query: string) => seen.add(query) });
  const place = databasePlace(url);
  if (typeof place === "string") throw new Error(place);
  const db = await openPlace(place);
  const { accounts, changes, idempotency, tasks, trash } = createServices(db);
  const repeat = { scope: "spec", key: crypto.randomUUID(), fingerprint: "" };

  const person = { username: "ada", email: "ada@example.org", password: "a long enough phrase" };
  await accounts.register(person, "token", repeat);
  const session = await accounts.signIn(person, "token");
  const actor = (await accounts.identify(session.user.id, session.id, "token")) as Actor;
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
  await tasks.titlesOf(actor, [task.id]);
  await tasks.updateTask(actor, task.id, { completed: true });
  const bulk = await tasks.bulk(actor, { ids: [task.id], action: "reopen" });
  await tasks.undo(actor, bulk.change ?? 0);
  await tasks.undo(actor, bulk.change ?? 0).catch(() => {}); // refused, after a look
  await tasks.deleteTask(actor, task.id);
  await trash.listTrash(actor, {});
  await trash.restoreTask(actor, task.id);
  await trash.emptyTrash();
  await changes.listChanges(actor, { task: task.id, before: 1000 });
  await changes.changesAfter(actor.user.id, 0, 10);
  await changes.newestChange(actor.user.id);
  await idempotency.forgetOld();
  await accounts.forgetExpired();
  await accounts.setDisabled("ada", true);
  await accounts.signOut(actor);
  await db.close();
  return seen;
}

/** @returns how SQLite goes about a query, a line a step */
const sqlitePlan = (database: Sqlite, query: string): string[] =>
  database
    .query<{ detail: string }, null[]>(`EXPLAIN QUERY PLAN ${query}`)
    .all(...Array.from({ length: query.split("?").length - 1 }, () => null))
    .map(({ detail }) => detail);

/** The same of PostgreSQL, which shows a scan only where no index could help: small tables are scanned as a rule. */
async function postgresPlan(sql: SQL, query: string): Promise<string[]> {
  const values = Math.max(0, ...[...query.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  const name = `plan_${Bun.hash(query).toString(36)}`;
  await sql.unsafe(`prepare ${name} as ${query}`);
  const nulls = values > 0 ? `(${Array.from({ length: values }, () => "null").join()})` : "";
  const rows: Record<string, string>[] = await sql.unsafe(`explain execute ${name}${nulls}`);
  return rows.map((row) => Object.values(row)[0] ?? "");
}

it("no query that a request asks reads a whole big table, or sorts what an index has in order", async () => {
  using folder = dataFolder();
  const url = await databaseUrl(folder.path);
  const queries = [...(await queriesOfEverything(url))].filter((query) => /^(select|update|delete)/i.test(query));
  expect(queries.length).toBeGreaterThan(40);

  const scans: string[] = [];
  if (engine === "sqlite") {
    using database = new Sqlite(url);
    for (const query of queries)
      for (const step of sqlitePlan(database, query))
        if (BIG.some((table) => step.startsWith(`SCAN ${table}`)) || step === "USE TEMP B-TREE FOR ORDER BY")
          scans.push(`${step}: ${query}`);
  } else {
    await using sql = new SQL(url, { max: 1 });
    await sql.unsafe("set enable_seqscan = off");
    await sql.unsafe("set plan_cache_mode = force_generic_plan");
    for (const query of queries)
      for (const step of await postgresPlan(sql, query))
        if (BIG.some((table) => step.includes(`Seq Scan on ${table}`))) scans.push(`${step}: ${query}`);
  }
  expect(scans).toEqual([]);
});
