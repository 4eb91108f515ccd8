import { CommandError } from "../errors.ts";
import type { Logger } from "../ops/logging.ts";
import { isAhead } from "./retention.ts";
import type { Backups } from "./service.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** A day, and the time that a backup of much data may take. */
const TOO_OLD_MS = DAY_MS + 2 * HOUR_MS;

/**
 * @returns milliseconds since the newest proven backup; Infinity when there is none, or only what a wrong clock dated in
 * the future
 * @throws CommandError for a folder that can't be read
 */
export function ageOf(backups: Pick<Backups, "list">, now = Date.now()): number {
  const past = backups.list().find((each) => !isAhead(each, now));
  return past ? now - past.at.getTime() : Number.POSITIVE_INFINITY;
}

/** @returns what is wrong with the age of the newest proven backup, or undefined */
export function staleness(backups: Pick<Backups, "list">): string | undefined {
  try {
    const age = ageOf(backups);
    if (age <= TOO_OLD_MS) return undefined;
    return age === Number.POSITIVE_INFINITY
      ? "there is no proven backup"
      : `the newest proven backup is ${Math.floor(age / HOUR_MS)} hours old`;
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
}

/**
 * Backs up at once when the newest backup is over a day old, then daily. What fails is tried again each hour until it
 * works, or each minute while there is no backup at all.
 * @param at hour and minute, UTC
 * @returns to be called to end it; resolves when no backup is being made
 */
export function keepDaily(backups: Backups, at: { hour: number; minute: number }, logger: Logger) {
  let running = Promise.resolve();
  let due = ageNow() > DAY_MS;
  let triedAt = Number.NEGATIVE_INFINITY;

  /** A folder that can't be read has none: trying says why. */
  function ageNow(): number {
    try {
      return ageOf(backups);
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }

  async function backUp() {
    triedAt = Date.now();
    const began = performance.now();
    try {
      const { file, size, manifest } = await backups.backUp();
      due = false;
      const { tasks = 0, users = 0 } = manifest.rows;
      logger.info("backup proven", { file, bytes: size, users, tasks, ms: Math.round(performance.now() - began) });
      const before = users === 0 ? backups.latest().file : file;
      if (before !== file)
        logger.warn("no account is left", { reason: `${before} has some; restore it, if they should be there` });
    } catch (error) {
      logger.error("backup failed", { reason: (error as Error).message });
    }
    const stale = staleness(backups);
    if (stale) logger.error("backup too old", { reason: stale });
  }

  function look() {
    running = running.then(async () => {
      const age = ageNow();
      // Also what was missed: a machine that slept, backups that were taken away.
      due ||= age > DAY_MS + HOUR_MS;
      const wait = age === Number.POSITIVE_INFINITY ? 0 : HOUR_MS;
      if (due && Math.abs(Date.now() - triedAt) >= wait) await backUp();
    });
    return running;
  }

  void look();
  const jobs = [
    Bun.cron(
      `${at.minute} ${at.hour} * * *`,
      () => {
        due = true;
        triedAt = Number.NEGATIVE_INFINITY;
        return look();
      },
      { tz: "UTC" },
    ),
    Bun.cron("* * * * *", look, { tz: "UTC" }),
  ];
  return {
    async stop() {
      for (const job of jobs) job.stop();
      await running;
    },
  };
}
