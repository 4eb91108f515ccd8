import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Makes a folder and what is in it read-only until it is disposed of. Permissions don't bind root, who gets a
 * read-only mount of the folder on itself, or the immutable attribute.
 * @returns undefined where this user can do none of it
 */
export function readOnly(folder: string): Disposable | undefined {
  if (process.getuid?.() !== 0) {
    const change = (fileMode: number, folderMode: number) => {
      for (const name of readdirSync(folder)) chmodSync(join(folder, name), fileMode);
      chmodSync(folder, folderMode);
    };
    change(0o400, 0o500);
    return { [Symbol.dispose]: () => chmodSync(folder, 0o700) };
  }
  if (run("mount", "--bind", folder, folder)) {
    const undo = { [Symbol.dispose]: () => void run("umount", folder) };
    if (run("mount", "-o", "remount,bind,ro", folder)) return undo;
    undo[Symbol.dispose]();
  }
  if (run("chattr", "-R", "+i", folder)) return { [Symbol.dispose]: () => void run("chattr", "-R", "-i", folder) };
  return undefined;
}

const run = (...command: string[]) =>
  Bun.which(command[0] ?? "") !== null && Bun.spawnSync(command, { stdout: "ignore", stderr: "ignore" }).success;
