import { and, asc, type Column, count, eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { CommandError } from "../../errors.ts";
import type { Database } from "../database.ts";
import { postgresCode } from "../postgres/errors.ts";
import type { Schema } from "../schema/index.ts";
import { sqliteCode } from "../sqlite/errors.ts";
import { isUnfinished, MARK } from "./mark.ts";
import { TABLES, type TableName, tableOf } from "./tables.ts";

/** Rows per unit of work: the most that a crash makes the copy repeat. */
const BATCH_SIZE = 500;

type Row = Record<string, unknown>;
type Key = (string | number)[];

/** Called with the number of rows of a table that are done. */
export type CopyProgress = (step: "copying" | "checking", table: string, rows: number, of: number) => void;

interface CopyOptions {
  readonly restart?: boolean;
  readonly replace?: boolean;
  readonly skip?: number;
  readonly progress: CopyProgress;
}

/**
 * Copies all data into an empty database of either engine and compares the two. It copies in batches, so that after a
 * crash the next call resumes. The target is marked until the end, so that no server uses it.
 * @param restart deletes the rows of an unfinished copy first
 * @param replace deletes any rows first
 * @param skip how many change ids to leave out
 * @returns the number of rows of each table
 * @throws CommandError if the target is not empty, or the two differ in the end
 */
export async function copyInstance(
  from: Database,
  to: Database,
  { restart = false, replace = false, skip = 0, progress }: CopyOptions,
): Promise<Record<string, number>> {
  const unfinished = await isUnfinished(to);
  if (!unfinished && !replace) await assertEmpty(to);
  if (replace || (unfinished && restart)) await clear(to);
  const rows: Record<string, number> = {};
  for (const [name, keys] of TABLES) await copyTable(from, to, name, [...keys], progress);
  for (const [name, keys] of TABLES) rows[name] = await compareTable(from, to, name, [...keys], progress);
  await to.advanceCounters(skip);
  await to.write(async (tx) => void (await tx.delete(to.schema.copyProgress)));
  return rows;
}

async function assertEmpty(db: Database) {
  for (const [name] of TABLES) {
    if ((await countRows(db, name)) === 0) continue;
    throw new CommandError(
      `the target is not empty: ${name} has rows; nothing was changed. Pass a new file or an empty database as --to`,
    );
  }
}

async function countRows(db: Database, name: TableName): Promise<number> {
  const [row] = await db.read.select({ rows: count() }).from(tableOf(db, name));
  return Number(row?.rows ?? 0);
}

/** Deletes all rows. Marks the database first, so that no server uses it until it is complete. */
async function clear(db: Database) {
  await db.write(async (tx) => void (await tx.insert(db.schema.copyProgress).values(MARK).onConflictDoNothing()));
  for (const [name] of TABLES.toReversed()) await db.write(async (tx) => void (await tx.delete(tableOf(db, name))));
  await db.write(async (tx) => {
    await tx.delete(db.schema.copyProgress);
    await tx.insert(db.schema.copyProgress).values(MARK);
  });
}

/** Reads the rows that follow a key, in order. */
async function readBatch(db: Database, name: TableName, keys: string[], last: Key | undefined): Promise<Row[]> {
  const table = tableOf(db, name);
  const columns = getTableColumns(table) as Record<string, Column>;
  const key = keys.map((each) => columns[each]).filter((column) => column !== undefined);
  const list = (parts: (Column | SQL)[]) =>
    sql.join(
      parts.map((part) => sql`${part}`),
      sql`, `,
    );
  const after =
    last &&
    sql`(${list(key)}) > (${list(last.map((value, index) => sql`${sql.param(fromKey(value, key[index]), key[index])}`))})`;
  return db.read
    .select()
    .from(table)
    .where(and(after))
    .orderBy(...key.map((column) => asc(column)))
    .limit(BATCH_SIZE);
}

/** Returns a value of a stored key, in which a time is text. */
const fromKey = (value: string | number, column: Column | undefined) =>
  column?.dataType === "date" ? new Date(value) : value;

const keyOf = (row: Row | undefined, keys: string[]): Key | undefined =>
  row && keys.map((each) => row[each] as string | number);

async function copyTable(from: Database, to: Database, name: TableName, keys: string[], progress: CopyProgress) {
  const { copyProgress } = to.schema;
  const [saved] = await to.read.select().from(copyProgress).where(eq(copyProgress.table, name));
  const total = await countRows(from, name);
  let last = (saved?.lastKey ?? undefined) as Key | undefined;
  let copied = saved?.rows ?? 0;
  for (;;) {
    const batch = await readBatch(from, name, keys, last);
    last = keyOf(batch.at(-1), keys) ?? last;
    copied += batch.length;
    const state = { lastKey: last ?? null, rows: copied };
    const write = to.write(async (tx) => {
      if (batch.length > 0) await tx.insert(tableOf(to, name)).values(batch as Schema["users"]["$inferInsert"][]);
      await tx
        .insert(copyProgress)
        .values({ table: name, ...state })
        .onConflictDoUpdate({ target: copyProgress.table, set: state });
    });
    await write.catch((error) => {
      throw isConstraintError(error) ? tableDiffers(name) : error;
    });
    if (batch.length > 0) progress("copying", name, copied, total);
    if (batch.length < BATCH_SIZE) return;
  }
}

/** Compares a table of both databases. @returns its number of rows @throws CommandError if they differ */
async function compareTable(from: Database, to: Database, name: TableName, keys: string[], progress: CopyProgress) {
  const [source, target] = [new Bun.CryptoHasher("sha256"), new Bun.CryptoHasher("sha256")];
  const total = await countRows(from, name);
  let last: Key | undefined;
  for (let rows = 0; ; ) {
    const [sourceRows, targetRows] = await Promise.all([from, to].map((db) => readBatch(db, name, keys, last)));
    for (const row of sourceRows ?? []) source.update(JSON.stringify(row));
    for (const row of targetRows ?? []) target.update(JSON.stringify(row));
    rows += sourceRows?.length ?? 0;
    progress("checking", name, rows, total);
    if (sourceRows?.length !== targetRows?.length || (sourceRows?.length ?? 0) < BATCH_SIZE) {
      if (sourceRows?.length === targetRows?.length && source.digest("hex") === target.digest("hex")) return rows;
      throw tableDiffers(name);
    }
    last = keyOf(sourceRows?.at(-1), keys);
  }
}

/** A row exists already, or references a missing one (SQLite, "Result Codes"; PostgreSQL, appendix A). */
const isConstraintError = (error: unknown) =>
  /^SQLITE_CONSTRAINT/.test(sqliteCode(error)) || /^23/.test(postgresCode(error));

const tableDiffers = (name: TableName) =>
  new CommandError(
    `${name} differ between the two databases, because one was changed during the copy. Stop every TaskFlow that uses either of them, and run the command again with --restart`,
  );
