import { Database as Sqlite } from "bun:sqlite";
import { expect, it, setDefaultTimeout } from "bun:test";
import { SQL } from "bun";
import { NoopLogger } from "drizzle-orm/logger";
import type { Actor } from "../../src/actor.ts";
import { createServices } from "../../src/compose.ts";
import { databasePlace } from "../../src/config.ts";
import { openPlace } from "../../src/db/open.ts";
import type { FoundSession } from "../../src/http/session.ts";
import { dataFolder } from "../support/data-folder.ts";
import { databaseUrl, engine } from "../support/program.ts";

setDefaultTimeout(180_000);

/** Tables that grow with the number of users and their activity. */
const BIG = [
  "users",
  "sessions",
  "projects",
  "members",
  "tasks",
  "comments",
  "completions",
  "task_labels",
  "label_counts",
  "changes",
  "idempotency_keys",
  "rate_limits",
];

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
  const { accounts, changes, comments, idempotency, projects, rateLimits, sections, sharing, tasks } = createServices(
    db,
    {
      limits: { signUpsPerHour: 300, streamsPerAddress: 500 },
      changeLogDays: 30,
    },
  );
  const repeat = { scope: "spec", key: crypto.randomUUID(), fingerprint: "" };

  const person = { username: "ada", email: "ada@example.org", password: "a long enough phrase" };
  const client = { address: "192.0.2.1", network: "192.0.2.1", device: "curl" };
  await accounts.register(person, "token", { client, repeat });
  const session = await accounts.signIn(person, "token", { client });
  const { actor } = (await accounts.findSession(session.user.id, session.id, "token")) as FoundSession;
  const { task } = await tasks.createTask(actor, { title: "One", labels: ["home"] });
  for (const title of ["Two", "Three"]) await tasks.createTask(actor, { title, priority: "high" });
  const readLists = async (reader: Actor) => {
    for (const sort of ["createdAt", "updatedAt", "title", "priority", "dueDate"] as const)
      for (const order of ["asc", "desc"] as const) {
        const { nextCursor } = await tasks.listTasks(reader, { sort, order, limit: 1 });
        await tasks.listTasks(reader, { sort, order, limit: 1, cursor: nextCursor ?? "" });
      }
    for (const sort of ["createdAt", "updatedAt", "title", "priority", "dueDate"] as const)
      for (const status of ["open", "completed", "all"] as const)
        for (const priority of [undefined, "high"] as const) {
          await tasks.listTasks(reader, { sort, status, priority, limit: 1 });
          await tasks.listTasks(reader, { sort, status, priority, q: "two words" });
        }
    for (const sort of ["createdAt", "dueDate"] as const) await tasks.listTasks(reader, { sort, assignee: "me" });
    for (const sort of ["createdAt", "updatedAt", "title", "dueDate"] as const) {
      await tasks.listTasks(reader, { sort, label: "home" });
      await tasks.listTasks(reader, { sort, label: "home", q: "two words" });
    }
    for (const due of ["overdue", "today", "upcoming"] as const) {
      await tasks.listTasks(reader, { due });
      await tasks.countTasks(reader, { due });
    }
    const cursor = Buffer.from(`2026-01-01T00:00:00.000Z ${task.id}`).toString("base64url");
    for (const from of [undefined, cursor]) await tasks.listTrash(reader, { limit: 1, cursor: from });
    await changes.listChanges(reader, { before: 1000 });
    const { items } = await changes.listActions(reader, { before: 1000 });
    await changes.itemsOf(reader, items[0]?.changes ?? []);
  };
  await readLists(actor);
  for (let number = 0; number < 3; number++) await tasks.createTask(actor, { title: `Task ${number}` });
  await tasks.getTask(actor, task.id);
  await tasks.getTasks(actor, [task.id]);
  await tasks.updateTask(actor, task.id, { dueDate: "2026-05-03", dueTime: "15:30" });
  await tasks.updateTask(actor, task.id, { completed: true });
  const bulk = await tasks.bulk(actor, { ids: [task.id], action: "reopen" });
  await changes.undo(actor, bulk.change ?? 0);
  await changes.undo(actor, bulk.change ?? 0).catch(() => {}); // refused after a query
  for (const word of ["one", "two"])
    await tasks.updateTask(actor, task.id, { description: `${"long ".repeat(200)}${word}` });
  await changes.listChanges(actor, { task: task.id });
  await changes.oldestChange(actor.user.id);
  await changes.prune();
  await comments.listMentions(actor);
  const { comment } = await comments.addComment(actor, task.id, { text: "One" });
  await comments.editComment(actor, comment.id, { text: "Two" });
  await comments.listComments(actor, task.id, { before: comment.id });
  await comments.deleteComment(actor, comment.id);
  await tasks.renameLabel(actor, "home", "House");
  await tasks.updateTask(actor, task.id, { labels: ["other"] });
  await tasks.deleteLabel(actor, "other");
  await tasks.deleteTask(actor, task.id);
  await tasks.deleteTask(actor, (await tasks.listTasks(actor, { limit: 1 })).items[0]?.id ?? "");
  await tasks.restoreTask(actor, task.id);
  await changes.purgeTrash();
  const { items } = await changes.listChanges(actor, { task: task.id, before: 1000 });
  await changes.listActions(actor, { task: task.id });
  await changes.itemsOf(actor, items);
  await changes.undoable(actor, items);
  await changes.changesAfter(actor.user.id, 0, 10);
  const { project } = await projects.createProject(actor, { name: "Launch" });
  const wide = (await accounts.refresh(actor)) as Actor;
  await tasks.updateTask(wide, task.id, { projectId: project.id });
  await tasks.createTask(wide, { title: "Two", projectId: project.id });
  await readLists(wide);
  const { task: parent } = await tasks.createTask(wide, { title: "Three", projectId: project.id });
  const { task: child } = await tasks.createTask(wide, { title: "Four", parentId: parent.id });
  for (const to of [{ before: parent.id }, { after: parent.id }, { parentId: parent.id }])
    await tasks.bulk(wide, { ids: [child.id], action: "move", ...to });
  const { section } = await sections.createSection(wide, project.id, { name: "One" });
  const { section: other } = await sections.createSection(wide, project.id, { name: "Two" });
  for (const { id } of [section, other]) await tasks.createTask(wide, { title: "Five", sectionId: id });
  await sections.updateSection(wide, project.id, other.id, { position: 1, name: "Three" });
  await sections.updateSection(wide, project.id, other.id, { archived: true });
  for (const state of ["active", "archived"] as const) await sections.listSections(wide, project.id, { state });
  await tasks.relativesOf((await tasks.listTasks(wide, { project: project.id })).items);
  await tasks.listCompletions(wide, {}, await tasks.listTasks(wide, { status: "completed" }));
  await sharing.unread(wide);
  await tasks.familyOf(child);
  await tasks.parentsOf([child.id]);
  await tasks.stepTask(wide, parent.id, "down");
  const { change } = await sections.deleteSection(wide, project.id, section.id);
  await changes.undo(wide, change ?? 0);
  await tasks.updateTask(wide, parent.id, { completed: true });
  await tasks.updateTask(wide, child.id, { completed: false });
  for (const status of ["open", "completed", "all"] as const)
    for (const order of ["asc", "desc"] as const) {
      const list = { project: project.id, sort: "manual", status, order, limit: 1 } as const;
      const { nextCursor } = await tasks.listTasks(wide, list);
      if (nextCursor) await tasks.listTasks(wide, { ...list, cursor: nextCursor });
    }
  await projects.listProjects(wide);
  await projects.getProject(wide, project.id);
  await projects.updateProject(wide, project.id, { name: "Start", position: 1 });
  await projects.deleteProject(wide, project.id);
  await projects.restoreProject(wide, project.id);
  await idempotency.deleteExpired();
  await rateLimits.deleteExpired();
  await accounts.deleteExpiredSessions();
  await accounts.renewSession(actor, client);
  await accounts.listSessions(actor);
  await accounts.listEvents(actor);
  await accounts.endOtherSessions(actor);
  const changed = { currentPassword: person.password, newPassword: "another phrase that is long enough" };
  await accounts.changePassword(actor, changed, client);
  const token = await accounts.createResetToken("ada");
  await accounts.resetPasswordByToken({ token, password: person.password });
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

/**
 * Returns the slow steps without the sorts that merge a list over several projects: at most one for each, of the first rows,
 * which an index limits. Without that index there would be more.
 */
function withoutMerge(query: string, slow: string[], sort: RegExp): string[] {
  const parts = query.split(" union all ").length;
  const sorts = slow.filter((step) => sort.test(step));
  // On PostgreSQL one part is read for each project.
  const merges = query.includes(" cross join lateral ") ? 1 : parts > 1 ? parts : 0;
  return sorts.length <= merges ? slow.filter((step) => !sort.test(step)) : slow;
}

/** A condition that continues after a cursor, and how a plan names it if it seeks there. */
const CURSORS = [
  [/\("tasks"\."updated_at", "tasks"\."id"\) [<>]/, /\(updated_at,id\)[<>]|ROW\(updated_at, id\) [<>]/],
  [/\("tasks"\."due_key", "tasks"\."id"\) [<>]/, /\(due_key,id\)[<>]|ROW\(due_key, id\) [<>]/],
  [/\("tasks"\."outline", "tasks"\."id"\) [<>]/, /\(outline,id\)[<>]|ROW\(outline, \(?id\)?.*\) [<>]/],
  [/\("tasks"\."title_sort", "tasks"\."id"\) [<>]/, /\(title_sort,id\)[<>]|ROW\(title_sort, \(?id\)?.*\) [<>]/],
  [/\("tasks"\."deleted_at", "tasks"\."id"\) </, /\(deleted_at,id\)<|ROW\(deleted_at, id\) </],
  [/"tasks"\."id" [<>]/, /\bid[<>]|\(id [<>]/],
  [/"changes"\."id" [<>].*order by/, /\b(row)?id[<>]|\(id [<>]/],
] as const;

it("no query of a request scans a large table, sorts rows that an index has in order, or reads what is before a cursor", async () => {
  using folder = dataFolder();
  const url = await databaseUrl(folder.path);
  const queries = [...(await collectQueries(url))].filter((query) => /^(select|update|delete)/i.test(query));
  expect(queries.length).toBeGreaterThan(35);

  const scans: string[] = [];
  const continued: string[] = [];
  const expectSeek = (query: string, plan: string) => {
    const [, seek] = CURSORS.find(([condition]) => condition.test(query)) ?? [];
    if (!seek) return;
    continued.push(query);
    if (!seek.test(plan)) scans.push(`reads every row before the cursor: ${query}\n${plan}`);
  };
  if (engine === "sqlite") {
    using database = new Sqlite(url);
    for (const query of queries) {
      const plan = sqlitePlan(database, query);
      expectSeek(query, plan.join("\n"));
      const isPart = (table: string) => plan.includes(`CO-ROUTINE ${table}`) || plan.includes(`MATERIALIZE ${table}`);
      const slow = plan.filter(
        (step) =>
          BIG.some((table) => step.startsWith(`SCAN ${table}`) && !isPart(table)) ||
          /^USE TEMP B-TREE FOR .*ORDER BY$/.test(step),
      );
      for (const step of withoutMerge(query, slow, /ORDER BY$/)) scans.push(`${step}: ${query}`);
    }
  } else {
    await using sql = new SQL(url, { max: 1 });
    // PostgreSQL prefers to scan and sort small tables. With these settings it does so only if no index helps.
    for (const method of ["seqscan", "sort", "incremental_sort"]) await sql.unsafe(`set enable_${method} = off`);
    await sql.unsafe("set plan_cache_mode = force_generic_plan");
    for (const query of queries) {
      const plan = await postgresPlan(sql, query);
      expectSeek(query, plan.map((step) => step["Index Cond"] ?? "").join("\n"));
      const slow = plan.map(slowStep).filter((step) => step !== undefined);
      for (const step of withoutMerge(query, slow, /Sort$/)) scans.push(`${step}: ${query}`);
    }
  }
  expect(scans).toEqual([]);
  expect(continued.length).toBeGreaterThanOrEqual(10);
});
