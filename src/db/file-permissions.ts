import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { $ } from "bun";

/** Names of files in a folder that only TaskFlow uses, which may be a disk's root. */
const OWN_FILES = /^(\.?taskflow\b.*|jwt-secret|backups|litestream|lost\+found|.+\.db(-wal|-shm|\..+)?)$/;

/**
 * Returns who can't write a folder, who owns it, and a command that fixes it. Root may run the command, so it changes
 * only TaskFlow's own files: no folder above the configured one, and recursively only if nothing else is in it.
 * @param path of a folder that TaskFlow writes to
 * @param set whether the folder itself is configured, and so TaskFlow's even if it can't be read
 */
export function chownAdvice(path: string, { set = false } = {}): string {
  const [uid, gid] = idsOf();
  const { existing, owner, hidden } = nearestExisting(path);
  if (owner === uid)
    return `uid ${uid} can't write ${existing}, although it owns it; mount it writable, or run: chmod u+rwX ${quoted(existing)}`;
  const problem = `uid ${uid} can't write ${existing}, which belongs to uid ${owner}`;
  const create = (folder: string) => `install -d -o ${uid} -g ${gid} ${quoted(folder)}`;
  if (existing !== path && !hidden) return `${problem}; run: ${create(path)}`;
  const own = isOwn(path);
  if (hidden || (own === undefined && !set)) return `${problem}, and can't read it; use a folder that it can read`;
  if (own ?? set) return `${problem}; run: chown -R ${uid}:${gid} ${quoted(path)}`;
  return `${problem}, and contains other files; use a separate folder: ${create(join(path, "taskflow"))}`;
}

/** Does the same for a database file. SQLite also creates files beside it, so its folder is checked first. */
export function fileAdvice(file: string): string {
  const folder = dirname(file);
  const [first, ...others] = isWritable(folder) ? closedFiles(file) : [];
  if (first === undefined) return chownAdvice(folder);
  const [uid, gid] = idsOf();
  const { uid: owner } = statSync(first);
  const all = [first, ...others].map(quoted).join(" ");
  return owner === uid
    ? `uid ${uid} can't write ${first}, although it owns it; run: chmod u+rw ${all}`
    : `uid ${uid} can't write ${first}, which belongs to uid ${owner}; run: chown ${uid}:${gid} ${all}`;
}

/** Returns the files of a database that this user can't read and write. */
export const closedFiles = (file: string): string[] =>
  ["", "-wal", "-shm"].map((suffix) => file + suffix).filter((path) => existsSync(path) && !isWritable(path));

const idsOf = () => [process.getuid?.() ?? 0, process.getgid?.() ?? 0] as const;
const quoted = (path: string) => (/^[\w@%+=:,./-]+$/.test(path) ? path : $.escape(path));

/** Returns whether a folder contains only TaskFlow's files, or undefined if it can't be read. */
function isOwn(folder: string): boolean | undefined {
  try {
    return readdirSync(folder).every((name) => OWN_FILES.test(name));
  } catch {
    return undefined;
  }
}

/** Returns the path, or the nearest existing folder above it. Files in an unreadable folder are hidden. */
function nearestExisting(path: string, hidden = false): { existing: string; owner: number; hidden: boolean } {
  try {
    return { existing: path, owner: statSync(path).uid, hidden };
  } catch (error) {
    return nearestExisting(dirname(path), hidden || (error as NodeJS.ErrnoException).code === "EACCES");
  }
}

/** Returns whether this user can read and write an existing file or folder. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | (statSync(path).isDirectory() ? constants.X_OK : 0));
    return true;
  } catch {
    return false;
  }
}

/** Returns whether this user can write a file or folder, or create it. */
export const canMake = (path: string): boolean => isWritable(nearestExisting(path).existing);
