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
import { sync } from "./fsync.ts";
import { contentsOf, damaged, snapshotSqlite } from "./snapshot.ts";
import { codeOf } from "./write-queue.ts";

/** @returns the file that a symbolic link leads to, which may be missing: a link is nothing to replace; else the path */
export function fileBehind(path: string): string {
  try {
    if (!lstatSync(path).isSymbolicLink()) return path;
    return existsSync(path) ? realpathSync(path) : resolve(dirname(path), readlinkSync(path));
  } catch {
    return path;
  }
}

/**
 * Puts a database in the place of another, which is kept beside it, and reads all of it there once more before anybody
 * else can. Whoever starts meanwhile finds one or the other.
 * @param fresh a whole database on the same disk, in use by nobody
 * @returns where the old one is now; undefined when there was none
 * @throws CommandError while a process uses the old one, and when the new one can't be read in its place; what was
 * there is there then
 */
export function replaceSqlite(file: string, fresh: string): string | undefined {
  const next = nextOf(fresh);
  using held = holdAlone(next);
  if (!held) throw damaged(file, "what was restored can't be opened");
  const before = contentsOf(next, held);
  const aside = `${file}.before-restore-${new Date().toISOString().replaceAll(":", "-")}`;
  using _ = existsSync(file) ? holdAlone(file) : undefined;
  handOver(next, file);
  const { ino } = statSync(next);
  if (existsSync(file)) keepAside(file, aside);
  // What a crash has left beside a file that can't be opened belongs to that file.
  moveLogs(file, aside);
  renameSync(next, file);
  sync(dirname(file));
  try {
    held.run("PRAGMA shrink_memory"); // so that it is the disk that is read
    if (statSync(file).ino !== ino || !Bun.deepEquals(contentsOf(file, held), before))
      throw damaged(file, "it is not what was restored");
  } catch (error) {
    if (existsSync(aside)) renameSync(aside, file);
    else rmSync(file);
    moveLogs(aside, file);
    sync(dirname(file));
    throw new CommandError(`${(error as CommandError).message}. What was there before is back in its place`);
  }
  return existsSync(aside) ? aside : undefined;
}

/** A copy that no connection of this process has had open: the last ones may linger, and would keep ours from holding it. */
function nextOf(fresh: string): string {
  const next = `${fresh}.next`;
  snapshotSqlite(fresh, next);
  sync(next);
  rmSync(fresh);
  return next;
}

/** Root restores what another user serves: it is theirs as it was, or as its folder is. */
function handOver(next: string, file: string) {
  const old = statSync(file, { throwIfNoEntry: false });
  const { uid, gid } = old ?? statSync(dirname(file));
  if (old) chmodSync(next, old.mode & 0o777);
  try {
    if (process.getuid?.() === 0) chownSync(next, uid, gid);
  } catch {
    // A root who may not, as on a disk of the network's: the data is there in any case.
  }
}

function moveLogs(from: string, to: string) {
  for (const log of ["-wal", "-shm"]) if (existsSync(from + log)) renameSync(from + log, to + log);
}

/** The name goes to the new database at once: there is no moment without a file. */
function keepAside(file: string, aside: string) {
  try {
    linkSync(file, aside);
  } catch {
    renameSync(file, aside); // a disk without hard links
  }
}

/**
 * Leaving WAL mode takes that nobody else has the file open, in this host's processes and containers.
 * @returns a connection that keeps others out; undefined for a file so damaged that nobody can use it
 */
export function holdAlone(file: string): Sqlite | undefined {
  const database = new Sqlite(file, { readwrite: true, create: false });
  try {
    database.run("PRAGMA busy_timeout = 0");
    database.run("PRAGMA locking_mode = EXCLUSIVE");
    database.run("PRAGMA journal_mode = DELETE");
    database.run("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    if (!/^SQLITE_(BUSY|LOCKED)/.test(codeOf(error))) return undefined;
    throw new CommandError(
      `TaskFlow is using ${file}; stop every process and container that does, then run the same command again. Nothing was changed`,
    );
  }
}
