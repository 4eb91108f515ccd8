import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Where POSIX shared memory is on Linux. */
const SHARED = "/dev/shm";

/** A program that lives on another day leaves its shared memory behind, as it ends: in the way of whoever has its number next. */
function sweep() {
  if (!existsSync(SHARED)) return;
  for (const file of readdirSync(SHARED)) {
    const [, pid] = /^(?:sem\.)?faketime_(?:sem|shm)_(\d+)$/.exec(file) ?? [];
    if (pid && !existsSync(`/proc/${pid}`)) rmSync(join(SHARED, file), { force: true });
  }
}

/** What makes a program live on another day, or undefined where nothing can: it takes the library of `faketime`. */
function preload(): Record<string, string> | undefined {
  if (!Bun.which("faketime")) return undefined;
  sweep();
  // -m: for programs of several threads, which the other library can lock up.
  const { stdout, stderr } = Bun.spawnSync(["faketime", "-m", "-f", "+0d", "env"]);
  const library = /^LD_PRELOAD=(.+)$/m.exec(stdout.toString())?.[1];
  if (!library) throw new Error(`faketime does not say what it preloads: ${stderr}`);
  // Timers go by the other clock, which runs on.
  return { LD_PRELOAD: library, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

const library = preload();

/** @returns what makes a program live on another day */
export function clockAt(offset: string): Record<string, string> | undefined {
  return library && { ...library, FAKETIME: offset };
}

/** @param file holds the offset in seconds (`+3600`), and may be changed while the program runs */
export function clockFrom(file: string): Record<string, string> | undefined {
  return library && { ...library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1" };
}
