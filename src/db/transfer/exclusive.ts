import { SQL } from "bun";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { CommandError } from "../../errors.ts";
import type { Database, DatabasePlace } from "../database.ts";
import { openPostgres } from "../postgres/database.ts";
import { assertUnused } from "../postgres/snapshot.ts";
import * as schema from "../schema/index.ts";
import { openSqlite } from "../sqlite/database.ts";
import { openExclusive } from "../sqlite/replace.ts";
import { markTarget } from "./mark.ts";

/** The application name of a copy's connections, which don't count as a running server. */
const APPLICATION = "taskflow copy";
/** Taken by a copy on its source and on its target. */
const COPY_LOCK = 0x7a5c_0002;

/**
 * Opens the source or the target of a copy, which no server and no other copy can use until it is closed. An empty target
 * is marked while it is locked; a server that starts later finds the mark and refuses to serve.
 * @throws CommandError while another process uses it. Nothing was changed then
 */
export const openForCopy = (place: DatabasePlace, end: "source" | "target"): Promise<Database> =>
  place.engine === "sqlite" ? openFile(place.file, end) : openServer(place, end);

async function openFile(file: string, end: "source" | "target"): Promise<Database> {
  await (await openSqlite(file)).close(); // creates or upgrades it
  const lock = await retry(() => openExclusive(file));
  if (!lock) throw new CommandError(`could not get exclusive access to ${file}: its disk or folder can't be written`);
  try {
    if (end === "target") await markTarget(drizzle(lock, { schema }), schema);
    if (lock.inTransaction) lock.run("COMMIT");
    // In WAL mode an open connection prevents other processes' exclusive access, but not this process's connections.
    lock.run("PRAGMA locking_mode = NORMAL");
    lock.query("SELECT count(*) FROM sqlite_master").get();
    lock.run("PRAGMA journal_mode = WAL");
    lock.query("SELECT count(*) FROM sqlite_master").get();
    const db = await openSqlite(file, { locked: true });
    return {
      ...db,
      close: () => {
        lock.close();
        return db.close();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Two copies that start at once may each see the other's lock for an instant, and one of them must succeed. */
async function retry<Result>(attempt: () => Result): Promise<Result> {
  for (let attempts = 1; ; attempts++) {
    try {
      return attempt();
    } catch (error) {
      if (attempts === 5) throw error;
      await Bun.sleep(Math.random() * 200);
    }
  }
}

async function openServer(place: Extract<DatabasePlace, { engine: "postgres" }>, end: "source" | "target") {
  const db = await openPostgres(place.url, place.directUrl, { application: APPLICATION, patient: true });
  // A session's lock ends with its connection, and so with this process.
  const lock = new SQL({ url: place.directUrl, max: 1, connection: { application_name: APPLICATION } });
  const close = async () => void (await Promise.all([lock.close({ timeout: 0 }), db.close()]));
  try {
    const [row] = await lock`select pg_try_advisory_lock(${COPY_LOCK}::bigint) as held`;
    if (!row.held)
      throw new CommandError("another copy is using the database; wait until it has finished. Nothing was changed");
    // Marks the target before checking for servers: one that starts at the same time is found, or finds the mark.
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
