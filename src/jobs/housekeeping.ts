import { observed } from "../observe.ts";
import { describeError, type Logger } from "../ops/logging.ts";

const HOUR_MS = 60 * 60 * 1000;
/** The first requests after a start come first. */
const FIRST_MS = 1000;

/** Deletes what has expired. Several processes may do it at once. */
export interface Cleanup {
  readonly name: string;
  run(): Promise<void>;
}

/** Runs the cleanups soon after the start and then every hour. One that fails does not keep the others from running. */
export function startHousekeeping(cleanups: readonly Cleanup[], logger: Logger): { stop(): void } {
  async function runAll() {
    for (const { name, run } of cleanups)
      try {
        await observed({ kind: "job", name }, run);
      } catch (error) {
        logger.warn("a job failed; the next attempt is in an hour", { job: name, ...describeError(error) });
      }
  }
  const first = setTimeout(runAll, FIRST_MS);
  const timer = setInterval(runAll, HOUR_MS);
  return {
    stop() {
      clearTimeout(first);
      clearInterval(timer);
    },
  };
}
