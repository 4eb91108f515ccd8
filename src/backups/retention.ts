const DAY_MS = 24 * 60 * 60 * 1000;

/** A proven backup. */
export interface Backup {
  readonly name: string;
  readonly at: Date;
}

export interface Retention {
  /** Days that have a backup, the newest of which keep all of theirs. */
  readonly days: number;
  /** Weeks (from Monday, UTC) that have a backup, the newest of which keep their last one. */
  readonly weeks: number;
}

/**
 * Counts days that have a backup, not days that have passed: after a long pause nothing goes but what newer ones
 * replace. What a wrong clock has dated in the future neither counts nor goes.
 * @param made the one that is never to go
 * @returns the backups that have had their time
 */
export function outdated(backups: readonly Backup[], { days, weeks }: Retention, now: Date, made?: string): Backup[] {
  const past = backups
    .filter(({ at }) => at.getTime() <= now.getTime() + DAY_MS)
    .toSorted((one, other) => other.at.getTime() - one.at.getTime());
  const newestDays = new Set([...new Set(past.map(({ at }) => dayOf(at)))].slice(0, days));
  const lastOfWeek = new Map<number, string>();
  for (const { at, name } of past) if (!lastOfWeek.has(weekOf(at))) lastOfWeek.set(weekOf(at), name);
  const weeklies = new Set([...lastOfWeek.values()].slice(0, weeks));
  return past.filter(({ at, name }, index) => {
    const newest = index === 0 || name === made;
    return !newest && !newestDays.has(dayOf(at)) && !weeklies.has(name);
  });
}

const dayOf = (at: Date) => Math.floor(at.getTime() / DAY_MS);
/** The first of January 1970 was a Thursday. */
const weekOf = (at: Date) => Math.floor((dayOf(at) + 3) / 7);
