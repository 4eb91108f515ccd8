import type { Database, DatabasePlace } from "../database.ts";
import { assertUnused, isHalf, replacePostgres, snapshotPostgres } from "../postgres/snapshot.ts";
import { openSqlite } from "../sqlite/database.ts";
import { replaceSqlite } from "../sqlite/replace.ts";
import { assertOurs, snapshotSqlite } from "../sqlite/snapshot.ts";

/** Numbers of changes that a restored database leaves out, so that none that was seen since the backup comes again. */
const AHEAD = 1_000_000;

/** @throws CommandError for a file that is not there, can't be used, is another program's or a newer version's */
export async function assertUsable(place: DatabasePlace): Promise<void> {
  if (place.engine === "sqlite") assertOurs(place.file);
}

/**
 * Copies a whole database, as it is at one moment, into a new SQLite file, while others read and write it.
 * @throws CommandError
 */
export const takeSnapshot = async (place: DatabasePlace, to: string): Promise<void> =>
  place.engine === "sqlite" ? snapshotSqlite(place.file, to) : snapshotPostgres(place, to);

/**
 * Puts a snapshot in the place of a database. An older schema is brought up to date first.
 * @param fresh the snapshot, on the same disk as a database that is a file: it is used up
 * @param keep keeps aside what a server holds; a file is kept beside itself
 * @returns where what was there is kept now, if anything was there
 * @throws CommandError while a process uses the database; nothing was changed then
 */
export async function putBack(
  place: DatabasePlace,
  fresh: string,
  keep: () => Promise<string | undefined>,
): Promise<string | undefined> {
  await (await openUpgraded(fresh, AHEAD)).close();
  if (place.engine === "sqlite") return replaceSqlite(place.file, fresh);
  await assertUnused(place);
  const kept = (await isHalf(place)) ? undefined : await keep(); // what a crash left half-way is nothing to keep
  await replacePostgres(place, fresh, AHEAD);
  return kept;
}

/**
 * Opens a snapshot as the program opens its database, brought up to date.
 * @throws CommandError for one of a newer version
 */
export async function openUpgraded(file: string, ahead = 0): Promise<Database> {
  const database = openSqlite(file, { keepCopy: false });
  await database.settleCounters(ahead);
  return database;
}
