import type { MigrationMeta } from "drizzle-orm/migrator";
import { CommandError } from "../errors.ts";
import { postgres } from "./postgres/migrations/index.ts";
import { sqlite } from "./sqlite/migrations/index.ts";

/** Returns migrations in the form of Drizzle's own reader, which needs a folder: a compiled program has none. */
function migrationsOf({ journal, texts }: typeof sqlite): MigrationMeta[] {
  if (texts.length !== journal.entries.length)
    throw new Error("migrations/index.ts does not list every migration of its journal");
  return journal.entries.map(({ when, breakpoints }, index) => {
    const text = texts[index] ?? "";
    return {
      sql: text.split("--> statement-breakpoint"),
      bps: breakpoints,
      folderMillis: when,
      hash: Bun.SHA256.hash(text, "hex"),
    };
  });
}

const MIGRATIONS = { sqlite: migrationsOf(sqlite), postgres: migrationsOf(postgres) };

/** Returns an engine's migrations, oldest first. */
export const readMigrations = (engine: "sqlite" | "postgres"): MigrationMeta[] => MIGRATIONS[engine];

/**
 * Returns the migrations that a database lacks.
 * @param applied hashes of the migrations that were applied to it
 * @param name of the database, for the operator
 * @param alternative what the operator can do instead of starting the newer version
 * @throws CommandError if one was applied that this version does not know
 */
export function missingMigrations(
  migrations: MigrationMeta[],
  applied: string[],
  name: string,
  alternative: () => string,
): MigrationMeta[] {
  if (applied.some((hash) => !migrations.some((migration) => migration.hash === hash))) {
    throw new CommandError(
      `${name} was written by a newer version of TaskFlow; nothing was changed. Start that version, or ${alternative()}`,
    );
  }
  return migrations.filter((migration) => !applied.includes(migration.hash));
}
