import { Database as Sqlite } from "bun:sqlite";
import { CommandError } from "../../errors.ts";
import { readMigrations } from "../migrations.ts";
import { unfinishedCopy } from "../transfer/mark.ts";
import { fileExists, sqliteCode, sqliteFailure } from "./errors.ts";
import { pendingMigrations } from "./migrate.ts";

/** The contents of a database file: the number of rows of each table, and the hash of the newest migration. */
export interface Contents {
  readonly rows: Readonly<Record<string, number>>;
  readonly migration: string;
}

/**
 * Checks that a file is a TaskFlow database, and of no newer version. Only reads.
 * @throws CommandError otherwise
 */
export function assertTaskflowFile(file: string): void {
  if (!fileExists(file)) throw new CommandError(`there is no database at ${file}; set DATA_DIR or DATABASE_URL`);
  try {
    using database = open(file);
    if (pendingMigrations(file, database).length === readMigrations("sqlite").length)
      throw new CommandError(`${file} is not a database of TaskFlow; set DATABASE_URL to another file`);
  } catch (error) {
    throw sqliteFailure(file, error);
  }
}

/**
 * Copies a consistent state of a database, also while other processes write to it (SQLite, "VACUUM INTO").
 * @param to a file that does not exist yet
 * @throws CommandError if the database is damaged; SQLite's own error if the copy can't be written
 */
export function snapshotSqlite(file: string, to: string): void {
  using source = open(file);
  try {
    source.run("VACUUM INTO ?", [to]);
  } catch (error) {
    throw /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|PERM)/.test(sqliteCode(error)) ? error : sqliteFailure(file, error);
  }
}

function open(file: string): Sqlite {
  const database = new Sqlite(file, { readwrite: true, create: false });
  database.run("PRAGMA busy_timeout = 10000");
  return database;
}

/**
 * Reads a whole database file and checks it.
 * @throws CommandError if a page, an index or a reference is broken
 */
export function inspectSqlite(file: string): Contents {
  try {
    using database = open(file);
    return readContents(file, database);
  } catch (error) {
    throw sqliteFailure(file, error);
  }
}

/** Does the same through an open connection. */
export function readContents(file: string, database: Sqlite): Contents {
  try {
    const [integrity] = database.query<{ integrity_check: string }, []>("PRAGMA integrity_check(1)").all();
    if (integrity?.integrity_check !== "ok") throw damaged(file, integrity?.integrity_check);
    const [orphan] = database.query<{ table: string; parent: string }, []>("PRAGMA foreign_key_check").all();
    if (orphan) throw damaged(file, `a row of ${orphan.table} references a missing row of ${orphan.parent}`);
    const tables = database
      .query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all();
    const rows = tables
      .filter(({ name }) => !name.startsWith("__"))
      .map(({ name }) => [
        name,
        database.query<{ rows: number }, []>(`SELECT count(*) AS rows FROM "${name}"`).get()?.rows,
      ]);
    if (rows.some(([name, count]) => name === "copy_progress" && count)) throw unfinishedCopy();
    const migrations = tables.some(({ name }) => name === "__drizzle_migrations")
      ? database.query<{ hash: string }, []>("SELECT hash FROM __drizzle_migrations ORDER BY id").all()
      : [];
    return { rows: Object.fromEntries(rows), migration: migrations.at(-1)?.hash ?? "" };
  } catch (error) {
    throw sqliteFailure(file, error);
  }
}

export const damaged = (file: string, why = "") => new CommandError(`${file} is damaged: ${why}`);
