import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** The folder of POSIX shared memory on Linux. */
const SHARED = "/dev/shm";

/** Removes shared memory that faketime leaves behind, as it would break a new process with the same ID. */
function sweep() {
  if (!existsSync(SHARED)) return;
  for (const file of readdirSync(SHARED)) {
    const [, pid] = /^(?:sem\.)?faketime_(?:sem|shm)_(\d+)$/.exec(file) ?? [];
    if (pid && !existsSync(`/proc/${pid}`)) rmSync(join(SHARED, file), { force: true });
  }
}

/** Returns the environment that preloads faketime's library, or undefined if it is not installed. */
function preload(): Record<string, string> | undefined {
  if (!Bun.which("faketime")) return undefined;
  sweep();
  // -m: the other library can deadlock programs with several threads.
  const { stdout, stderr } = Bun.spawnSync(["faketime", "-m", "-f", "+0d", "env"]);
  const library = /^LD_PRELOAD=(.+)$/m.exec(stdout.toString())?.[1];
  if (!library) throw new Error(`faketime has no LD_PRELOAD: ${stderr}`);
  // Timers use the monotonic clock, which stays real.
  return { LD_PRELOAD: library, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

const library = preload();

/** Returns the environment for a program whose clock is shifted by an offset. */
export function clockAt(offset: string): Record<string, string> | undefined {
  return library && { ...library, FAKETIME: offset };
}

/** Does the same with the offset in seconds (`+3600`) in a file, which may change while the program runs. */
export function clockFrom(file: string): Record<string, string> | undefined {
  return library && { ...library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1" };
}
