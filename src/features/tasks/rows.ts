import type { Schema } from "../../db/schema/index.ts";
import { searchKey, type Task, type TaskInput, type VersionedTask } from "./model.ts";

export type Row = Schema["tasks"]["$inferSelect"];

/** What a set of fields means in columns. @param completedAt since when it has been done, as done stays done since then */
export function columnsOf(
  { title, description, priority, completed }: Required<TaskInput>,
  now: Date,
  completedAt: Date | null = null,
) {
  return {
    title: title.trim(),
    titleKey: searchKey(title.trim()),
    description,
    descriptionKey: searchKey(description),
    priority,
    completedAt: completed ? (completedAt ?? now) : null,
  };
}

export function toVersioned(row: Row): VersionedTask {
  return { task: toTask(row), version: row.version };
}

/** Any other text is the id of nothing, and not every engine would take it. */
export const isTaskId = (id: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);

/** The columns that a task is told from; a list reads no others. */
type TaskRow = Omit<Row, "ownerId" | "titleKey" | "descriptionKey" | "deletedAt" | "version">;

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
