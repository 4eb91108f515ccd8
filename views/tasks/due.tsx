import type { Calendar } from "../../src/calendar.ts";
import type { Task } from "../../src/features/tasks/model.ts";
import { describeDate } from "../../src/text/dates.ts";
import { dueFor } from "../../src/text/due-date.ts";
import { clockTime } from "../ui/moment.tsx";

interface DueWords {
  readonly text: string;
  readonly title: string;
  /** For machines: a date, or a time in UTC. */
  readonly datetime: string;
  readonly isOverdue: boolean;
}

/** Describes for a reader when a task is due; undefined if it has no due date. */
export function dueWords(task: Task, calendar: Calendar): DueWords | undefined {
  const due = dueFor(task, calendar.timeZone, calendar.now);
  if (!due) return undefined;
  const { date, local } = due;
  const words = describeDate(Temporal.PlainDate.from(date), local && clockTime(local), { ...calendar, isDue: true });
  return {
    text: words.text,
    title: words.title,
    datetime: local ? local.toInstant().toString() : date,
    isOverdue: due.isOverdue && !task.completed,
  };
}

/** When a task is due, as people say it, with a word if that has passed. An open page updates it as time passes. */
export function Due({ task, calendar }: { task: Task; calendar: Calendar }) {
  const due = dueWords(task, calendar);
  if (!due) return null;
  return (
    <span class="task-due" data-overdue={due.isOverdue ? "" : undefined}>
      <span class="overdue-word">Overdue, </span>
      <time datetime={due.datetime} title={due.title} data-relative data-due safe>
        {due.text}
      </time>
    </span>
  );
}
