/** When a task is due: on a date of its reader, or at a time in its own time zone. */
export interface Due {
  readonly dueDate: string | null;
  readonly dueTime: string | null;
  readonly timeZone: string | null;
}

/** Returns the moment at which a task with a due time is due, to the minute. A time that a clock skips is an hour later. */
export const dueInstant = (dueDate: string, dueTime: string, timeZone: string): Temporal.Instant =>
  Temporal.PlainDateTime.from(`${dueDate}T${dueTime}`).toZonedDateTime(timeZone).toInstant();

/** Returns the date on which a task is due for a reader, and whether it is overdue. */
export function dueFor({ dueDate, dueTime, timeZone }: Due, zone: string, now: Temporal.Instant) {
  if (dueDate === null) return undefined;
  if (dueTime === null || timeZone === null) {
    const today = now.toZonedDateTimeISO(zone).toPlainDate().toString();
    return { date: dueDate, local: undefined, isOverdue: dueDate < today };
  }
  const instant = dueInstant(dueDate, dueTime, timeZone);
  const local = instant.toZonedDateTimeISO(zone);
  return { date: local.toPlainDate().toString(), local, isOverdue: Temporal.Instant.compare(instant, now) < 0 };
}
