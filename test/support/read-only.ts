import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Makes a folder and its files read-only until disposal. Root ignores permissions, so for root it uses a
 * read-only bind mount or the immutable attribute.
 * @returns undefined if this user can't
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
