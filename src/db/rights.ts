import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";

/** @returns who can't write a path, whose it is, and the command that puts it right */
export function chownAdvice(path: string): string {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const { place, owner, folder } = nearest(path);
  if (owner === uid)
    return `uid ${uid} can't write ${place}, which is its own; mount it writable, or run: chmod u+rwX ${place}`;
  return `uid ${uid} can't write ${place}, which belongs to uid ${owner}; run: chown -R ${uid}:${gid} ${folder}`;
}

/** The path, or the first folder above it that can be looked at: what is in a closed one can't. */
function nearest(path: string): { place: string; owner: number; folder: string } {
  try {
    const found = statSync(path);
    return { place: path, owner: found.uid, folder: found.isDirectory() ? path : dirname(path) };
  } catch {
    return nearest(dirname(path));
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
