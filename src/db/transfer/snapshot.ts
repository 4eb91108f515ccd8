import type { Database, DatabasePlace } from "../database.ts";
import { assertUnused, hasUnfinishedCopy, replacePostgres, snapshotPostgres } from "../postgres/snapshot.ts";
import { openSqlite } from "../sqlite/database.ts";
import { replaceSqlite } from "../sqlite/replace.ts";
import { assertTaskflowFile, snapshotSqlite } from "../sqlite/snapshot.ts";

/** How many change ids a restored database leaves out, so that no id used since the backup is used again. */
const SKIPPED_IDS = 1_000_000;

/** Checks a database file. @throws CommandError if it is missing, unusable, another program's or a newer version's */
export async function assertUsable(place: DatabasePlace): Promise<void> {
  if (place.engine === "sqlite") assertTaskflowFile(place.file);
}

/**
 * Copies a consistent state of a database into a new SQLite file, also while it is in use.
 * @throws CommandError
 */
export const takeSnapshot = async (place: DatabasePlace, to: string): Promise<void> =>
  place.engine === "sqlite" ? snapshotSqlite(place.file, to) : snapshotPostgres(place, to);

/**
 * Replaces a database with a snapshot, whose schema is upgraded first.
 * @param fresh the snapshot, which is consumed; for a database file it must be on the same disk
 * @param keep saves the contents of a server; a file is kept beside itself
 * @returns where the previous database was saved, if there was one
 * @throws CommandError while a process uses the database. Nothing was changed then
 */
export async function replaceDatabase(
  place: DatabasePlace,
  fresh: string,
  keep: () => Promise<string | undefined>,
): Promise<string | undefined> {
  await (await openUpgraded(fresh, SKIPPED_IDS)).close();
  if (place.engine === "sqlite") return replaceSqlite(place.file, fresh);
  await assertUnused(place);
  const kept = (await hasUnfinishedCopy(place)) ? undefined : await keep(); // an interrupted restore is not worth keeping
  await replacePostgres(place, fresh, SKIPPED_IDS);
  return kept;
}

/**
 * Opens a snapshot and upgrades its schema.
 * @param skip how many change ids to leave out
 * @throws CommandError if it was made by a newer version
 */
export async function openUpgraded(file: string, skip = 0): Promise<Database> {
  const database = await openSqlite(file, { keepCopy: false });
  await database.advanceCounters(skip);
  return database;
}
