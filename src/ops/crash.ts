import { describeError, type Logger } from "./logging.ts";

/** How long the last line may take to be written. */
const WRITE_MS = 200;

/**
 * Ends the process after an error that nothing handles, with a line in the log. By itself the runtime would print the
 * error's message, which may quote anything.
 */
export function logCrashes(logger: Logger): void {
  let ending = false;
  function end(error: unknown) {
    if (ending) return;
    ending = true;
    logger.error("the process ends after an error that nothing handles", describeError(error));
    setTimeout(() => process.exit(1), WRITE_MS);
  }
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
}
