import { join } from "node:path";
import { type MigrationMeta, readMigrationFiles } from "drizzle-orm/migrator";

/**
 * Runs as a macro while the code is read (from source) or compiled (into the binary), so that the program needs no
 * folder of SQL beside it.
 * @returns an engine's migrations, oldest first
 */
export const readMigrationFolder = (engine: "sqlite" | "postgres"): MigrationMeta[] =>
  readMigrationFiles({ migrationsFolder: join(import.meta.dir, "migrations", engine) });
