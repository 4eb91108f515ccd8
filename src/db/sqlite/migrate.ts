import { Database as Sqlite } from "bun:sqlite";
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { MigrationMeta } from "drizzle-orm/migrator";
import { CommandError } from "../../errors.ts";
import { missingMigrations, readMigrations } from "../migrations.ts";
import { sync } from "./fsync.ts";

const MIGRATIONS = readMigrations("sqlite");
const KEPT = ".before-upgrade-";
const PARTIAL = ".partial";

interface Connections {
  file: string;
  writer: Sqlite;
  reader: Sqlite;
  keepCopy: boolean;
}

/**
 * Applies pending migrations in one transaction. Processes that start together wait for the write lock, so each
 * migration runs once. A file that already holds data is copied beside itself first. The journal table is Drizzle's,
 * so that its tools understand the file.
 * @throws CommandError if the file was written by a newer version
 */
export function migrate({ file, writer, reader, keepCopy }: Connections): void {
  if (pendingMigrations(file, reader).length === 0) return;

  // A migration that rebuilds a table drops the old one, which would delete the rows that reference it (SQLite, "Making
  // Other Kinds Of Table Schema Changes"). The setting can't change within a transaction.
  writer.run("PRAGMA foreign_keys = OFF");
  writer.run("BEGIN IMMEDIATE");
  try {
    const pending = pendingMigrations(file, writer);
    if (keepCopy && pending.length > 0 && pending.length < MIGRATIONS.length) copyBeside(file, reader);
    writer.run(
      "CREATE TABLE IF NOT EXISTS __drizzle_migrations (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric)",
    );
    for (const migration of pending) {
      for (const statement of migration.sql) writer.run(statement);
      writer.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)", [
        migration.hash,
        migration.folderMillis,
      ]);
    }
    if (writer.query("PRAGMA foreign_key_check").get() !== null)
      throw new CommandError(`upgrading ${file} would leave rows without the row they reference; nothing was changed`);
    writer.run("COMMIT");
  } catch (error) {
    if (writer.inTransaction) writer.run("ROLLBACK");
    throw error;
  } finally {
    writer.run("PRAGMA foreign_keys = ON");
  }
}

/**
 * Only reads. @returns the migrations that the file still lacks
 * @throws CommandError for a file from a newer version or another program
 */
export function pendingMigrations(file: string, connection: Sqlite): MigrationMeta[] {
  const tables = connection
    .query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all()
    .map((row) => row.name);
  if (!tables.includes("__drizzle_migrations")) {
    if (tables.length === 0) return MIGRATIONS;
    throw new CommandError(
      `${file} is the database of another program; nothing was changed. Set DATABASE_URL to another file`,
    );
  }
  const applied = appliedTo(connection);
  return missingMigrations(MIGRATIONS, applied, file, () => wayBack(file));
}

/** Of the copies that upgrades kept, the newest may be too new as well: its own upgrade was not the last. */
function wayBack(file: string): string {
  const copies = readdirSync(dirname(file))
    .filter((name) => name.startsWith(basename(file) + KEPT) && !name.endsWith(PARTIAL))
    .toSorted()
    .map((name) => join(dirname(file), name));
  const known = copies.findLast(isKnown);
  return known === undefined
    ? "restore a backup that this version made (taskflow backup --list names them)"
    : `go back to what it kept before the upgrade, without what came after: taskflow restore ${known}`;
}

function isKnown(copy: string): boolean {
  try {
    using connection = new Sqlite(copy, { readonly: true });
    return appliedTo(connection).every((hash) => MIGRATIONS.some((migration) => migration.hash === hash));
  } catch {
    return false;
  }
}

const appliedTo = (connection: Sqlite): string[] =>
  connection
    .query<{ hash: string }, []>("SELECT hash FROM __drizzle_migrations")
    .all()
    .map((row) => row.hash);

/** Writes `<file>.before-upgrade-<time>`: under another name first, so that a half-written copy never looks like a whole one. */
function copyBeside(file: string, reader: Sqlite) {
  const copy = `${file}${KEPT}${new Date().toISOString().replaceAll(":", "-")}`;
  const partial = copy + PARTIAL;
  if (existsSync(partial)) rmSync(partial);
  reader.run("VACUUM INTO ?", [partial]);
  sync(partial);
  renameSync(partial, copy);
  sync(dirname(file));
}
