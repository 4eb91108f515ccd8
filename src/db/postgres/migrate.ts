import type { SQL } from "bun";
import { drizzle } from "drizzle-orm/bun-sql";
import type { MigrationMeta } from "drizzle-orm/migrator";
import { CommandError } from "../../errors.ts";
import type { Writer } from "../database.ts";
import { missingMigrations, readMigrations } from "../migrations.ts";
import { declareSchema } from "../schema/index.ts";
import { updateTextKeys } from "../text-keys.ts";
import { postgresDialect } from "./dialect.ts";

const MIGRATIONS = readMigrations("postgres");
/** Taken while the schema changes, so that of processes that start together only one upgrades it. */
const MIGRATION_LOCK = 0x7a5c_0001;

/**
 * Applies pending migrations in one transaction.
 * @throws CommandError if the database belongs to a newer version or another program
 */
export async function migratePostgres(sql: SQL): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`set local statement_timeout = 0`; // an index of a large table takes long, and so does waiting for another process
    await tx`select pg_advisory_xact_lock(${MIGRATION_LOCK})`;
    const pending = await pendingMigrations(tx);
    if (pending.length === MIGRATIONS.length)
      await tx`create table if not exists __drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`;
    for (const migration of pending) {
      for (const statement of migration.sql) await tx.unsafe(statement);
      await tx`insert into __drizzle_migrations (hash, created_at) values (${migration.hash}, ${migration.folderMillis})`;
    }
    if (pending.length > 0 && pending.length < MIGRATIONS.length)
      await updateTextKeys(drizzle({ client: tx }) as unknown as Writer, declareSchema(postgresDialect));
  });
}

/**
 * Returns the migrations that a database lacks. Only reads.
 * @throws CommandError for a database of a newer version or another program
 */
export async function pendingMigrations(sql: SQL): Promise<MigrationMeta[]> {
  const tables: { name: string }[] =
    await sql`select table_name as name from information_schema.tables where table_schema = current_schema()`;
  const names = tables.map(({ name }) => name);
  if (!names.includes("__drizzle_migrations")) {
    if (names.includes("users") || names.includes("tasks"))
      throw new CommandError(
        "the database belongs to another program; nothing was changed. Set DATABASE_URL to a separate database",
      );
    return MIGRATIONS;
  }
  const applied: { hash: string }[] = await sql`select hash from __drizzle_migrations`;
  return missingMigrations(
    MIGRATIONS,
    applied.map(({ hash }) => hash),
    "the database",
    () =>
      "restore the last backup from before the upgrade: `taskflow backup --list` shows the backups, `taskflow restore FILE` restores one",
  );
}
