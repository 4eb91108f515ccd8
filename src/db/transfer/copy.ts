import { and, asc, type Column, count, eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { CommandError } from "../../errors.ts";
import type { Database, Writer } from "../database.ts";
import { codeOf as postgresCodeOf } from "../postgres/errors.ts";
import type { Schema } from "../schema/index.ts";
import { codeOf as sqliteCodeOf } from "../sqlite/write-queue.ts";

/** Rows of one unit of work: what a crash can cost. */
const BATCH = 500;

/** Every table that holds something to keep, so that what is referred to comes first; and what its rows are ordered by. */
const TABLES = [
  ["users", ["id"]],
  ["sessions", ["id"]],
  ["tasks", ["ownerId", "id"]],
  ["changes", ["id"]],
  ["idempotencyKeys", ["scope", "key"]],
] as const satisfies [keyof Schema, string[]][];
type Name = (typeof TABLES)[number][0];

/** How far a copy is that has not yet put anything in. */
const MARK = { table: "users", lastKey: null, rows: 0 };

type Row = Record<string, unknown>;
type Key = (string | number)[];

/** Told how far a table is, in rows. */
export type CopyProgress = (step: "copying" | "checking", table: string, rows: number, of: number) => void;

interface CopyOptions {
  readonly restart?: boolean;
  readonly replace?: boolean;
  readonly ahead?: number;
  readonly progress: CopyProgress;
}

/**
 * Copies a whole instance into an empty database of either engine, in batches that are each safe once written: after
 * a crash the next call goes on where the last one was. Until the end the target is marked, so that nobody serves it.
 * @param restart throws away what an unfinished copy has put there
 * @param replace throws away whatever is there
 * @param ahead how many numbers of changes to leave out from then on
 * @returns the number of rows of each table
 * @throws CommandError for a target that isn't empty, or when the two differ in the end
 */
export async function copyInstance(
  from: Database,
  to: Database,
  { restart = false, replace = false, ahead = 0, progress }: CopyOptions,
): Promise<Record<string, number>> {
  const begun = await isUnfinished(to);
  if (!begun && !replace) await assertEmpty(to);
  if (replace || (begun && restart)) await clear(to);
  const rows: Record<string, number> = {};
  for (const [name, keys] of TABLES) await copyTable(from, to, name, [...keys], progress);
  for (const [name, keys] of TABLES) rows[name] = await compare(from, to, name, [...keys], progress);
  await to.settleCounters(ahead);
  await to.write(async (tx) => void (await tx.delete(to.schema.copyProgress)));
  return rows;
}

/** Whether a copy into this database has begun and not come to its end. */
async function isUnfinished({ read, schema }: Pick<Database, "read" | "schema">): Promise<boolean> {
  return (await read.select().from(schema.copyProgress).limit(1)).length > 0;
}

/** What is said of half a copy, whoever finds it. */
export const unfinished = () =>
  new CommandError(
    "a copy into this database has not come to its end; run the same `taskflow copy` or `restore` again, or use another database",
  );

/** @throws CommandError for half a copy, which is to be neither served, copied nor backed up */
export async function assertComplete(db: Pick<Database, "read" | "schema">): Promise<void> {
  if (await isUnfinished(db)) throw unfinished();
}

/**
 * Marks a database that holds nothing as being copied into, in the unit of work that looks whether it does.
 * @returns whether this call did it: not where it was marked before, nor where there is something
 */
export async function markTarget(tx: Pick<Writer, "select" | "insert">, schema: Schema): Promise<boolean> {
  for (const [name] of TABLES) {
    const rows = await tx.select({ any: sql`1` }).from(tableOf({ schema }, name)).limit(1);
    if (rows.length > 0) return false;
  }
  const { copyProgress } = schema;
  const marked = await tx.insert(copyProgress).values(MARK).onConflictDoNothing().returning();
  return marked.length > 0;
}

/** One schema's table like the other's: read as rows of names and values, whichever it is. */
const tableOf = ({ schema }: Pick<Database, "schema">, name: Name) => schema[name] as Schema["users"];

async function assertEmpty(db: Database) {
  for (const [name] of TABLES) {
    if ((await rowsIn(db, name)) === 0) continue;
    throw new CommandError(
      `the target holds data already (in ${name}); nothing was changed. Give --to a new file or an empty database`,
    );
  }
}

async function rowsIn(db: Database, name: Name): Promise<number> {
  const [row] = await db.read.select({ rows: count() }).from(tableOf(db, name));
  return Number(row?.rows ?? 0);
}

/** Marked first: nobody serves what is half gone. */
async function clear(db: Database) {
  await db.write(async (tx) => void (await tx.insert(db.schema.copyProgress).values(MARK).onConflictDoNothing()));
  for (const [name] of TABLES.toReversed()) await db.write(async (tx) => void (await tx.delete(tableOf(db, name))));
  await db.write(async (tx) => {
    await tx.delete(db.schema.copyProgress);
    await tx.insert(db.schema.copyProgress).values(MARK);
  });
}

/** The rows that follow a key, in order. */
async function batchAfter(db: Database, name: Name, keys: string[], last: Key | undefined): Promise<Row[]> {
  const table = tableOf(db, name);
  const columns = getTableColumns(table) as Record<string, Column>;
  const key = keys.map((each) => columns[each]).filter((column) => column !== undefined);
  const list = (parts: (Column | SQL)[]) =>
    sql.join(
      parts.map((part) => sql`${part}`),
      sql`, `,
    );
  const after =
    last && sql`(${list(key)}) > (${list(last.map((value, index) => sql`${sql.param(value, key[index])}`))})`;
  return db.read
    .select()
    .from(table)
    .where(and(after))
    .orderBy(...key.map((column) => asc(column)))
    .limit(BATCH);
}

const keyOf = (row: Row | undefined, keys: string[]): Key | undefined =>
  row && keys.map((each) => row[each] as string | number);

async function copyTable(from: Database, to: Database, name: Name, keys: string[], progress: CopyProgress) {
  const { copyProgress } = to.schema;
  const [done] = await to.read.select().from(copyProgress).where(eq(copyProgress.table, name));
  const total = await rowsIn(from, name);
  let last = (done?.lastKey ?? undefined) as Key | undefined;
  let copied = done?.rows ?? 0;
  for (;;) {
    const batch = await batchAfter(from, name, keys, last);
    last = keyOf(batch.at(-1), keys) ?? last;
    copied += batch.length;
    const mark = { lastKey: last ?? null, rows: copied };
    const write = to.write(async (tx) => {
      if (batch.length > 0) await tx.insert(tableOf(to, name)).values(batch as Schema["users"]["$inferInsert"][]);
      await tx
        .insert(copyProgress)
        .values({ table: name, ...mark })
        .onConflictDoUpdate({ target: copyProgress.table, set: mark });
    });
    await write.catch((error) => {
      throw isRefusedRow(error) ? changedMeanwhile(name) : error;
    });
    if (batch.length > 0) progress("copying", name, copied, total);
    if (batch.length < BATCH) return;
  }
}

/** @throws CommandError when the two tables don't hold the same rows */
async function compare(from: Database, to: Database, name: Name, keys: string[], progress: CopyProgress) {
  const [source, target] = [new Bun.CryptoHasher("sha256"), new Bun.CryptoHasher("sha256")];
  const total = await rowsIn(from, name);
  let last: Key | undefined;
  for (let rows = 0; ; ) {
    const [there, here] = await Promise.all([from, to].map((db) => batchAfter(db, name, keys, last)));
    for (const row of there ?? []) source.update(JSON.stringify(row));
    for (const row of here ?? []) target.update(JSON.stringify(row));
    rows += there?.length ?? 0;
    progress("checking", name, rows, total);
    if (there?.length !== here?.length || (there?.length ?? 0) < BATCH) {
      if (there?.length === here?.length && source.digest("hex") === target.digest("hex")) return rows;
      throw changedMeanwhile(name);
    }
    last = keyOf(there?.at(-1), keys);
  }
}

/** A row that is there already, or that refers to one that is not (SQLite, "Result Codes"; PostgreSQL, appendix A). */
const isRefusedRow = (error: unknown) =>
  /^SQLITE_CONSTRAINT/.test(sqliteCodeOf(error)) || /^23/.test(postgresCodeOf(error));

const changedMeanwhile = (name: Name) =>
  new CommandError(
    `${name} differ between the two: one of them was changed while it was copied. Stop every TaskFlow that uses either, and run the same command with --restart`,
  );
