import { Database as Sqlite } from "bun:sqlite";
import { existsSync, linkSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { AppError } from "../errors.ts";
import { unfinished } from "./copy.ts";
import { readMigrations } from "./migrations.ts";
import { isThere, sqliteFailure } from "./sqlite-failures.ts";
import { pendingMigrations } from "./sqlite-migrations.ts";
import { sync } from "./sync.ts";
import { codeOf } from "./write-queue.ts";

/** What a database file holds: rows of each table, and the newest migration it has had. */
export interface Contents {
  readonly rows: Readonly<Record<string, number>>;
  readonly migration: string;
}

/**
 * Only reads.
 * @throws AppError `startup` unless there is a database in the file, of TaskFlow and of no newer version
 */
export function assertOurs(file: string): void {
  if (!isThere(file)) throw new AppError("startup", `there is no database at ${file}; set DATA_DIR or DATABASE_URL`);
  try {
    using database = open(file);
    if (pendingMigrations(file, database).length === readMigrations("sqlite").length)
      throw new AppError("startup", `${file} is not a database of TaskFlow; set DATABASE_URL to another file`);
  } catch (error) {
    throw sqliteFailure(file, error);
  }
}

/**
 * Copies a database as it is at one moment, also while other processes write to it (SQLite, "VACUUM INTO").
 * @param file one of ours
 * @param to must not be there yet
 * @throws SQLite's own error, of the disk that is written to
 */
export function snapshotSqlite(file: string, to: string): void {
  using source = open(file);
  source.run("VACUUM INTO ?", [to]);
}

function open(file: string): Sqlite {
  const database = new Sqlite(file, { readwrite: true, create: false });
  database.run("PRAGMA busy_timeout = 10000");
  return database;
}

/**
 * Reads a whole database file and finds whatever is wrong with it.
 * @returns what it holds
 * @throws AppError `startup` when a page, an index or a reference is broken
 */
export function inspectSqlite(file: string): Contents {
  try {
    using database = open(file);
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

const damaged = (file: string, why = "") => new AppError("startup", `${file} is damaged: ${why}`);

const LOGS = ["-wal", "-shm"];

/**
 * Puts a database in the place of another, which is kept beside it, and reads it there once more. Whoever starts
 * meanwhile finds one or the other.
 * @param fresh a whole database on the same disk, in use by nobody
 * @returns where the old one is now; undefined when there was none
 * @throws AppError `startup` while a process uses the old one, and when the new one can't be read in its place; what was
 * there is there then
 */
export function replaceSqlite(file: string, fresh: string): string | undefined {
  const { rows } = inspectSqlite(fresh);
  const aside = `${file}.before-restore-${new Date().toISOString().replaceAll(":", "-")}`;
  using _ = existsSync(file) ? holdAlone(file) : undefined;
  if (existsSync(file)) keepAside(file, aside);
  // What a crash has left beside a file that can't be opened belongs to that file.
  moveLogs(file, aside);
  renameSync(fresh, file);
  sync(dirname(file));
  try {
    if (!Bun.deepEquals(inspectSqlite(file).rows, rows)) throw damaged(file, "rows are missing");
  } catch (error) {
    for (const log of LOGS) rmSync(file + log, { force: true });
    if (existsSync(aside)) renameSync(aside, file);
    else rmSync(file);
    moveLogs(aside, file);
    sync(dirname(file));
    throw new AppError("startup", `${(error as AppError).message}. What was there before is back in its place`);
  }
  return existsSync(aside) ? aside : undefined;
}

function moveLogs(from: string, to: string) {
  for (const log of LOGS) if (existsSync(from + log)) renameSync(from + log, to + log);
}

/** The name goes to the new database at once: there is no moment without a file. */
function keepAside(file: string, aside: string) {
  try {
    linkSync(file, aside);
  } catch {
    renameSync(file, aside); // a disk without hard links
  }
}

/**
 * Leaving WAL mode takes that nobody else has the file open, in this host's processes and containers.
 * @returns a connection that keeps others out; undefined for a file so damaged that nobody can use it
 */
export function holdAlone(file: string): Sqlite | undefined {
  const database = new Sqlite(file, { readwrite: true, create: false });
  try {
    database.run("PRAGMA busy_timeout = 0");
    database.run("PRAGMA locking_mode = EXCLUSIVE");
    database.run("PRAGMA journal_mode = DELETE");
    database.run("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    if (!/^SQLITE_(BUSY|LOCKED)/.test(codeOf(error))) return undefined;
    throw new AppError(
      "startup",
      `TaskFlow is using ${file}; stop every process and container that does, then run the same command again. Nothing was changed`,
    );
  }
}
