/** @returns what makes a program live on another day, or undefined where nothing can: it takes the library of `faketime` */
export function clockAt(offset: string): Record<string, string> | undefined {
  if (!Bun.which("faketime")) return undefined;
  const { stdout } = Bun.spawnSync(["faketime", "-f", offset, "env"]);
  const preload = /^LD_PRELOAD=(.+)$/m.exec(stdout.toString())?.[1];
  // Timers go by the other clock, which runs on.
  return preload ? { LD_PRELOAD: preload, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: "1" } : undefined;
}
