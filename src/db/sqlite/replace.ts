import { Database as Sqlite } from "bun:sqlite";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { CommandError } from "../../errors.ts";
import { sqliteCode } from "./errors.ts";
import { flush } from "./fsync.ts";
import { damaged, readContents, snapshotSqlite } from "./snapshot.ts";

/** Returns the target of a symbolic link, which may be missing, or the path of anything else. A link is not replaced. */
export function resolveSymlink(path: string): string {
  try {
    if (!lstatSync(path).isSymbolicLink()) return path;
    return existsSync(path) ? realpathSync(path) : resolve(dirname(path), readlinkSync(path));
  } catch {
    return path;
  }
}

/**
 * Replaces a database with another, keeps the old one beside it, and reads all of the new one before any other process
 * can use it. A process that starts at the same time finds either the old or the new one.
 * @param fresh a complete database on the same disk that no process uses
 * @returns the path of the old database, if there was one
 * @throws CommandError while a process uses the old one, or if the new one can't be read in its place. The old one is
 * then in its place
 */
export function replaceSqlite(file: string, fresh: string): string | undefined {
  const next = copyFresh(fresh);
  using connection = openExclusive(next);
  if (!connection) throw damaged(file, "the restored database can't be opened");
  const before = readContents(next, connection);
  const aside = `${file}.before-restore-${new Date().toISOString().replaceAll(":", "-")}`;
  using _ = existsSync(file) ? openExclusive(file) : undefined;
  copyOwner(next, file);
  const { ino } = statSync(next);
  if (existsSync(file)) keepAside(file, aside);
  // After a crash the logs beside a file that can't be opened belong to that file.
  moveLogs(file, aside);
  renameSync(next, file);
  flush(dirname(file));
  try {
    connection.run("PRAGMA shrink_memory"); // so that the check reads the disk
    if (statSync(file).ino !== ino || !Bun.deepEquals(readContents(file, connection), before))
      throw damaged(file, "it differs from the restored database");
  } catch (error) {
    if (existsSync(aside)) renameSync(aside, file);
    else rmSync(file);
    moveLogs(aside, file);
    flush(dirname(file));
    throw new CommandError(`${(error as CommandError).message}. The previous database is back in its place`);
  }
  return existsSync(aside) ? aside : undefined;
}

/** Copies a file that this process has opened: a connection that is not closed yet would prevent the exclusive lock. */
function copyFresh(fresh: string): string {
  const next = `${fresh}.next`;
  snapshotSqlite(fresh, next);
  flush(next);
  rmSync(fresh);
  return next;
}

/** When root restores, the user that runs the server must own the file: the old file's owner, or the folder's. */
function copyOwner(next: string, file: string) {
  const old = statSync(file, { throwIfNoEntry: false });
  const { uid, gid } = old ?? statSync(dirname(file));
  if (old) chmodSync(next, old.mode & 0o777);
  try {
    if (process.getuid?.() === 0) chownSync(next, uid, gid);
  } catch {
    // On a network disk root may not change owners. The data is there in any case.
  }
}

function moveLogs(from: string, to: string) {
  for (const log of ["-wal", "-shm"]) if (existsSync(from + log)) renameSync(from + log, to + log);
}

/** Links the old file, so that the new one can take its name with no moment without a file. */
function keepAside(file: string, aside: string) {
  try {
    linkSync(file, aside);
  } catch {
    renameSync(file, aside); // the disk has no hard links
  }
}

/**
 * Opens a file that no other process or container on this host has open: SQLite leaves WAL mode only then.
 * @returns a connection that locks the file; undefined if the file is damaged or can't be written
 * @throws CommandError if another process uses it
 */
export function openExclusive(file: string): Sqlite | undefined {
  const database = new Sqlite(file, { readwrite: true, create: false });
  try {
    database.run("PRAGMA busy_timeout = 0");
    database.run("PRAGMA locking_mode = EXCLUSIVE");
    database.run("PRAGMA journal_mode = DELETE");
    database.run("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    if (!/^SQLITE_(BUSY|LOCKED)/.test(sqliteCode(error))) return undefined;
    throw new CommandError(
      `TaskFlow is using ${file}; stop every process and container that does, then run the command again. Nothing was changed`,
    );
  }
}
