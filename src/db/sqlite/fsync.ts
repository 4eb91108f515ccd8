import { closeSync, fsyncSync, openSync } from "node:fs";

/** Waits until names that were given in a folder outlast a loss of power, or what is in a file does. */
export function sync(path: string) {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
