import { mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { chownAdvice } from "../db/file-permissions.ts";
import { hold } from "../db/sqlite/file-lock.ts";
import { CommandError } from "../errors.ts";

/** Folders in which backups are made and taken apart, each with a file beside it that is held for as long. */
const WORK = ".taskflow-work-";
const LOCK = ".lock";

export interface Folder {
  readonly path: string;
  /** What an operator sets to have another one. */
  readonly variable?: "BACKUP_DIR" | "TMPDIR";
}

/** What is to go with the process, when that is told to end in the middle. */
const folders = new Set<string>();
process.on("exit", () => {
  for (const folder of folders) remove(folder);
});

/**
 * Gives a piece of work a folder of its own in another one, for this user's eyes only. It goes when the work is over
 * or the process ends; what a process left that had no time for it goes with the next such work.
 * @param dir made when it is missing
 * @throws CommandError when the folder takes none
 */
export async function inWorkFolder<Result>(dir: Folder, work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = join(dir.path, WORK + crypto.randomUUID().slice(0, 13));
  folders.add(folder);
  try {
    using _ = await onDisk(dir, () => {
      mkdirSync(dir.path, { recursive: true, mode: 0o700 });
      clearLeftovers(dir.path);
      const lock = hold(folder + LOCK);
      mkdirSync(folder, { mode: 0o700 });
      return lock;
    });
    return await work(folder);
  } finally {
    remove(folder);
    folders.delete(folder);
  }
}

function clearLeftovers(dir: string) {
  const left = readdirSync(dir).filter((name) => name.startsWith(WORK) && !name.endsWith(LOCK));
  for (const folder of left.map((name) => join(dir, name))) {
    try {
      using free = hold(folder + LOCK);
      if (free) remove(folder);
    } catch {
      // Another user's: that one's next work clears it away.
    }
  }
}

/** What can't be removed is left for the next time: why the work failed is what counts. */
function remove(folder: string) {
  try {
    rmSync(folder, { recursive: true, force: true });
    rmSync(folder + LOCK, { force: true });
  } catch {}
}

/**
 * A backup and what it is restored into to be proven lie on a disk together.
 * @param bytes of the database
 * @throws CommandError unless there is room for two copies of it
 */
export function assertRoom({ path, variable }: Folder, bytes: number): void {
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize > 2 * bytes) return;
  const wayOut = variable ? `, or set ${variable} to a folder on another disk` : "";
  throw new CommandError(`the disk of ${path} has too little room for copies of the database; make room${wayOut}`);
}

/**
 * Does what writes to one folder, and no other.
 * @throws CommandError that says what is wrong with the folder or its disk
 */
export async function onDisk<Result>(dir: Folder, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw diskProblem(dir, error) ?? error;
  }
}

/** @returns what is wrong with a folder or its disk, when that is what the error comes from */
export function diskProblem({ path, variable }: Folder, error: unknown): CommandError | undefined {
  const problem = problemOf(path, codeOf(error), variable !== undefined);
  if (problem === undefined) return undefined;
  const wayOut = variable ? `; or set ${variable} to another folder` : "";
  return new CommandError(problem + wayOut);
}

function problemOf(dir: string, code: string, set: boolean): string | undefined {
  if (/^(ENOTDIR|EEXIST)$/.test(code)) return `${dir} is not a folder; move away what is there`;
  if (/^(EACCES|EPERM|EROFS|SQLITE_(CANTOPEN|READONLY|PERM).*)$/.test(code)) return chownAdvice(dir, { set });
  if (/^(ENOSPC|EDQUOT|SQLITE_(FULL|IOERR).*)$/.test(code)) return `the disk of ${dir} is full or failing; make room`;
  return undefined;
}

/** @returns the code of what an error came from, in the end; a write that a full disk refused comes wrapped */
function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (cause !== undefined) return codeOf(cause);
  return error instanceof CommandError ? "" : String(code ?? "");
}
