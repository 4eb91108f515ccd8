import type { SQL } from "bun";
import type { MigrationMeta } from "drizzle-orm/migrator";
import { CommandError } from "../../errors.ts";
import { missingMigrations, readMigrations } from "../migrations.ts";

const MIGRATIONS = readMigrations("postgres");
/** Held while the schema changes, so that processes that start together do it once. */
const MIGRATION_LOCK = 0x7a5c_0001;

/**
 * Brings the schema up to date in one transaction: all of it, or none.
 * @throws CommandError when the database comes from a newer version or another program
 */
export async function migratePostgres(sql: SQL): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`set local statement_timeout = 0`; // a large table's index, or another process that makes it, takes its time
    await tx`select pg_advisory_xact_lock(${MIGRATION_LOCK})`;
    const missing = await pendingMigrations(tx);
    if (missing.length === MIGRATIONS.length)
      await tx`create table if not exists __drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`;
    for (const migration of missing) {
      for (const statement of migration.sql) await tx.unsafe(statement);
      await tx`insert into __drizzle_migrations (hash, created_at) values (${migration.hash}, ${migration.folderMillis})`;
    }
  });
}

/**
 * Only reads. @returns the migrations that the database still lacks
 * @throws CommandError for a database from a newer version or another program
 */
export async function pendingMigrations(sql: SQL): Promise<MigrationMeta[]> {
  const tables: { name: string }[] =
    await sql`select table_name as name from information_schema.tables where table_schema = current_schema()`;
  const names = tables.map(({ name }) => name);
  if (!names.includes("__drizzle_migrations")) {
    if (names.includes("users") || names.includes("tasks"))
      throw new CommandError(
        "the database holds the tables of another program; nothing was changed. Set DATABASE_URL to a database of its own",
      );
    return MIGRATIONS;
  }
  const applied: { hash: string }[] = await sql`select hash from __drizzle_migrations`;
  return missingMigrations(
    MIGRATIONS,
    applied.map(({ hash }) => hash),
    "the database",
    () =>
      "restore the last backup from before the upgrade: taskflow backup --list names them, taskflow restore FILE takes one",
  );
}
