import type { Calendar } from "../../src/calendar.ts";
import { describeDate } from "../../src/text/dates.ts";

/** A time as people say it in the reader's time zone, the exact one on hover. An open page updates it at midnight. */
export function Moment({ at, calendar }: { at: string; calendar: Calendar }) {
  const local = Temporal.Instant.from(at).toZonedDateTimeISO(calendar.timeZone);
  const { text, title } = describeDate(local, clockTime(local), calendar);
  return (
    <time datetime={at} title={title} data-relative safe>
      {text}
    </time>
  );
}

/** A day as people say it, the exact date on hover. */
export function Day({ date, calendar }: { date: Temporal.PlainDate; calendar: Calendar }) {
  const { text, title } = describeDate(date, undefined, calendar);
  return (
    <time datetime={date.toString()} title={title} data-relative safe>
      {text}
    </time>
  );
}

/** The time on its day's list, the exact one on hover. */
export function TimeOfDay({ at, calendar }: { at: string; calendar: Calendar }) {
  const local = Temporal.Instant.from(at).toZonedDateTimeISO(calendar.timeZone);
  const { clock, title } = describeDate(local, clockTime(local), calendar);
  return (
    <time datetime={at} title={title} safe>
      {clock}
    </time>
  );
}

export const clockTime = (local: Temporal.ZonedDateTime) =>
  `${String(local.hour).padStart(2, "0")}:${String(local.minute).padStart(2, "0")}`;
