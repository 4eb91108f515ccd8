import { Database as Sqlite } from "bun:sqlite";
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { CommandError } from "../../errors.ts";
import { beat, type Database, type Writer } from "../database.ts";
import * as schema from "../schema/index.ts";
import { sqliteFailure } from "./errors.ts";
import { migrate, pendingMigrations } from "./migrate.ts";
import { watchSqlite } from "./watch.ts";
import { WriteQueue } from "./write-queue.ts";

/**
 * Opens the embedded engine: one connection that writes, one that reads (WAL lets them work side by side), the
 * schema brought up to date.
 * @param file created when it is missing; its folder must be there
 * @param keepCopy false where another copy of the file is kept anyway before its schema changes
 * @param held whether this process has the file open already: reading its head would let go of the locks it has then,
 * as closing a file lets go of all that a process has on it (POSIX)
 * @throws CommandError with what to do when the file can't be used
 */
export function openSqlite(file: string, { keepCopy = true, held = false } = {}): Database {
  if (!existsSync(dirname(file))) {
    throw new CommandError(
      `the folder ${dirname(file)} does not exist; create it for this user, or set DATABASE_URL to a file elsewhere`,
    );
  }
  const connections: Sqlite[] = [];
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
      throw new CommandError(`${file} is a folder; set DATABASE_URL to a file in it`);
    if (!held) assertDatabase(file);
    const writer = connect(file, connections);
    const reader = connect(file, connections);
    migrate({ file, writer, reader, keepCopy });
    reader.run("PRAGMA query_only = ON");
    // From here on waiting for a lock is the queue's business: a busy timeout would block every other request.
    writer.run("PRAGMA busy_timeout = 0");
    return databaseOver(writer, reader);
  } catch (error) {
    for (const connection of connections) connection.close();
    throw sqliteFailure(file, error);
  }
}

/** SQLite takes a file of less than a header for an empty one, and writes over it. @throws SQLITE_NOTADB */
function assertDatabase(file: string) {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return;
  const header = firstBytes(file, 16);
  if (header !== "" && header !== "SQLite format 3\0") throw Object.assign(new Error(), { code: "SQLITE_NOTADB" });
}

function firstBytes(file: string, count: number): string {
  const handle = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(count);
    return bytes.toString("latin1", 0, readSync(handle, bytes));
  } finally {
    closeSync(handle);
  }
}

/** @param connections where it is noted, so that whoever fails later can close it */
function connect(file: string, connections: Sqlite[]): Sqlite {
  const connection = new Sqlite(file, { create: true, readwrite: true });
  connections.push(connection);
  connection.run("PRAGMA busy_timeout = 10000"); // before anything that may have to wait
  pendingMigrations(file, connection); // and this before anything that changes the file: it may not be ours
  connection.run("PRAGMA journal_mode = WAL");
  connection.run("PRAGMA synchronous = FULL"); // in WAL mode the default may lose the last commits with the power
  connection.run("PRAGMA foreign_keys = ON");
  connection.run("PRAGMA cache_size = -65536"); // KiB; measured: the default 2 MiB costs a fifth of the speed
  return connection;
}

function databaseOver(writer: Sqlite, reader: Sqlite): Database {
  const dataVersion = reader.query<{ data_version: number }, []>("PRAGMA data_version");
  const announced = new Set<string>();
  const watcher = watchSqlite(writer, reader);
  const queue = new WriteQueue(writer, () => {
    if (announced.size > 0) watcher.tell(new Set(announced));
    announced.clear();
  });
  const tx: Writer = Object.assign(drizzle(writer, { schema }), {
    // There is one writer at a time: numbers are visible in order as they are.
    announce: async (accountId: string) => void announced.add(accountId),
  });
  return {
    engine: "sqlite",
    schema,
    read: drizzle(reader, { schema }),
    write: (work) => queue.run(() => work(tx)),
    watch: watcher.watch,
    stamp: () => dataVersion.get()?.data_version,
    check: () => queue.run(async () => void (await beat(tx, schema))),
    // AUTOINCREMENT goes on after the highest number by itself.
    settleCounters: async (ahead = 0) =>
      void (await queue.run(() =>
        writer.run("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'changes'", [ahead]),
      )),
    async close() {
      await queue.idle();
      watcher.stop();
      reader.close();
      // Leaves one file behind, without `-wal` and `-shm` beside it, when this was the last process.
      try {
        writer.run("PRAGMA wal_checkpoint(TRUNCATE)");
      } catch {
        // A disk that can't be written: what is in the log beside the file is read from there the next time.
      }
      writer.close();
    },
  };
}
