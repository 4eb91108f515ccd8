import type { Calendar } from "../../calendar.ts";
import type { Schema } from "../../db/schema/index.ts";
import { describeDate } from "../../text/dates.ts";
import { fold } from "../../text/fold.ts";
import { repeatWords } from "../../text/repeat-words.ts";
import { sortKey } from "../../text/sort-key.ts";
import type { Entity } from "../changes/entity.ts";
import type { FieldValue } from "../changes/model.ts";
import { FORMER_NAME } from "../projects/model.ts";
import type { Names } from "../projects/people.ts";
import { settleDates } from "./due.ts";
import { PRIORITY_LABELS, type Task } from "./model.ts";

export type Row = Schema["tasks"]["$inferSelect"];

/** The columns that the API shows. A list reads no others. */
export type TaskRow = Omit<
  Row,
  "titleKey" | "titleSort" | "descriptionKey" | "position" | "dueKey" | "deletedAt" | "version"
>;

export function toTask(row: TaskRow): Task {
  return {
    id: row.id,
    projectId: row.projectId,
    sectionId: row.sectionId,
    parentId: row.parentId,
    title: row.title,
    description: row.description,
    priority: row.priority,
    labels: labelsOf(row),
    dueDate: row.dueDate,
    dueTime: row.dueTime,
    timeZone: row.timeZone,
    startDate: row.startDate,
    repeat: row.repeat,
    repeatFrom: row.repeatFrom,
    assigneeId: row.assigneeId,
    commentCount: row.commentCount,
    lastCompletedAt: row.lastCompletedAt?.toISOString() ?? null,
    completed: row.completedAt !== null,
    completedAt: row.completedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** Returns the labels of a task. */
export const labelsOf = ({ labels }: Pick<Row, "labels">): string[] => (labels === "[]" ? [] : JSON.parse(labels));

/** Returns labels without those that differ only in case or accents from one before. */
export function uniqueLabels(labels: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const label of labels.map((each) => each.trim())) byKey.set(fold(label), byKey.get(fold(label)) ?? label);
  return [...byKey.values()];
}

const dateWords = (date: FieldValue, calendar: Calendar) =>
  date === null ? "none" : describeDate(Temporal.PlainDate.from(String(date)), undefined, calendar).date;
const timeWords = (time: FieldValue, calendar: Calendar) =>
  time === null ? "none" : describeDate(calendar.today, String(time), calendar).clock;
const nameIn = (names: Names, id: FieldValue) => (id === null ? "none" : (names.get(String(id)) ?? FORMER_NAME));
/** Names the places that a task was moved between, as far as the reader sees them. */
function placeWords(kind: string, before: FieldValue, after: FieldValue, names: Names): string {
  const nameOf = (id: FieldValue) => (id === null ? "none" : (names.get(String(id)) ?? `another ${kind}`));
  return `${kind} ${nameOf(before)} → ${nameOf(after)}`;
}
const repeatOrNone = (rule: FieldValue) => (rule === null ? "none" : repeatWords(String(rule)));

const priorityLabel = (priority: unknown) => PRIORITY_LABELS[priority as Task["priority"]] ?? "";

/** Tasks in the change log: their fields, stated once. */
export const taskEntity = (
  table: Schema["tasks"],
  { count, amend, extend }: Pick<Entity<Row>, "count" | "amend" | "extend">,
): Entity<Row> => ({
  name: "task",
  table,
  scope: "projectId",
  permission: "edit",
  count,
  amend,
  extend,
  fields: {
    projectId: {
      label: "project",
      columns: (value) => ({ projectId: String(value) }),
      describe: (before, after, _, names) => placeWords("project", before, after, names),
    },
    sectionId: {
      label: "section",
      columns: (value) => ({ sectionId: value as string | null }),
      describe: (before, after, _, names) => placeWords("section", before, after, names),
    },
    parentId: {
      label: "parent",
      columns: (value) => ({ parentId: value as string | null }),
      describe: (_, after) => (after === null ? "no longer a subtask" : "subtask of another task"),
    },
    position: { label: "place", columns: (value) => ({ position: String(value) }) },
    // Computed from the positions: not recorded.
    outline: { label: "place", columns: (value) => ({ outline: String(value) }) },
    title: {
      label: "title",
      columns(value) {
        const title = String(value).trim();
        return { title, titleKey: fold(title), titleSort: sortKey(title) };
      },
      describe: (before) => `title was “${before}”`,
    },
    description: {
      label: "notes",
      long: true,
      columns: (value) => ({ description: String(value), descriptionKey: fold(String(value)) }),
      describe: () => "notes",
    },
    priority: {
      label: "priority",
      columns: (value) => ({ priority: value as Task["priority"] }),
      describe: (before, after) => `priority ${priorityLabel(before)} → ${priorityLabel(after)}`,
    },
    labels: {
      label: "labels",
      columns: (value) => ({ labels: JSON.stringify(uniqueLabels(value as string[])) }),
      describe(before, after) {
        const [then, since] = [before, after].map((value) => (value ?? []) as string[]) as [string[], string[]];
        const added = since.filter((label) => !then.includes(label)).map((label) => `+ ${label}`);
        const removed = then.filter((label) => !since.includes(label)).map((label) => `− ${label}`);
        return `labels ${[...added, ...removed].join(", ")}`.trim();
      },
    },
    dueDate: {
      label: "due date",
      columns: (value) => ({ dueDate: value as string | null }),
      describe: (before, after, calendar) => `due date ${dateWords(before, calendar)} → ${dateWords(after, calendar)}`,
    },
    dueTime: {
      label: "due time",
      columns: (value) => ({ dueTime: value as string | null }),
      describe: (before, after, calendar) => `due time ${timeWords(before, calendar)} → ${timeWords(after, calendar)}`,
    },
    timeZone: { label: "time zone", columns: (value) => ({ timeZone: value as string | null }) },
    startDate: {
      label: "start date",
      columns: (value) => ({ startDate: value as string | null }),
      describe: (before, after, calendar) =>
        `start date ${dateWords(before, calendar)} → ${dateWords(after, calendar)}`,
    },
    repeat: {
      label: "repeat",
      columns: (value) => ({ repeat: value as string | null }),
      describe: (before, after) => `repeat ${repeatOrNone(before)} → ${repeatOrNone(after)}`,
    },
    repeatFrom: {
      label: "repeat",
      columns: (value) => ({ repeatFrom: value as Task["repeatFrom"] }),
      describe: (_, after) => `repeats from ${after === "completion" ? "completion" : "the due date"}`,
    },
    assigneeId: {
      label: "assignee",
      columns: (value) => ({ assigneeId: value as string | null }),
      describe: (before, after, _, names) => `assignee ${nameIn(names, before)} → ${nameIn(names, after)}`,
    },
    // A repeating task moves to its next date when it is completed.
    lastCompletedAt: {
      label: "completion",
      columns: (value) => ({ lastCompletedAt: value === null ? null : new Date(String(value)) }),
    },
    completed: {
      label: "completion",
      columns: (value, now, row) => ({ completedAt: value ? (row?.completedAt ?? now) : null }),
      describe: (_, after) => (after ? "completed" : "reopened"),
    },
    // Computed from `completed`; undo restores the exact time.
    completedAt: {
      label: "completion",
      columns: (value) => ({ completedAt: value === null ? null : new Date(String(value)) }),
    },
  },
  values(row) {
    const { id: _, createdAt: __, updatedAt: ___, commentCount: ____, ...values } = toTask(row);
    return { ...values, position: row.position };
  },
  settle: (row) => ({ ...settleDates(row), commentCount: row.commentCount ?? 0 }),
  title: ({ title }) => title,
  verb(touched, before, after) {
    if (touched.every((name) => ["projectId", "sectionId", "parentId", "position"].includes(name))) return "move";
    const repeated = ["dueDate", "startDate", "repeat"];
    if (
      touched.includes("lastCompletedAt") &&
      touched.every((name) => name === "lastCompletedAt" || repeated.includes(name))
    )
      return String(after.lastCompletedAt ?? "") > String(before.lastCompletedAt ?? "") ? "complete" : "reopen";
    if (touched.every((field) => field === "completed" || field === "completedAt"))
      return after.completed ? "complete" : "reopen";
    return undefined;
  },
});
