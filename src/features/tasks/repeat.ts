import { RRuleTemporal } from "rrule-temporal";
import { parseRule } from "../../text/repeat-rule.ts";
import type { Row } from "./entity.ts";

/** Steps that a search for the next date may take: a rule that needs more has no date, or none in our time. */
const MAX_STEPS = 250;
const MAX_DAYS = 400;

/** Returns what is wrong with a rule for a task with this due date, in words; undefined if nothing is. */
export function repeatProblem(text: string, dueDate: string): string | undefined {
  try {
    const rule = parseRule(text);
    if (rule.until !== undefined && rule.until < dueDate) return "Repeat ends before the due date.";
    const endless = withoutEnd(text);
    if (datesAfter(endless, dueDate, dueDate, 1).length === 0) return "Repeat has no further date.";
    const { count = 1 } = rule;
    if (count > 1 && datesAfter(endless, dueDate, dueDate, count + 1).length < count - 1)
      return "Repeat has dates too far apart for this COUNT. Use UNTIL.";
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const withoutEnd = (text: string) => text.replace(/;?(COUNT|UNTIL)=[^;]*/g, "").replace(/^;/, "");

/**
 * Returns dates of an endless rule, in order: as many as wanted, or those that a bounded search finds. Only days matter,
 * so that it runs in UTC, where no clock changes.
 * @param start where the rule starts
 * @param after the date that all of them follow
 */
function datesAfter(text: string, start: string, after: string, wanted: number): string[] {
  const { freq, months } = parseRule(text);
  const midnight = (date: string) => Temporal.PlainDate.from(date).toZonedDateTime("UTC");
  const rule = new RRuleTemporal({
    rruleString: `RRULE:${text.replace(/^RRULE:/, "")}${wanted > 1 ? `;COUNT=${wanted}` : ""}`,
    dtstart: midnight(start),
    maxIterations: freq === "DAILY" && months.length > 0 ? MAX_DAYS : MAX_STEPS,
    maxCandidateEvaluations: 10 * MAX_STEPS,
  });
  try {
    if (wanted > 1)
      return rule
        .all()
        .map(dateOf)
        .filter((date) => date > after);
    const next = rule.next(midnight(after), false);
    return next ? [dateOf(next)] : [];
  } catch {
    // The search was given up.
    return [];
  }
}

const dateOf = (occurrence: { toString(): string }) => occurrence.toString().slice(0, 10);

type Repeating = Pick<Row, "dueDate" | "dueTime" | "timeZone" | "startDate" | "repeat" | "repeatFrom">;

/**
 * Returns the dates of a repeating task after it is completed: the next ones in the future. Missed ones are skipped.
 * @param zone the time zone of the actor, for a task without a time
 * @returns undefined if the task does not repeat, or not again
 */
export function advance(task: Repeating, zone: string, now: Temporal.Instant) {
  const { dueDate, repeat } = task;
  if (dueDate === null || repeat === null) return undefined;
  const local = now.toZonedDateTimeISO(task.dueTime === null ? zone : (task.timeZone ?? zone));
  const today = local.toPlainDate();
  // A time later today is still in the future.
  const isPastToday = task.dueTime === null || task.dueTime <= local.toPlainTime().toString({ smallestUnit: "minute" });
  const future = (isPastToday ? today : today.subtract({ days: 1 })).toString();
  const next = nextDate(repeat, dueDate, task.repeatFrom === "completion" ? today.toString() : undefined, future);
  if (next === undefined) return undefined;
  const days = Temporal.PlainDate.from(dueDate).until(next.date).days;
  const startDate = task.startDate && Temporal.PlainDate.from(task.startDate).add({ days }).toString();
  return { dueDate: next.date, startDate, repeat: next.repeat };
}

/**
 * Returns the next date of a rule, with the rule as it goes on from there.
 * @param completed the date to count from, instead of the due date
 * @param future the date that it has to follow
 */
export function nextDate(repeat: string, dueDate: string, completed: string | undefined, future: string) {
  const { count, until } = parseRule(repeat);
  const endless = withoutEnd(repeat);
  const start = completed ?? dueDate;
  const [, after = start] = [start, completed === undefined ? future : start].sort();
  if (count !== undefined && completed === undefined) {
    const dates = datesAfter(endless, start, start, count + 1).slice(0, count - 1);
    const index = dates.findIndex((date) => date > after);
    const date = dates[index];
    return date === undefined ? undefined : { date, repeat: withCount(repeat, count - 1 - index) };
  }
  const [date] = datesAfter(endless, start, after, 1);
  if (date === undefined || (until !== undefined && date > until) || count === 1) return undefined;
  return { date, repeat: count === undefined ? repeat : withCount(repeat, count - 1) };
}

const withCount = (repeat: string, count: number) => repeat.replace(/COUNT=\d+/, `COUNT=${count}`);
