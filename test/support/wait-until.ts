const INTERVAL_MS = 10;

/** Checks a condition repeatedly until it is true. */
export async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await Bun.sleep(INTERVAL_MS);
}
