import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { CommandError } from "../errors.ts";
import type { Database, DatabasePlace } from "./database.ts";
import { chownAdvice, isWritable } from "./file-permissions.ts";
import { openSqlite } from "./sqlite/database.ts";
import { assertComplete } from "./transfer/mark.ts";

interface Location {
  readonly dataDir: string;
  readonly database: DatabasePlace;
}

/**
 * Opens the configured database, creating its folder on the first start.
 * @param onFailedSync called when writing stops because the disk failed to store a commit (SQLite)
 * @throws CommandError
 */
export async function openDatabase(
  { dataDir, database }: Location,
  onFailedSync?: (code: string) => void,
): Promise<Database> {
  createDataDir(dataDir);
  if (database.engine === "sqlite" && dirname(database.file) === dataDir && !isWritable(dataDir))
    throw new CommandError(
      `can't write ${database.file}: ${chownAdvice(dataDir, { set: true })}; or set DATA_DIR to another folder`,
    );
  const db = await openPlace(database, onFailedSync);
  try {
    await assertComplete(db);
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** Opens a database and upgrades its schema. @throws CommandError */
export const openPlace = async (place: DatabasePlace, onFailedSync?: (code: string) => void): Promise<Database> =>
  place.engine === "sqlite"
    ? openSqlite(place.file, { onFailedSync })
    : (await import("./postgres/database.ts")).openPostgres(place.url, place.directUrl);

function createDataDir(dataDir: string) {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const advice = /^(EACCES|EPERM|EROFS)$/.test(code) ? chownAdvice(dataDir) : "create it for this user";
    throw new CommandError(
      `can't create the data folder ${dataDir} (${code}): ${advice}; or set DATA_DIR to a folder that this user can write`,
    );
  }
}
