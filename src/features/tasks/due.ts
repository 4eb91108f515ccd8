import { timeZoneOf } from "../../calendar.ts";
import type { Issue } from "../../errors.ts";
import { type Due, dueInstant } from "../../text/due-date.ts";
import { storedRule } from "../../text/repeat-rule.ts";
import { invalid } from "../../validation/check.ts";
import type { Row } from "./entity.ts";
import { advance, repeatProblem } from "./repeat.ts";

/** The fields that say when a task is due. */
export type DateFields = Pick<Row, "dueDate" | "dueTime" | "timeZone" | "startDate" | "repeat" | "repeatFrom">;
const NAMES = ["dueDate", "dueTime", "timeZone", "startDate", "repeat", "repeatFrom"] as const;

export const NO_DATES: DateFields = {
  dueDate: null,
  dueTime: null,
  timeZone: null,
  startDate: null,
  repeat: null,
  repeatFrom: "dueDate",
};

/**
 * Returns the text that due dates are sorted by. Dates and times are sorted apart, as a date begins at another moment for
 * each reader: `d2026-05-03` for a date, `t2026-05-03T13:30Z` for a time.
 */
export function dueKey({ dueDate, dueTime, timeZone }: Due): string | null {
  if (dueDate === null) return null;
  if (dueTime === null || timeZone === null) return `d${dueDate}`;
  return `t${dueInstant(dueDate, dueTime, timeZone).toString({ smallestUnit: "minute" })}`;
}

/** Returns the columns that follow from others, whatever has set them: an undo may remove only some of them. */
export function settleDates(row: Row): Partial<Row> {
  const isDay = row.dueDate === null || row.dueTime === null || row.timeZone === null;
  const due = isDay ? { dueTime: null, timeZone: null } : {};
  const repeat = row.dueDate === null || row.repeat === null ? { repeat: null, repeatFrom: "dueDate" as const } : {};
  return { ...due, ...repeat, dueKey: dueKey({ ...row, ...due }) };
}

/**
 * Completes a patch of a task's dates: what depends on a date that is removed is removed with it, and a time gets a time
 * zone.
 * @param zone the time zone of the actor
 * @throws AppError `invalid` for fields that don't go together
 */
export function planDates<Patch extends Partial<DateFields>>(before: DateFields, patch: Patch, zone: string): Patch {
  if (!NAMES.some((name) => patch[name] !== undefined)) return patch;
  const given = Object.fromEntries(NAMES.flatMap((name) => (patch[name] === undefined ? [] : [[name, patch[name]]])));
  const after: DateFields = { ...before, ...given };
  const issues: Issue[] = [];
  const reject = (name: (typeof NAMES)[number], rule: string, message: string) =>
    issues.push({ path: `/${name}`, rule, message });

  if (after.dueDate === null) {
    if (patch.dueTime) reject("dueTime", "requires", "Due time needs a due date.");
    if (patch.repeat) reject("repeat", "requires", "Repeat needs a due date.");
    Object.assign(after, { dueTime: null, repeat: null });
  }
  if (after.dueTime === null) {
    if (patch.timeZone && !patch.dueTime) reject("timeZone", "requires", "Time zone needs a due time.");
    after.timeZone = null;
  } else after.timeZone = timeZoneOf(after.timeZone ?? zone) ?? zone;
  if (after.repeat === null) {
    if (patch.repeatFrom === "completion" && !patch.repeat)
      reject("repeatFrom", "requires", "Repeat from completion needs a repeat.");
    after.repeatFrom = "dueDate";
  } else if (after.dueDate !== null && (patch.repeat || patch.dueDate)) {
    after.repeat = storedRule(after.repeat);
    const problem = repeatProblem(after.repeat, after.dueDate);
    // A rule can be without a further date once its due date moves: then the task ends with it.
    if (problem && patch.repeat) reject("repeat", "repeat", problem);
  }
  if (after.startDate !== null && after.dueDate !== null && after.startDate > after.dueDate) {
    if (patch.startDate) reject("startDate", "order", "Start date can't be after the due date.");
    after.startDate = null;
  }
  if (issues.length > 0) throw invalid(issues);
  return { ...patch, ...Object.fromEntries(NAMES.map((name) => [name, after[name]])) };
}

/**
 * Returns the patch that completes a task: a repeating one stays open and moves to its next date.
 * @param zone the time zone of the actor
 */
export function completion(row: DateFields, zone: string, now: Temporal.Instant) {
  const next = advance(row, zone, now);
  return next ? { ...next, lastCompletedAt: now.toString({ smallestUnit: "millisecond" }) } : { completed: true };
}
