import { join } from "node:path";
import { type MigrationMeta, readMigrationFiles } from "drizzle-orm/migrator";
import { AppError } from "../errors.ts";

/** @returns an engine's migrations, oldest first */
export const readMigrations = (engine: "sqlite" | "postgres"): MigrationMeta[] =>
  readMigrationFiles({ migrationsFolder: join(import.meta.dir, "migrations", engine) });

/**
 * @param applied hashes of the migrations that a database has had
 * @param name the database, as its operator knows it
 * @param wayBack what to do other than starting the newer version
 * @returns the migrations that it still lacks
 * @throws AppError `startup` when it has had one that this version does not know
 */
export function missingMigrations(
  migrations: MigrationMeta[],
  applied: string[],
  name: string,
  wayBack: string,
): MigrationMeta[] {
  if (applied.some((hash) => !migrations.some((migration) => migration.hash === hash))) {
    throw new AppError(
      "startup",
      `${name} was written by a newer version of TaskFlow; nothing was changed. Start that version, or ${wayBack}`,
    );
  }
  return migrations.filter((migration) => !applied.includes(migration.hash));
}
