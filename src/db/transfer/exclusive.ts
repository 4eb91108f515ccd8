import { SQL } from "bun";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { CommandError } from "../../errors.ts";
import type { Database, DatabasePlace } from "../database.ts";
import { openPostgres } from "../postgres/database.ts";
import { assertUnused } from "../postgres/snapshot.ts";
import * as schema from "../schema/index.ts";
import { openSqlite } from "../sqlite/database.ts";
import { holdAlone } from "../sqlite/replace.ts";
import { markTarget } from "./copy.ts";

/** How a copy's own connections call themselves: they are not somebody who serves. */
const APPLICATION = "taskflow copy";
/** Held by a copy on either end of it. */
const COPY_LOCK = 0x7a5c_0002;

/**
 * Opens one end of a copy, which nobody else uses until it is closed: no server, and no other copy. An empty target is
 * marked as such while nobody can have begun to serve it: who starts later sees the mark and doesn't.
 * @throws CommandError while somebody uses it; nothing was changed then
 */
export const openAlone = (place: DatabasePlace, end: "source" | "target"): Promise<Database> =>
  place.engine === "sqlite" ? openFile(place.file, end) : openServer(place, end);

async function openFile(file: string, end: "source" | "target"): Promise<Database> {
  await openSqlite(file).close(); // makes it, or brings it up to date
  const hold = await patiently(() => holdAlone(file));
  if (!hold) throw new CommandError(`${file} can't be had alone: its disk or its folder can't be written`);
  try {
    if (end === "target") await markTarget(drizzle(hold, { schema }), schema);
    if (hold.inTransaction) hold.run("COMMIT");
    // Open in WAL mode it keeps others from holding the file alone, and lets those of this process in.
    hold.run("PRAGMA locking_mode = NORMAL");
    hold.query("SELECT count(*) FROM sqlite_master").get();
    hold.run("PRAGMA journal_mode = WAL");
    hold.query("SELECT count(*) FROM sqlite_master").get();
    const db = openSqlite(file, { held: true });
    return {
      ...db,
      close: () => {
        hold.close();
        return db.close();
      },
    };
  } catch (error) {
    hold.close();
    throw error;
  }
}

/** Of two copies that begin at once each may find the other for an instant: one of them is to have it. */
async function patiently<Result>(attempt: () => Result): Promise<Result> {
  for (let left = 5; ; left--) {
    try {
      return attempt();
    } catch (error) {
      if (left === 1) throw error;
      await Bun.sleep(Math.random() * 200);
    }
  }
}

async function openServer(place: Extract<DatabasePlace, { engine: "postgres" }>, end: "source" | "target") {
  const db = await openPostgres(place.url, place.directUrl, { application: APPLICATION, patient: true });
  // A lock of a session lasts as long as its connection, and ends with this process however that ends.
  const lock = new SQL({ url: place.directUrl, max: 1, connection: { application_name: APPLICATION } });
  const close = async () => void (await Promise.all([lock.close({ timeout: 0 }), db.close()]));
  try {
    const [row] = await lock`select pg_try_advisory_lock(${COPY_LOCK}::bigint) as held`;
    if (!row.held) throw new CommandError("another copy uses the same database; wait for its end. Nothing was changed");
    // Marked first, looked at next: a server that starts meanwhile is seen, or sees the mark.
    const marked = end === "target" && (await db.write((tx) => markTarget(tx, db.schema)));
    await assertUnused(place).catch(async (error) => {
      if (marked) await db.write(async (tx) => void (await tx.delete(db.schema.copyProgress)));
      throw error;
    });
    return { ...db, close };
  } catch (error) {
    await close();
    throw error;
  }
}
