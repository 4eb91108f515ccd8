import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { chownAdvice } from "../db/file-permissions.ts";
import { lockFile } from "../db/sqlite/file-lock.ts";
import { CommandError } from "../errors.ts";

/** Each work folder has a lock file next to it, locked while the folder is in use. */
const PREFIX = ".taskflow-work-";
const LOCK = ".lock";

export interface Folder {
  readonly path: string;
  /** The environment variable that sets it. */
  readonly variable?: "BACKUP_DIR" | "TMPDIR";
}

const inUse = new Set<string>();
process.on("exit", () => {
  for (const path of inUse) remove(path);
});

/**
 * Creates a private folder for temporary files inside another folder, and removes those that killed processes left
 * there. It is removed when it is disposed of, and when the process exits.
 * @throws CommandError if the parent can't be written
 */
export async function openWorkFolder(parent: Folder): Promise<Disposable & { path: string }> {
  const path = join(parent.path, PREFIX + crypto.randomUUID().slice(0, 13));
  using cleanup = new DisposableStack();
  cleanup.adopt(path, remove);
  inUse.add(path);
  await onDisk(parent, () => {
    mkdirSync(parent.path, { recursive: true, mode: 0o700 });
    removeLeftovers(parent.path);
    // Locked before the folder exists: no other process may take it for a leftover.
    cleanup.use(lockFile(path + LOCK));
    mkdirSync(path, { mode: 0o700 });
  });
  return Object.assign(cleanup.move(), { path });
}

function removeLeftovers(parent: string) {
  const names = readdirSync(parent).filter((name) => name.startsWith(PREFIX) && !name.endsWith(LOCK));
  for (const path of names.map((name) => join(parent, name))) {
    try {
      using lock = lockFile(path + LOCK);
      if (lock) remove(path);
    } catch {
      // It belongs to another user, whose next backup removes it.
    }
  }
}

/** Ignores failures: the next backup tries again, and the error of the work itself matters more. */
function remove(path: string) {
  try {
    rmSync(path, { recursive: true, force: true });
    rmSync(path + LOCK, { force: true });
  } catch {}
  inUse.delete(path);
}

/**
 * Runs a function that writes to one folder only.
 * @throws CommandError if the folder can't be written or its disk is full
 */
export async function onDisk<Result>(folder: Folder, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw diskProblem(folder, error);
  }
}

/** Returns a CommandError if the folder or its disk caused an error, or else the error itself. */
export function diskProblem({ path, variable }: Folder, error: unknown): unknown {
  const code = codeOf(error);
  const alternative = variable ? `; or set ${variable} to another folder` : "";
  if (/^(ENOTDIR|EEXIST)$/.test(code))
    return new CommandError(`${path} is not a folder; move that file away${alternative}`);
  if (/^(EACCES|EPERM|EROFS|SQLITE_(CANTOPEN|READONLY|PERM).*)$/.test(code))
    return new CommandError(chownAdvice(path, { set: variable !== undefined }) + alternative);
  if (/^(ENOSPC|EDQUOT|SQLITE_(FULL|IOERR).*)$/.test(code))
    return new CommandError(`the disk of ${path} is full or failing; free some space${alternative}`);
  return error;
}

/** Returns the code of the innermost cause: Drizzle wraps the error of a full disk. */
function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  return cause === undefined ? String(code ?? "") : codeOf(cause);
}
