/** The longest rule that makes sense has a list of 31 days. */
export const MAX_RULE = 200;
const MAX_INTERVAL = 366;
const MAX_COUNT = 100;

export const FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const;
export const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** The parts of a rule. */
export interface Rule {
  readonly freq: (typeof FREQUENCIES)[number];
  readonly interval: number;
  /** How many dates are left, the due date included. */
  readonly count: number | undefined;
  /** The last day, such as 2026-12-31. */
  readonly until: string | undefined;
  /** Weekdays, each with its number in the month or year, or 0 for every one. */
  readonly days: readonly { readonly day: Weekday; readonly nth: number }[];
  readonly monthDays: readonly number[];
  readonly months: readonly number[];
  readonly positions: readonly number[];
}

const HINT = "such as FREQ=WEEKLY;INTERVAL=2;BYDAY=TU";

/** Returns a rule as it is stored: without the name of its property in a calendar, in capitals. */
export const storedRule = (text: string): string =>
  text
    .trim()
    .toUpperCase()
    .replace(/^RRULE:/, "");

/** Returns what is wrong with a rule as people write it, in words; undefined if nothing is. */
export function ruleProblem(text: string): string | undefined {
  try {
    parseRule(storedRule(text));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Parses a rule. @throws Error with what is wrong with it, in words */
export function parseRule(text: string): Rule {
  if (text.length > MAX_RULE) throw new Error(`Repeat can have at most ${MAX_RULE} characters.`);
  const parts = new Map<string, string>();
  for (const part of text.replace(/^RRULE:/, "").split(";")) {
    const [, name = "", value = ""] = /^([A-Z]+)=([A-Z0-9,+-]+)$/.exec(part) ?? [];
    if (!name) throw new Error(`Repeat must be a rule of RFC 5545, ${HINT}.`);
    if (parts.has(name)) throw new Error(`Repeat has ${name} twice.`);
    parts.set(name, value);
  }
  const allowed = ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"];
  const unknown = [...parts.keys()].find((name) => !allowed.includes(name));
  if (unknown === "DTSTART") throw new Error("Repeat starts on the due date. Leave out DTSTART.");
  if (unknown) throw new Error(`Repeat can't have ${unknown.slice(0, 20)}. It can have ${allowed.join(", ")}.`);

  const freq = FREQUENCIES.find((each) => each === parts.get("FREQ"));
  if (!freq) throw new Error(`Repeat needs FREQ, one of ${FREQUENCIES.join(", ")}.`);
  const interval = numberOf("INTERVAL", parts.get("INTERVAL"), 1, MAX_INTERVAL) ?? 1;
  const count = numberOf("COUNT", parts.get("COUNT"), 1, MAX_COUNT);
  const until = parts.has("UNTIL") ? untilOf(parts.get("UNTIL") ?? "") : undefined;
  if (count !== undefined && until !== undefined) throw new Error("Repeat can have COUNT or UNTIL, not both.");
  if (parts.has("WKST") && !isWeekday(parts.get("WKST") ?? "")) throw new Error("WKST must be a weekday, such as MO.");
  const most = freq === "MONTHLY" ? 5 : 53;
  const days = listOf(parts.get("BYDAY")).map((entry) => {
    const [, number = "", day = ""] = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(entry) ?? [];
    const nth = Number(number);
    if (!isWeekday(day) || (number !== "" && (nth === 0 || Math.abs(nth) > most)))
      throw new Error("BYDAY must be weekdays, such as MO,TU or -1FR.");
    if (nth !== 0 && (freq === "DAILY" || freq === "WEEKLY"))
      throw new Error("BYDAY can have numbers only with FREQ=MONTHLY or FREQ=YEARLY.");
    return { day, nth };
  });
  // rrule-temporal leaves out the days without a number in such a rule.
  if (days.some(({ nth }) => nth === 0) && days.some(({ nth }) => nth !== 0))
    throw new Error("BYDAY can't mix weekdays with and without a number.");
  const monthDays = numbersOf("BYMONTHDAY", parts.get("BYMONTHDAY"), 31, true);
  if (monthDays.length > 0 && (freq === "DAILY" || freq === "WEEKLY"))
    throw new Error("BYMONTHDAY needs FREQ=MONTHLY or FREQ=YEARLY.");
  const months = numbersOf("BYMONTH", parts.get("BYMONTH"), 12, false);
  const positions = numbersOf("BYSETPOS", parts.get("BYSETPOS"), 366, true);
  if (positions.length > 0 && (freq === "DAILY" || days.length + monthDays.length === 0))
    throw new Error("BYSETPOS needs BYDAY or BYMONTHDAY, and FREQ=WEEKLY or longer.");
  return { freq, interval, count, until, days, monthDays, months, positions };
}

const isWeekday = (text: string): text is Weekday => WEEKDAYS.some((day) => day === text);
const listOf = (text: string | undefined) => (text === undefined ? [] : text.split(","));

function numberOf(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,4}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  throw new Error(`${name} must be a whole number from ${least} to ${most}.`);
}

function numbersOf(name: string, text: string | undefined, most: number, isSigned: boolean): number[] {
  return listOf(text).map((entry) => {
    const number = Number(entry);
    if (/^[+-]?\d{1,3}$/.test(entry) && number !== 0 && Math.abs(number) <= most && (isSigned || number > 0))
      return number;
    throw new Error(`${name} must be numbers from 1 to ${most}${isSigned ? ", or negative from the end" : ""}.`);
  });
}

/** Returns the day of UNTIL. A time in it is that of the calendar that it comes from, and is ignored. */
function untilOf(text: string): string {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)(T\d{6}Z?)?$/.exec(text) ?? [];
  try {
    return Temporal.PlainDate.from(`${year}-${month}-${day}`).toString();
  } catch {
    throw new Error("UNTIL must be a date, such as 20261231.");
  }
}

/** The shortest month has this many days. */
const MONTH_DAYS = 28;

/**
 * Returns the parts of a rule for a day of every month. RFC 5545 skips months without the day (section 3.3.10); people
 * expect the last day there.
 */
function monthDayRule(day: number): string {
  if (day === 31) return "BYMONTHDAY=-1";
  const days = Array.from(
    { length: Math.max(1, day - MONTH_DAYS + 1) },
    (_, index) => Math.min(day, MONTH_DAYS) + index,
  );
  return `BYMONTHDAY=${days.join()}${days.length > 1 ? ";BYSETPOS=-1" : ""}`;
}

/** Returns the day of a month that a rule is for, or its last day in a month without it; undefined for another rule. */
export function dayOrLast({ freq, days, monthDays, positions }: Rule): number | undefined {
  const day = Math.max(...monthDays);
  const isMonthly = freq === "MONTHLY" && days.length === 0 && positions.join() === "-1" && day > MONTH_DAYS;
  return isMonthly && `BYMONTHDAY=${monthDays.join()};BYSETPOS=-1` === monthDayRule(day) ? day : undefined;
}

/** Returns the rules that the panel offers for a task with this due date. */
export function presetsFor(dueDate: string): string[] {
  const date = Temporal.PlainDate.from(dueDate);
  const weekday = WEEKDAYS[date.dayOfWeek - 1];
  const isLeapDay = date.month === 2 && date.day === 29;
  return [
    "FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    `FREQ=WEEKLY;BYDAY=${weekday}`,
    `FREQ=WEEKLY;INTERVAL=2;BYDAY=${weekday}`,
    `FREQ=MONTHLY;${monthDayRule(date.day)}`,
    `FREQ=YEARLY;BYMONTH=${date.month};BYMONTHDAY=${isLeapDay ? -1 : date.day}`,
  ];
}
