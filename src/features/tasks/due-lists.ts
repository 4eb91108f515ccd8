import { dueKey } from "./due.ts";
import type { TaskRow } from "./entity.ts";
import type { Order, TaskQuery } from "./model.ts";

/** Due dates and due times are sorted apart (see `dueKey`), and merged for the time zone of a reader. */
const KINDS = ["d", "t"] as const;
type Kind = (typeof KINDS)[number];

/** The keys of a list by date: from `low`, and before `high`. */
export interface Range {
  readonly low: string;
  readonly high: string;
}
export type Ranges = Readonly<Record<Kind, Range>>;

export const EVERYTHING: Ranges = { d: { low: "d", high: "e" }, t: { low: "t", high: "u" } };

const minuteKey = (instant: Temporal.Instant) => `t${instant.toString({ smallestUnit: "minute" })}`;
const dayBegins = (date: string, zone: string) => Temporal.PlainDate.from(date).toZonedDateTime(zone).toInstant();
const dayAfter = (date: string) => Temporal.PlainDate.from(date).add({ days: 1 }).toString();

/** Returns what is due before a day begins, and what from then on. */
const before = (date: string, zone: string): Ranges => ({
  d: { low: "d", high: `d${date}` },
  t: { low: "t", high: minuteKey(dayBegins(date, zone)) },
});
const since = (date: string, zone: string): Ranges => ({
  d: { low: `d${date}`, high: "e" },
  t: { low: minuteKey(dayBegins(date, zone)), high: "u" },
});

const both = (one: Ranges, other: Ranges): Ranges => {
  const range = (kind: Kind): Range => ({
    low: [one[kind].low, other[kind].low].sort()[1] ?? "",
    high: [one[kind].high, other[kind].high].sort()[0] ?? "",
  });
  return { d: range("d"), t: range("t") };
};

/** Returns the date in a time zone, and the day after it. */
export function todayIn(zone: string, now = Temporal.Now.instant()) {
  const today = now.toZonedDateTimeISO(zone).toPlainDate().toString();
  return { today, tomorrow: dayAfter(today) };
}

/** Returns whether a query is for a list by date. */
export const isByDate = ({ due, dueFrom, dueTo }: TaskQuery): boolean =>
  due !== undefined || Boolean(dueFrom) || Boolean(dueTo);

/** Returns the keys of the tasks that a list by date shows to a reader. */
export function rangesOf({ due, dueFrom, dueTo }: TaskQuery, zone: string, now = Temporal.Now.instant()): Ranges {
  const { today, tomorrow } = todayIn(zone, now);
  let ranges = EVERYTHING;
  if (due === "today") ranges = before(tomorrow, zone);
  if (due === "upcoming") ranges = since(tomorrow, zone);
  if (due === "overdue") {
    const minute = now.round({ smallestUnit: "minute", roundingMode: "floor" });
    ranges = { d: before(today, zone).d, t: { low: "t", high: minuteKey(minute) } };
  }
  if (dueFrom) ranges = both(ranges, since(dueFrom, zone));
  if (dueTo) ranges = both(ranges, before(dayAfter(dueTo), zone));
  return ranges;
}

/** Where a list of one kind goes on: after this key and id. */
export interface Start {
  readonly kind: Kind;
  readonly position: string;
  readonly id: string;
  /** Where it ends. */
  readonly end: string;
}

/**
 * Returns where the lists of both kinds begin.
 * @param after the task before, in the list of one of them
 */
export function startsOf(
  ranges: Ranges,
  order: Order,
  zone: string,
  after?: { readonly position: string; readonly id: string },
): Start[] {
  return KINDS.flatMap((kind) => {
    const { low, high } = ranges[kind];
    if (low >= high) return [];
    const [first, end] = order === "asc" ? [low, high] : [high, low];
    const begin = { kind, position: first, id: "", end };
    if (!after) return [begin];
    const next = after.position.startsWith(kind) ? after : { position: besideOf(after.position, zone), id: "" };
    // The other kind may be filtered more narrowly.
    return [(order === "asc" ? next.position < first : next.position > first) ? begin : { ...begin, ...next }];
  });
}

/** Returns the first key of the other kind that comes after a key. The times of a day come before its date. */
function besideOf(key: string, zone: string): string {
  if (key.startsWith("d")) return minuteKey(dayBegins(dayAfter(key.slice(1)), zone));
  return `d${dateAt(key, zone)}`;
}

const dateAt = (key: string, zone: string) =>
  Temporal.Instant.from(key.slice(1)).toZonedDateTimeISO(zone).toPlainDate().toString();

/** Merges lists that are sorted by due date for a reader in a time zone. */
export function mergeByDue(lists: readonly TaskRow[][], order: Order, zone: string): TaskRow[] {
  const keyed = lists.flat().map((row) => {
    const key = dueKey(row) ?? "";
    return { row, key, date: key.startsWith("d") ? key.slice(1) : dateAt(key, zone) };
  });
  const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
  keyed.sort((one, other) => {
    const ascending =
      compare(one.date, other.date) ||
      // "t" before "d", then by time.
      compare(other.key.slice(0, 1), one.key.slice(0, 1)) ||
      compare(one.key, other.key) ||
      compare(one.row.id, other.row.id);
    return order === "asc" ? ascending : -ascending;
  });
  return keyed.map(({ row }) => row);
}

/** Returns whether a text can be the position in a cursor of a task that has started and is not due. */
export const isStartKey = (text: unknown): text is string =>
  typeof text === "string" && /^s(19|2\d)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(text);

/** Returns whether a text can be a key in a cursor. */
export const isDueKey = (text: unknown): text is string =>
  typeof text === "string" &&
  (/^d(19|2\d)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(text) ||
    /^t(18|19|2\d|30)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\dZ$/.test(text));
