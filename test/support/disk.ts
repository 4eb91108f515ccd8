import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./program.ts";

/** Mounts a disk of a few megabytes. @returns undefined without root */
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

/** Fills a disk completely. @returns a handle that frees the space on disposal */
export function fill(path: string): Disposable {
  const file = join(path, "filler");
  const handle = openSync(file, "w");
  for (let size = 64 * 1024; size >= 1; size /= 2) {
    try {
      while (true) writeSync(handle, new Uint8Array(size));
    } catch {
      // Too large: continue with half the size.
    }
  }
  closeSync(handle);
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
}
