import type { Logger } from "../ops/logging.ts";
import type { Backups } from "./service.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** A day, and the time that a backup of much data may take. */
const TOO_OLD_MS = DAY_MS + 2 * HOUR_MS;

/** @returns milliseconds since the newest proven backup; Infinity when there is none, or only what a wrong clock dated in the future */
export function ageOf(backups: Pick<Backups, "list">, now = Date.now()): number {
  const past = backups.list().filter(({ at }) => at.getTime() <= now + HOUR_MS);
  return past[0] ? now - past[0].at.getTime() : Number.POSITIVE_INFINITY;
}

/** @returns what is wrong with the age of the newest proven backup, or undefined */
export function staleness(backups: Pick<Backups, "list">): string | undefined {
  const age = ageOf(backups);
  if (age <= TOO_OLD_MS) return undefined;
  return age === Number.POSITIVE_INFINITY
    ? "there is no proven backup"
    : `the newest proven backup is ${Math.floor(age / HOUR_MS)} hours old`;
}

/**
 * Backs up at once when the newest backup is over a day old, then daily. What fails is tried again each hour,
 * or each minute while there is none at all.
 * @param at hour and minute, UTC
 * @returns to be called to end it; resolves when no backup is being made
 */
export function keepDaily(backups: Backups, at: { hour: number; minute: number }, logger: Logger) {
  let running = Promise.resolve();
  const backUp = (needed: () => boolean) => {
    running = running.then(async () => {
      if (!needed()) return;
      const began = performance.now();
      try {
        const { file, size, manifest } = await backups.backUp();
        const { tasks = 0, users = 0 } = manifest.rows;
        logger.info("backup proven", { file, bytes: size, users, tasks, ms: Math.round(performance.now() - began) });
      } catch (error) {
        logger.error("backup failed", { reason: (error as Error).message });
      }
      const stale = staleness(backups);
      if (stale) logger.error("backup too old", { reason: stale });
    });
    return running;
  };

  void backUp(() => ageOf(backups) > DAY_MS);
  const jobs = [
    Bun.cron(`${at.minute} ${at.hour} * * *`, () => backUp(() => true), { tz: "UTC" }),
    // A service that starts together with a new app finds no database yet.
    Bun.cron("* * * * *", () => backUp(() => ageOf(backups) === Number.POSITIVE_INFINITY), { tz: "UTC" }),
    Bun.cron("@hourly", () => backUp(() => ageOf(backups) > DAY_MS + HOUR_MS), { tz: "UTC" }),
  ];
  return {
    async stop() {
      for (const job of jobs) job.stop();
      await running;
    },
  };
}
