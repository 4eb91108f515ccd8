/** A date on the calendar, from 1 January of the year 1. */
export interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export const DATE_FORMATS = ["dayMonth", "monthDay", "iso"] as const;
export const TIME_FORMATS = ["24h", "12h"] as const;
export const FIRST_DAYS = ["monday", "saturday", "sunday"] as const;

/** How a reader wants to see dates and times: 3 May, May 3 or 2026-05-03; 15:30 or 3:30 pm. */
export interface DateStyle {
  readonly dateFormat: (typeof DATE_FORMATS)[number];
  readonly timeFormat: (typeof TIME_FORMATS)[number];
  readonly firstDayOfWeek: (typeof FIRST_DAYS)[number];
}

export const DEFAULT_STYLE: DateStyle = { dateFormat: "dayMonth", timeFormat: "24h", firstDayOfWeek: "monday" };

/** How a page shows a date or a time. */
export interface DateWords {
  /** As people say it, such as "today 15:30", "Tuesday" or "3 May". */
  readonly text: string;
  /** The exact date or time. */
  readonly title: string;
  /** The date as it is written, such as "3 May". */
  readonly date: string;
  /** The time of day as it is written; "" without one. */
  readonly clock: string;
}

/** What a date is described for. */
export interface DateContext extends Pick<DateStyle, "dateFormat" | "timeFormat"> {
  readonly today: DateParts;
  readonly timeZone: string;
  /** Describes when something is due: with its time on every day, and a past date other than yesterday as a date. */
  readonly isDue?: boolean;
}

/**
 * Describes a date, or a time on it, as seen from today. The pages' script contains this function too (see
 * `http/assets.ts`), as an open page updates its dates at midnight: it must not refer to anything outside.
 * @param time such as "15:30"
 */
export function describeDate(date: DateParts, time: string | undefined, context: DateContext): DateWords {
  const { today, timeZone, dateFormat, timeFormat, isDue } = context;
  const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
  const months = ["January", "February", "March", "April", "May", "June"];
  months.push("July", "August", "September", "October", "November", "December");
  const midnight = Date.UTC(date.year, date.month - 1, date.day);
  const daysAgo = (Date.UTC(today.year, today.month - 1, today.day) - midnight) / 86_400_000;
  const weekday = `${weekdays[new Date(midnight).getUTCDay()]}`;
  const month = `${months[date.month - 1]}`;
  const iso = new Date(midnight).toISOString().slice(0, 10);
  const short = { dayMonth: `${date.day} ${month}`, monthDay: `${month} ${date.day}`, iso }[dateFormat];
  const long = { dayMonth: `${short} ${date.year}`, monthDay: `${short}, ${date.year}`, iso }[dateFormat];
  const hour = Number(time?.slice(0, 2));
  const twelve = `${hour % 12 || 12}${time?.slice(2)} ${hour < 12 ? "am" : "pm"}`;
  const clock = time === undefined ? "" : timeFormat === "12h" ? twelve : time;
  const exact = `${weekday}, ${long}`;
  const title = clock ? `${exact}, ${clock} (${timeZone})` : exact;
  const written = date.year === today.year ? short : long;
  let text = written;
  if (daysAgo === 0) text = "today";
  else if (daysAgo === 1) text = "yesterday";
  else if (daysAgo === -1) text = "tomorrow";
  else if (Math.abs(daysAgo) < 7 && !(isDue && daysAgo > 0)) text = weekday;
  return { text: clock && (daysAgo === 0 || isDue) ? `${text} ${clock}` : text, title, date: written, clock };
}
