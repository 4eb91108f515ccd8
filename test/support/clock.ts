/** What makes a program live on another day, or undefined where nothing can: it takes the library of `faketime`. */
function preload(): Record<string, string> | undefined {
  if (!Bun.which("faketime")) return undefined;
  // -m: for programs of several threads, which the other library can lock up.
  const { stdout } = Bun.spawnSync(["faketime", "-m", "-f", "+0d", "env"]);
  const library = /^LD_PRELOAD=(.+)$/m.exec(stdout.toString())?.[1];
  // Timers go by the other clock, which runs on.
  return library ? { LD_PRELOAD: library, FAKETIME_DONT_FAKE_MONOTONIC: "1" } : undefined;
}

/** @returns what makes a program live on another day */
export function clockAt(offset: string): Record<string, string> | undefined {
  const library = preload();
  return library && { ...library, FAKETIME: offset };
}

/** @param file holds the offset in seconds (`+3600`), and may be changed while the program runs */
export function clockFrom(file: string): Record<string, string> | undefined {
  const library = preload();
  return library && { ...library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1" };
}
