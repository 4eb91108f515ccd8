import { closeSync, fsyncSync, openSync } from "node:fs";

/** Flushes a file to disk, or the names in a folder, so that they survive a power failure. */
export function flush(path: string) {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
