import { dayOrLast, parseRule, type Rule, WEEKDAYS, type Weekday } from "./repeat-rule.ts";

const DAY_NAMES: Readonly<Record<Weekday, string>> = {
  MO: "Monday",
  TU: "Tuesday",
  WE: "Wednesday",
  TH: "Thursday",
  FR: "Friday",
  SA: "Saturday",
  SU: "Sunday",
};
const MONTHS = ["January", "February", "March", "April", "May", "June"];
MONTHS.push("July", "August", "September", "October", "November", "December");
const UNITS = { DAILY: "day", WEEKLY: "week", MONTHLY: "month", YEARLY: "year" } as const;

/** Returns a rule in words, such as "every second Tuesday"; the rule itself where words would be longer. */
export function repeatWords(text: string): string {
  try {
    const rule = parseRule(text);
    return `${everyWords(rule)}${endWords(rule)}`;
  } catch {
    return text;
  }
}

/** A simple weekly rule names its days; others name their unit, then which days in it. */
function everyWords(rule: Rule): string {
  const { freq, interval, days, monthDays, months, positions } = rule;
  const names = days.map(({ day, nth }) => (nth === 0 ? DAY_NAMES[day] : `${ordinal(nth)} ${DAY_NAMES[day]}`));
  const isWorkweek = days.length === 5 && WEEKDAYS.slice(0, 5).every((day) => days.some((each) => each.day === day));
  const plainDays = days.every(({ nth }) => nth === 0);
  if (freq === "WEEKLY" && days.length > 0 && positions.length === 0) {
    const which = isWorkweek ? "weekdays" : list(names);
    const words =
      interval > 2 || (interval === 2 && isWorkweek)
        ? `${every(interval, "week")} on ${which}`
        : every(interval, isWorkweek ? "weekday" : which);
    return words + inMonths(months);
  }
  const date = monthDays.length > 0 ? ` on the ${list(monthDays.map((day) => dayOrdinal(day)))}` : "";
  const unit = every(interval, UNITS[freq]);
  if (
    freq === "YEARLY" &&
    months.length === 1 &&
    monthDays.length === 1 &&
    days.length === 0 &&
    (monthDays[0] ?? 0) > 0
  )
    return `${unit} on ${monthDays[0]} ${MONTHS[(months[0] ?? 1) - 1]}`;
  const day = dayOrLast(rule);
  if (day !== undefined) return `${unit} on the ${ordinal(day)}, or on the last day${inMonths(months)}`;
  if (positions.length > 0) {
    const what =
      isWorkweek && plainDays && !date ? "weekday" : list([...names, ...(date ? [date.slice(8)] : [])], "or");
    return `${unit} on the ${list(positions.map((position) => ordinal(position)))} ${what}${inMonths(months)}`;
  }
  const onDays =
    names.length > 0 ? ` on ${plainDays ? "" : "the "}${isWorkweek && plainDays ? "weekdays" : list(names)}` : "";
  return `${unit}${date && onDays ? `${date}, if it is ${list(names, "or")}` : date + onDays}${inMonths(months)}`;
}

function every(interval: number, unit: string): string {
  if (interval === 1) return `every ${unit}`;
  return interval === 2 ? `every second ${unit}` : `every ${interval} ${unit}s`;
}

const inMonths = (months: readonly number[]) =>
  months.length > 0 ? ` in ${list(months.map((month) => MONTHS[month - 1] ?? ""))}` : "";

function endWords({ count, until }: Rule): string {
  if (until !== undefined) {
    const { day, month, year } = Temporal.PlainDate.from(until);
    return `, until ${day} ${MONTHS[month - 1]} ${year}`;
  }
  if (count === undefined) return "";
  return count === 1 ? ", for the last time" : `, ${count} times`;
}

const dayOrdinal = (day: number) => (day === -1 ? "last day" : day < 0 ? `${ordinal(day)} day` : ordinal(day));

function ordinal(number: number): string {
  if (number === -1) return "last";
  if (number < 0) return `${ordinal(-number)} last`;
  const ending = { one: "st", two: "nd", few: "rd", other: "th" }[ORDINALS.select(number) as "one"];
  return `${number}${ending}`;
}
const ORDINALS = new Intl.PluralRules("en", { type: "ordinal" });

const list = (words: readonly string[], joint = "and") =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} ${joint} ${words.at(-1)}`;
