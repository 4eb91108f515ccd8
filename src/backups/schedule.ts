import type { Config } from "../config.ts";
import { CommandError } from "../errors.ts";
import { countEvent } from "../observe.ts";
import { describeError, type Logger } from "../ops/logging.ts";
import { isFutureDated } from "./retention.ts";
import type { Backups } from "./service.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** A day, plus the time that the backup of a large database may take. */
const MAX_AGE_MS = DAY_MS + 2 * HOUR_MS;

/**
 * Returns the age of the newest verified backup, Infinity if there is none. Ignores backups dated in the future.
 * @returns `ms`, whether it is `recent` enough, and a `text` that says so
 * @throws CommandError if the folder can't be read
 */
export function backupAge(backups: Pick<Backups, "list">, now = Date.now()) {
  const newest = backups.list().find((each) => !isFutureDated(each, now));
  const ms = newest ? now - newest.at.getTime() : Number.POSITIVE_INFINITY;
  const text = newest
    ? `the newest verified backup is ${Math.floor(ms / HOUR_MS)} hours old`
    : "there is no verified backup";
  return { ms, recent: ms <= MAX_AGE_MS, text };
}

/**
 * Creates a backup whenever there is none since the last scheduled time, also after a missed one. Retries a failed
 * backup every hour, or every minute while there is no backup at all.
 * @param at in UTC
 * @returns a function that stops the schedule and waits for a running backup
 */
export function scheduleBackups(backups: Backups, at: Config["backup"]["at"], logger: Logger): () => Promise<void> {
  let running = Promise.resolve();
  let attemptedAt = Number.NEGATIVE_INFINITY;

  async function backUpIfDue() {
    const now = Date.now();
    try {
      const { ms } = backupAge(backups, now);
      const retryMs = ms === Number.POSITIVE_INFINITY ? 0 : HOUR_MS;
      // The absolute value, as the clock may have been set back since the last attempt.
      if (ms <= now - lastScheduled(at, now) || Math.abs(now - attemptedAt) < retryMs) return;
      attemptedAt = now;
      await backUp(backups, logger);
    } catch (error) {
      countEvent("backup", "failure");
      logger.error("backup failed", error instanceof CommandError ? { reason: error.message } : describeError(error));
    }
  }

  const check = () => {
    running = running.then(backUpIfDue);
    return running;
  };
  void check();
  const job = Bun.cron("* * * * *", check, { tz: "UTC" });
  return async () => {
    job.stop();
    await running;
  };
}

async function backUp(backups: Backups, logger: Logger) {
  const start = performance.now();
  const { file, manifest } = await backups.backUp();
  const { tasks = 0, users = 0 } = manifest.rows;
  const ms = Math.round(performance.now() - start);
  logger.info("backup verified", { file, bytes: manifest.packed.bytes, users, tasks, ms });
  const { file: latest } = backups.latest();
  if (users === 0 && latest !== file)
    logger.warn("database has no accounts", { reason: `${latest} has some; restore it if they are missing` });
}

function lastScheduled({ hour, minute }: Config["backup"]["at"], now: number): number {
  const today = new Date(now).setUTCHours(hour, minute, 0, 0);
  return today <= now ? today : today - DAY_MS;
}
