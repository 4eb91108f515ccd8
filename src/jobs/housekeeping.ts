import type { Logger } from "../ops/logging.ts";

const HOUR_MS = 60 * 60 * 1000;

/** Deletes what has expired. Several processes may do it at once. */
export type Cleanup = () => Promise<void>;

/** Runs the cleanups at the start and then every hour. */
export function startHousekeeping(cleanups: readonly Cleanup[], logger: Logger): { stop(): void } {
  async function run() {
    try {
      for (const cleanup of cleanups) await cleanup();
    } catch {
      logger.warn("housekeeping failed; the next attempt is in an hour");
    }
  }
  let running = run();
  const timer = setInterval(() => {
    running = running.then(run);
  }, HOUR_MS);
  return { stop: () => clearInterval(timer) };
}
