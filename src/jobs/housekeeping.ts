import { observed } from "../observe.ts";
import type { Logger } from "../ops/logging.ts";

const HOUR_MS = 60 * 60 * 1000;
/** The first requests after a start come first. */
const FIRST_MS = 1000;

/** Deletes what has expired. Several processes may do it at once. */
export interface Cleanup {
  readonly name: string;
  run(): Promise<void>;
}

/** Runs the cleanups soon after the start and then every hour. */
export function startHousekeeping(cleanups: readonly Cleanup[], logger: Logger): { stop(): void } {
  async function run() {
    try {
      for (const { name, run } of cleanups) await observed({ kind: "job", name }, run);
    } catch {
      logger.warn("housekeeping failed; the next attempt is in an hour");
    }
  }
  const first = setTimeout(run, FIRST_MS);
  const timer = setInterval(run, HOUR_MS);
  return {
    stop() {
      clearTimeout(first);
      clearInterval(timer);
    },
  };
}
