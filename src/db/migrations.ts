import type { MigrationMeta } from "drizzle-orm/migrator";
import { AppError } from "../errors.ts";
import { readMigrationFolder } from "./migration-files.ts" with { type: "macro" };

const MIGRATIONS = { sqlite: readMigrationFolder("sqlite"), postgres: readMigrationFolder("postgres") };

/** @returns an engine's migrations, oldest first */
export const readMigrations = (engine: "sqlite" | "postgres"): MigrationMeta[] => MIGRATIONS[engine];

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
