import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./program.ts";

/** A disk of a few megabytes, which takes a mount and so root; undefined where that can't be had. */
export function smallDisk(megabytes = 3): (Disposable & { path: string }) | undefined {
  const path = temporaryFolder();
  const run = (...command: string[]) =>
    Bun.which(command[0] ?? "") !== null && Bun.spawnSync(command, { stdout: "ignore", stderr: "ignore" }).success;
  const remove = () => rmSync(path, { recursive: true, force: true });
  if (!run("mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path)) {
    remove();
    return undefined;
  }
  return {
    path,
    [Symbol.dispose]() {
      run("umount", "-l", path);
      remove();
    },
  };
}

/** Takes all the room that there is. @returns what gives it back */
export function fill(path: string): Disposable {
  const file = join(path, "filler");
  const handle = openSync(file, "w");
  for (let size = 64 * 1024; size >= 1; size /= 2) {
    try {
      while (true) writeSync(handle, new Uint8Array(size));
    } catch {
      // No room for this many any more: for fewer, perhaps.
    }
  }
  closeSync(handle);
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
}
