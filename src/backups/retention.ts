const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** A proven backup. */
export interface Backup {
  readonly name: string;
  readonly at: Date;
  /** Whether there is no account in it. */
  readonly empty: boolean;
}

/** Whether a clock that was wrong must have dated a backup. */
export const isAhead = ({ at }: Backup, now: number) => at.getTime() > now + HOUR_MS;

export interface Retention {
  /** Days that have a backup, the newest of which keep all of theirs. */
  readonly days: number;
  /** Weeks (from Monday, UTC) that have a backup, the newest of which keep their last one. */
  readonly weeks: number;
}

/**
 * Counts days that have a backup, not days that have passed: after a long pause nothing goes but what newer ones
 * replace. What a wrong clock has dated in the future neither counts nor goes, and what holds no account replaces
 * nothing that does: after a volume was lost, the new and empty database is backed up daily, too.
 * @param made the one that is never to go
 * @returns the backups that have had their time
 */
export function outdated(backups: readonly Backup[], retention: Retention, now: Date, made?: string): Backup[] {
  const past = backups
    .filter(({ at }) => at.getTime() <= now.getTime() + DAY_MS)
    .toSorted((one, other) => other.at.getTime() - one.at.getTime());
  const filled = past.filter(({ empty }) => !empty);
  const kept = new Set([made, ...namesKept(past, retention), ...namesKept(filled, retention)]);
  return past.filter(({ name }) => !kept.has(name));
}

/** @param backups the newest first, which is kept in any case */
function namesKept(backups: readonly Backup[], { days, weeks }: Retention): string[] {
  const newestDays = new Set([...new Set(backups.map(({ at }) => dayOf(at)))].slice(0, days));
  const lastOfWeek = new Map<number, string>();
  for (const { at, name } of backups) if (!lastOfWeek.has(weekOf(at))) lastOfWeek.set(weekOf(at), name);
  return [
    ...backups.filter(({ at }, index) => index === 0 || newestDays.has(dayOf(at))).map(({ name }) => name),
    ...[...lastOfWeek.values()].slice(0, weeks),
  ];
}

const dayOf = (at: Date) => Math.floor(at.getTime() / DAY_MS);
/** The first of January 1970 was a Thursday. */
const weekOf = (at: Date) => Math.floor((dayOf(at) + 3) / 7);
