import { Database as Sqlite } from "bun:sqlite";
import { CommandError } from "../../errors.ts";
import { readMigrations } from "../migrations.ts";
import { unfinished } from "../transfer/copy.ts";
import { isThere, sqliteFailure } from "./errors.ts";
import { pendingMigrations } from "./migrate.ts";
import { codeOf } from "./write-queue.ts";

/** What a database file holds: rows of each table, and the newest migration it has had. */
export interface Contents {
  readonly rows: Readonly<Record<string, number>>;
  readonly migration: string;
}

/**
 * Only reads.
 * @throws CommandError unless there is a database in the file, of TaskFlow and of no newer version
 */
export function assertOurs(file: string): void {
  if (!isThere(file)) throw new CommandError(`there is no database at ${file}; set DATA_DIR or DATABASE_URL`);
  try {
    using database = open(file);
    if (pendingMigrations(file, database).length === readMigrations("sqlite").length)
      throw new CommandError(`${file} is not a database of TaskFlow; set DATABASE_URL to another file`);
  } catch (error) {
    throw sqliteFailure(file, error);
  }
}

/**
 * Copies a database as it is at one moment, also while other processes write to it (SQLite, "VACUUM INTO").
 * @param file one of ours
 * @param to must not be there yet
 * @throws CommandError for a damaged one; SQLite's own error, of the disk that is written to
 */
export function snapshotSqlite(file: string, to: string): void {
  using source = open(file);
  try {
    source.run("VACUUM INTO ?", [to]);
  } catch (error) {
    throw /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|PERM)/.test(codeOf(error)) ? error : sqliteFailure(file, error);
  }
}

function open(file: string): Sqlite {
  const database = new Sqlite(file, { readwrite: true, create: false });
  database.run("PRAGMA busy_timeout = 10000");
  return database;
}

/**
 * Reads a whole database file and finds whatever is wrong with it.
 * @returns what it holds
 * @throws CommandError when a page, an index or a reference is broken
 */
export function inspectSqlite(file: string): Contents {
  try {
    using database = open(file);
    return contentsOf(file, database);
  } catch (error) {
    throw sqliteFailure(file, error);
  }
}

/** The same, over a connection that keeps others out. */
export function contentsOf(file: string, database: Sqlite): Contents {
  try {
    const [integrity] = database.query<{ integrity_check: string }, []>("PRAGMA integrity_check(1)").all();
    if (integrity?.integrity_check !== "ok") throw damaged(file, integrity?.integrity_check);
    const [orphan] = database.query<{ table: string; parent: string }, []>("PRAGMA foreign_key_check").all();
    if (orphan) throw damaged(file, `a row of ${orphan.table} belongs to none of ${orphan.parent}`);
    const tables = database
      .query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all();
    const rows = tables
      .filter(({ name }) => !name.startsWith("__"))
      .map(({ name }) => [
        name,
        database.query<{ rows: number }, []>(`SELECT count(*) AS rows FROM "${name}"`).get()?.rows,
      ]);
    if (rows.some(([name, count]) => name === "copy_progress" && count)) throw unfinished();
    const migrations = tables.some(({ name }) => name === "__drizzle_migrations")
      ? database.query<{ hash: string }, []>("SELECT hash FROM __drizzle_migrations ORDER BY id").all()
      : [];
    return { rows: Object.fromEntries(rows), migration: migrations.at(-1)?.hash ?? "" };
  } catch (error) {
    throw sqliteFailure(file, error);
  }
}

export const damaged = (file: string, why = "") => new CommandError(`${file} is damaged: ${why}`);
