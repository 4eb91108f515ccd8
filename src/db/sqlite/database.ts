import { Database as Sqlite } from "bun:sqlite";
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { CommandError } from "../../errors.ts";
import { type Carry, carryOn, observed } from "../../observe.ts";
import { type Database, type Writer, writeHeartbeat } from "../database.ts";
import * as schema from "../schema/index.ts";
import { createTurns } from "../turns.ts";
import { sqliteFailure } from "./errors.ts";
import { migrate, pendingMigrations } from "./migrate.ts";
import { observedConnection } from "./observed.ts";
import { createReaderThread } from "./reader-threads.ts";
import { watchSqlite } from "./watch.ts";
import { WriteQueue } from "./write-queue.ts";

/**
 * Opens a SQLite file with one connection that writes and one that reads, which WAL allows at the same time, and
 * upgrades its schema.
 * @param file created if it is missing; its folder must exist
 * @param keepCopy false if the file needs no copy before its schema changes
 * @param locked whether this process has locked the file. Its header is not read then: closing a file releases all
 * locks that the process has on it (POSIX)
 * @param onFailedSync called when writing stops because the disk failed to store a commit
 * @throws CommandError if the file can't be used
 */
export async function openSqlite(
  file: string,
  { keepCopy = true, locked = false, onFailedSync = (_code: string) => {} } = {},
): Promise<Database> {
  if (!existsSync(dirname(file))) {
    throw new CommandError(
      `the folder ${dirname(file)} does not exist; create it for this user, or set DATABASE_URL to a file elsewhere`,
    );
  }
  const connections: Sqlite[] = [];
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
      throw new CommandError(`${file} is a folder; set DATABASE_URL to a file in it`);
    if (!locked) assertSqliteHeader(file);
    const writer = connect(file, connections);
    // The log may end with a commit whose sync failed. Nothing may be appended to it: it would be lost with that commit.
    writer.run("PRAGMA wal_checkpoint(PASSIVE)");
    const reader = connect(file, connections);
    await migrate({ file, writer, reader, keepCopy });
    reader.run("PRAGMA query_only = ON");
    // From here on the queue waits for locks: a busy timeout would block the event loop.
    writer.run("PRAGMA busy_timeout = 0");
    return createDatabase(file, writer, reader, onFailedSync);
  } catch (error) {
    for (const connection of connections) connection.close();
    throw sqliteFailure(file, error);
  }
}

/** Threads for long reads. Each starts with its first query. */
const READER_THREADS = 2;

/** SQLite would overwrite a file that is shorter than a header. @throws Error with code SQLITE_NOTADB */
function assertSqliteHeader(file: string) {
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

/** @param connections receives the connection, so that the caller can close it after a failure */
function connect(file: string, connections: Sqlite[]): Sqlite {
  const connection = new Sqlite(file, { create: true, readwrite: true });
  connections.push(connection);
  connection.run("PRAGMA busy_timeout = 10000"); // first, as any of the following may have to wait
  pendingMigrations(file, connection); // before anything changes the file, which may be another program's
  connection.run("PRAGMA journal_mode = WAL");
  connection.run("PRAGMA synchronous = FULL"); // in WAL mode the default can lose the last commits in a power failure
  connection.run("PRAGMA foreign_keys = ON");
  connection.run("PRAGMA wal_autocheckpoint = 4000"); // pages; with the default of 1000 hot pages were copied too often
  connection.run("PRAGMA cache_size = -65536"); // KiB; with the default of 2 MiB it was a fifth slower
  return connection;
}

function createDatabase(file: string, writer: Sqlite, reader: Sqlite, onFailedSync: (code: string) => void): Database {
  const dataVersion = reader.query<{ data_version: number }, []>("PRAGMA data_version");
  /** The projects whose change logs the batch appends to, each with the write that did. */
  const changed = new Map<string, Carry>();
  const watcher = watchSqlite(writer, reader);
  const committed = () => {
    const all = [...changed];
    changed.clear();
    for (const [projectId, carry] of all) carry(() => watcher.notify(new Set([projectId])));
  };
  const queue = new WriteQueue(writer, committed, onFailedSync);
  const tx: Writer = Object.assign(drizzle({ client: observedConnection(writer), schema }), {
    // There is one writer at a time, so ids become visible in order without a lock.
    lockChangeLog: async (projectId: string) => void changed.set(projectId, carryOn()),
  });
  const threads = Array.from({ length: READER_THREADS }, () => createReaderThread(file));
  const readLong = createTurns(threads.map((thread) => thread.reader));
  const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return {
    engine: "sqlite",
    schema,
    read: drizzle({ client: observedConnection(reader), schema }),
    readLong,
    write: (work) => observed({ kind: "write", name: "write", engine: "sqlite" }, () => queue.run(() => work(tx))),
    watch: watcher.watch,
    dataVersion: () => dataVersion.get()?.data_version,
    load: () => ({ longReadsWaiting: readLong.waitingCount() }),
    status: async () => ({ bytes: sizeOf(file), walBytes: sizeOf(`${file}-wal`) }),
    check: () => queue.run(async () => void (await writeHeartbeat(tx, schema))),
    // AUTOINCREMENT continues after the highest id by itself.
    advanceCounters: async (skip = 0) =>
      void (await queue.run(() =>
        writer.run("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'changes'", [skip]),
      )),
    async close() {
      await queue.idle();
      watcher.stop();
      await Promise.all(threads.map((thread) => thread.close()));
      reader.close();
      // If this was the last process, only the database file remains, without `-wal` and `-shm`.
      try {
        writer.run("PRAGMA wal_checkpoint(TRUNCATE)");
      } catch {
        // The disk can't be written. The next start reads the log beside the file.
      }
      writer.close();
    },
  };
}
