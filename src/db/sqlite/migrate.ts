import { Database as Sqlite } from "bun:sqlite";
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { drizzle } from "drizzle-orm/bun-sqlite";
import type { MigrationMeta } from "drizzle-orm/migrator";
import { CommandError } from "../../errors.ts";
import { missingMigrations, readMigrations } from "../migrations.ts";
import * as schema from "../schema/index.ts";
import { updateTextKeys } from "../text-keys.ts";
import { flush } from "./fsync.ts";

const MIGRATIONS = readMigrations("sqlite");
const COPY = ".before-upgrade-";
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
export async function migrate({ file, writer, reader, keepCopy }: Connections): Promise<void> {
  if (pendingMigrations(file, reader).length === 0) return;

  // A migration that rebuilds a table drops the old one, which would delete the rows that reference it (SQLite, "Making
  // Other Kinds Of Table Schema Changes"). The setting can't change within a transaction.
  writer.run("PRAGMA foreign_keys = OFF");
  writer.run("BEGIN IMMEDIATE");
  try {
    const pending = pendingMigrations(file, writer);
    const isUpgrade = pending.length > 0 && pending.length < MIGRATIONS.length;
    if (keepCopy && isUpgrade) copyBeside(file, reader);
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
    if (isUpgrade) await updateTextKeys(drizzle(writer, { schema }), schema);
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
 * Returns the migrations that a file lacks. Only reads.
 * @throws CommandError for a file of a newer version or another program
 */
export function pendingMigrations(file: string, connection: Sqlite): MigrationMeta[] {
  const tables = connection
    .query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all()
    .map((row) => row.name);
  if (!tables.includes("__drizzle_migrations")) {
    if (tables.length === 0) return MIGRATIONS;
    throw new CommandError(`${file} belongs to another program; nothing was changed. Set DATABASE_URL to another file`);
  }
  return missingMigrations(MIGRATIONS, appliedTo(connection), file, () => downgradeAdvice(file));
}

/** After several upgrades the newest copy may also be too new, so the newest that this version can read is named. */
function downgradeAdvice(file: string): string {
  const copies = readdirSync(dirname(file))
    .filter((name) => name.startsWith(basename(file) + COPY) && !name.endsWith(PARTIAL))
    .toSorted()
    .map((name) => join(dirname(file), name));
  const copy = copies.findLast(isReadable);
  return copy === undefined
    ? "restore a backup that this version made (taskflow backup --list shows them)"
    : `restore the copy from before the upgrade, without later changes: taskflow restore ${copy}`;
}

function isReadable(copy: string): boolean {
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

/** Writes `<file>.before-upgrade-<time>`, under a temporary name until it is complete. */
function copyBeside(file: string, reader: Sqlite) {
  const copy = `${file}${COPY}${new Date().toISOString().replaceAll(":", "-")}`;
  const partial = copy + PARTIAL;
  if (existsSync(partial)) rmSync(partial);
  reader.run("VACUUM INTO ?", [partial]);
  flush(partial);
  renameSync(partial, copy);
  flush(dirname(file));
}
