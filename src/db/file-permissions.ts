import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { $ } from "bun";

/** What lies in a folder of TaskFlow's own: on a disk of its own, too. */
const OURS = /^(\.?taskflow\b.*|jwt-secret|backups|litestream|lost\+found|.+\.db(-wal|-shm|\..+)?)$/;

/**
 * A command that root follows may reach nothing but TaskFlow's own: it names no folder above the one that was set, and
 * goes down only into one with nothing else in it.
 * @param path of a folder that TaskFlow writes to
 * @param set whether that folder itself was set, so that it is TaskFlow's although nobody may look
 * @returns who can't write it, whose it is, and the command that puts it right
 */
export function chownAdvice(path: string, { set = false } = {}): string {
  const [uid, gid] = idsOf();
  const { place, owner, hidden } = nearest(path);
  if (owner === uid)
    return `uid ${uid} can't write ${place}, which is its own; mount it writable, or run: chmod u+rwX ${quoted(place)}`;
  const words = `uid ${uid} can't write ${place}, which belongs to uid ${owner}`;
  const make = (folder: string) => `install -d -o ${uid} -g ${gid} ${quoted(folder)}`;
  if (place !== path && !hidden) return `${words}; run: ${make(path)}`;
  const ours = isOurs(path);
  if (hidden || (ours === undefined && !set)) return `${words}, nor look into it; use a folder that it can reach`;
  if (ours ?? set) return `${words}; run: chown -R ${uid}:${gid} ${quoted(path)}`;
  return `${words}, and is not TaskFlow's alone; use a folder that is: ${make(join(path, "taskflow"))}`;
}

/** The same of a database file: SQLite writes beside it, too, so that its folder counts first. */
export function fileAdvice(file: string): string {
  const folder = dirname(file);
  const [closed, ...more] = isWritable(folder) ? closedFiles(file) : [];
  if (closed === undefined) return chownAdvice(folder);
  const [uid, gid] = idsOf();
  const { uid: owner } = statSync(closed);
  const all = [closed, ...more].map(quoted).join(" ");
  return owner === uid
    ? `uid ${uid} can't write ${closed}, which is its own; run: chmod u+rw ${all}`
    : `uid ${uid} can't write ${closed}, which belongs to uid ${owner}; run: chown ${uid}:${gid} ${all}`;
}

/** @returns those files of a database that this user can't use */
export const closedFiles = (file: string): string[] =>
  ["", "-wal", "-shm"].map((end) => file + end).filter((path) => existsSync(path) && !isWritable(path));

const idsOf = () => [process.getuid?.() ?? 0, process.getgid?.() ?? 0] as const;
const quoted = (path: string) => (/^[\w@%+=:,./-]+$/.test(path) ? path : $.escape(path));

/** @returns whether all that a folder holds is TaskFlow's; undefined for one that can't be looked into */
function isOurs(folder: string): boolean | undefined {
  try {
    return readdirSync(folder).every((name) => OURS.test(name));
  } catch {
    return undefined;
  }
}

/** The path, or the first folder above it that can be looked at: what is in a closed one is hidden. */
function nearest(path: string, hidden = false): { place: string; owner: number; hidden: boolean } {
  try {
    return { place: path, owner: statSync(path).uid, hidden };
  } catch (error) {
    return nearest(dirname(path), hidden || (error as NodeJS.ErrnoException).code === "EACCES");
  }
}

/** Whether this user can use a file or folder that is there. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | (statSync(path).isDirectory() ? constants.X_OK : 0));
    return true;
  } catch {
    return false;
  }
}

/** Whether this user can use a file or folder, or make it where it isn't yet. */
export const canMake = (path: string): boolean => isWritable(nearest(path).place);
