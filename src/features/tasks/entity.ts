import type { Schema } from "../../db/schema/index.ts";
import { fold } from "../../text/fold.ts";
import type { Entity } from "../changes/entity.ts";
import { PRIORITY_LABELS, type Task } from "./model.ts";

export type Row = Schema["tasks"]["$inferSelect"];

/** The columns that the API shows. A list reads no others. */
export type TaskRow = Omit<Row, "ownerId" | "titleKey" | "descriptionKey" | "deletedAt" | "version">;

export function toTask(row: TaskRow): Task {
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    priority: row.priority,
    completed: row.completedAt !== null,
    completedAt: row.completedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

const priorityLabel = (priority: unknown) => PRIORITY_LABELS[priority as Task["priority"]] ?? "";

/** Tasks in the change log: their fields, stated once. */
export const taskEntity = (table: Schema["tasks"]): Entity<Row> => ({
  name: "task",
  table,
  fields: {
    title: {
      label: "title",
      columns(value) {
        const title = String(value).trim();
        return { title, titleKey: fold(title) };
      },
      describe: (before) => `title was “${before}”`,
    },
    description: {
      label: "description",
      columns: (value) => ({ description: String(value), descriptionKey: fold(String(value)) }),
      describe: () => "description",
    },
    priority: {
      label: "priority",
      columns: (value) => ({ priority: value as Task["priority"] }),
      describe: (before, after) => `priority ${priorityLabel(before)} → ${priorityLabel(after)}`,
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
    const { id: _, createdAt: __, updatedAt: ___, ...values } = toTask(row);
    return values;
  },
  title: ({ title }) => title,
  verb: (touched, { completed }) =>
    touched.every((field) => field === "completed" || field === "completedAt")
      ? completed
        ? "complete"
        : "reopen"
      : undefined,
});
