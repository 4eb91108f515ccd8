import { sql } from "drizzle-orm";
import type { Dialect } from "../dialects.ts";
import type { Users } from "./accounts.ts";

/** The priority as a number, for sorting and its index. */
export const rank = sql`(case priority when 'high' then 3 when 'medium' then 2 else 1 end)`;

/**
 * The owner comes first in the key, so that one owner's rows are stored together and no query finds a task without
 * naming its owner. On SQLite the migration makes the table `WITHOUT ROWID`, which Drizzle can't express.
 */
export function declareTasks({ table, text, integer, instant, index, primaryKey, check }: Dialect, users: Users) {
  const tasks = table(
    "tasks",
    {
      ownerId: text("owner_id")
        .notNull()
        .references(() => users.id, { onDelete: "cascade" }),
      id: text("id").notNull(),
      title: text("title").notNull(),
      /** Folded by `fold` (text/fold.ts), for search and sorting. */
      titleKey: text("title_key").notNull(),
      description: text("description").notNull(),
      descriptionKey: text("description_key").notNull(),
      priority: text("priority", { enum: ["low", "medium", "high"] }).notNull(),
      /** When the task was completed. */
      completedAt: instant("completed_at"),
      /** When the task was moved to the trash. */
      deletedAt: instant("deleted_at"),
      /** Counts up with every change: the task's ETag. */
      version: integer("version").notNull(),
      createdAt: instant("created_at").notNull(),
      updatedAt: instant("updated_at").notNull(),
    },
    (task) => [
      primaryKey({ columns: [task.ownerId, task.id] }),
      // One for each sorting: sorting an owner's thousand rows for a page cost five times the page.
      index("tasks_by_creation").on(task.ownerId, task.createdAt, task.id),
      index("tasks_by_update").on(task.ownerId, task.updatedAt, task.id),
      index("tasks_by_title").on(task.ownerId, task.titleKey, task.id),
      index("tasks_by_rank").on(task.ownerId, rank, task.id),
      // Covers the counts above a list, so that they read no task.
      index("tasks_by_status").on(task.ownerId, task.deletedAt, task.priority, task.completedAt),
      // For listing the trash: one bulk action deletes many tasks at the same time.
      index("tasks_by_deletion").on(task.ownerId, task.deletedAt, task.id).where(sql`deleted_at is not null`),
      // For purging the trash of every owner.
      index("tasks_in_trash").on(task.deletedAt).where(sql`deleted_at is not null`),
      check("tasks_priority", sql`${task.priority} in ('low', 'medium', 'high')`),
    ],
  );
  return { tasks };
}
