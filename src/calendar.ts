import { type DateStyle, DEFAULT_STYLE } from "./text/dates.ts";

/** The reader's time zone and the date there, which is what "today" means on a page, and how they write dates. */
export interface Calendar extends DateStyle {
  /** An IANA name, such as Pacific/Auckland. */
  readonly timeZone: string;
  readonly today: Temporal.PlainDate;
  /** The minute that has begun: due times have no seconds. */
  readonly now: Temporal.Instant;
}

/** Returns the calendar of a time zone. @param timeZone a name that `timeZoneOf` returns */
export const calendarIn = (
  timeZone: string,
  { dateFormat, timeFormat, firstDayOfWeek }: DateStyle = DEFAULT_STYLE,
  now = Temporal.Now.instant(),
): Calendar => ({
  timeZone,
  dateFormat,
  timeFormat,
  firstDayOfWeek,
  today: now.toZonedDateTimeISO(timeZone).toPlainDate(),
  now: now.round({ smallestUnit: "minute", roundingMode: "floor" }),
});

/** Returns the name of an IANA time zone in its usual case; undefined if there is none of this name. */
export function timeZoneOf(name: string): string | undefined {
  // Temporal also accepts offsets, such as +02:00, which have no summer time.
  if (!/^[A-Za-z][\w+/-]{1,63}$/.test(name)) return undefined;
  try {
    return Temporal.Now.zonedDateTimeISO(name).timeZoneId;
  } catch {
    return undefined;
  }
}
