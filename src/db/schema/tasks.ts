import { sql } from "drizzle-orm";
import type { Dialect } from "../sqlite/dialect.ts";
import type { Projects } from "./projects.ts";

/**
 * The project comes first in the key, so that one project's rows are stored together. On SQLite the migration makes the
 * table `WITHOUT ROWID`, which Drizzle can't express.
 */
export function declareTasks({ table, text, integer, instant, index, primaryKey, check }: Dialect, projects: Projects) {
  const tasks = table(
    "tasks",
    {
      projectId: text("project_id")
        .notNull()
        .references(() => projects.id, { onDelete: "cascade" }),
      id: text("id").notNull(),
      title: text("title").notNull(),
      /** Folded by `fold` (text/fold.ts), for search. */
      titleKey: text("title_key").notNull(),
      /** Computed by `sortKey` (text/sort-key.ts), for sorting. */
      titleSort: text("title_sort").notNull().default(""),
      description: text("description").notNull(),
      descriptionKey: text("description_key").notNull(),
      priority: text("priority", { enum: ["none", "low", "medium", "high"] }).notNull(),
      /** The labels as a JSON array of texts, in the order in which they were added. */
      labels: text("labels").notNull().default("[]"),
      /** A member of the project. */
      assigneeId: text("assignee_id"),
      /** Null for a task above all sections. A subtask has the section of its parent. */
      sectionId: text("section_id"),
      parentId: text("parent_id"),
      /** Its place within its section and parent: a key of fractional-indexing. */
      position: text("position").notNull().default(""),
      /** The positions from the topmost parent down: sorts a section with each subtask below its parent. */
      outline: text("outline").notNull().default(""),
      /** A date such as 2026-05-03: in the reader's time zone, or in the task's if it has a time. */
      dueDate: text("due_date"),
      /** A time such as 15:30; with it, the time zone is stored too. */
      dueTime: text("due_time"),
      timeZone: text("time_zone"),
      /** Computed by `dueKey` (features/tasks/due.ts), for sorting; null without a due date. */
      dueKey: text("due_key"),
      startDate: text("start_date"),
      /** An RFC 5545 rule without its start, which is the due date. */
      repeat: text("repeat"),
      repeatFrom: text("repeat_from", { enum: ["dueDate", "completion"] })
        .notNull()
        .default("dueDate"),
      /** When a repeating task was completed last; it stays open. */
      lastCompletedAt: instant("last_completed_at"),
      /** How many comments it has, maintained in the write that changes them. */
      commentCount: integer("comment_count").notNull().default(0),
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
      primaryKey({ columns: [task.projectId, task.id] }),
      // For sorting a project's tasks. The primary key sorts by creation, as ids are UUIDv7. Each index adds pages to every
      // commit, for each project in it.
      index("tasks_by_update").on(task.projectId, task.updatedAt, task.id),
      index("tasks_by_title").on(task.projectId, task.titleSort, task.id),
      // For Today, and for sorting by due date. A task without one is in neither.
      index("tasks_by_due_date")
        .on(task.projectId, task.dueKey, task.id)
        .where(sql`due_key is not null and completed_at is null and deleted_at is null`),
      index("tasks_completed_by_due_date")
        .on(task.projectId, task.dueKey, task.id)
        .where(sql`due_key is not null and completed_at is not null and deleted_at is null`),
      // For the tasks on Today that have started and are never due.
      index("tasks_by_start_date")
        .on(task.projectId, task.startDate, task.id)
        .where(sql`start_date is not null and due_key is null and completed_at is null and deleted_at is null`),
      // For the manual order. A completed task leaves it.
      index("tasks_by_outline")
        .on(task.projectId, task.sectionId, task.outline, task.id)
        .where(sql`completed_at is null and deleted_at is null`),
      index("tasks_by_parent").on(task.projectId, task.parentId, task.id).where(sql`parent_id is not null`),
      index("tasks_by_assignee").on(task.projectId, task.assigneeId, task.id).where(sql`assignee_id is not null`),
      // For listing the trash: one bulk action deletes many tasks at the same time.
      index("tasks_by_deletion").on(task.projectId, task.deletedAt, task.id).where(sql`deleted_at is not null`),
      // For finding a task by its id alone. New ids of all projects share a page.
      index("tasks_by_id").on(task.id),
      // For purging the trash of every project.
      index("tasks_in_trash").on(task.deletedAt).where(sql`deleted_at is not null`),
      check("tasks_priority", sql`${task.priority} in ('none', 'low', 'medium', 'high')`),
    ],
  );

  /** How many tasks of each priority a project has, maintained in the write that changes them. */
  const taskCounts = table(
    "task_counts",
    {
      projectId: text("project_id")
        .notNull()
        .references(() => projects.id, { onDelete: "cascade" }),
      priority: text("priority", { enum: ["none", "low", "medium", "high"] }).notNull(),
      open: integer("open").notNull(),
      completed: integer("completed").notNull(),
      /** In the trash, completed or not. */
      deleted: integer("deleted").notNull(),
    },
    (count) => [primaryKey({ columns: [count.projectId, count.priority] })],
  );

  /** The labels of tasks outside the trash, to find tasks by label: maintained in the write that changes `tasks.labels`. */
  const taskLabels = table(
    "task_labels",
    {
      projectId: text("project_id")
        .notNull()
        .references(() => projects.id, { onDelete: "cascade" }),
      /** Folded by `fold` (text/fold.ts): labels that differ in case only are the same. */
      labelKey: text("label_key").notNull(),
      taskId: text("task_id").notNull(),
      /** As it is written on this task. */
      label: text("label").notNull(),
    },
    (each) => [
      primaryKey({ columns: [each.projectId, each.labelKey, each.taskId] }),
      index("task_labels_by_task").on(each.projectId, each.taskId),
    ],
  );

  /** How many tasks of a project have each label, maintained in the write that changes them. */
  const labelCounts = table(
    "label_counts",
    {
      projectId: text("project_id")
        .notNull()
        .references(() => projects.id, { onDelete: "cascade" }),
      labelKey: text("label_key").notNull(),
      /** As it was written last. */
      label: text("label").notNull(),
      open: integer("open").notNull(),
      completed: integer("completed").notNull(),
    },
    (each) => [primaryKey({ columns: [each.projectId, each.labelKey] })],
  );

  /** Each completion of a repeating task, which stays open: maintained in the write that changes `tasks.lastCompletedAt`. */
  const completions = table(
    "completions",
    {
      projectId: text("project_id")
        .notNull()
        .references(() => projects.id, { onDelete: "cascade" }),
      taskId: text("task_id").notNull(),
      completedAt: instant("completed_at").notNull(),
    },
    (each) => [
      primaryKey({ columns: [each.projectId, each.completedAt, each.taskId] }),
      index("completions_by_task").on(each.projectId, each.taskId),
    ],
  );

  /** What members write about a task. */
  const comments = table(
    "comments",
    {
      projectId: text("project_id")
        .notNull()
        .references(() => projects.id, { onDelete: "cascade" }),
      id: text("id").notNull(),
      taskId: text("task_id").notNull(),
      /** The account may have been deleted since. */
      authorId: text("author_id").notNull(),
      /** Markdown. */
      text: text("text").notNull(),
      /** When the author last changed the text. */
      editedAt: instant("edited_at"),
      deletedAt: instant("deleted_at"),
      version: integer("version").notNull(),
      createdAt: instant("created_at").notNull(),
      updatedAt: instant("updated_at").notNull(),
    },
    (comment) => [
      primaryKey({ columns: [comment.projectId, comment.id] }),
      index("comments_by_task").on(comment.projectId, comment.taskId, comment.id),
      index("comments_by_id").on(comment.id),
      // For purging the trash.
      index("comments_in_trash").on(comment.deletedAt).where(sql`deleted_at is not null`),
    ],
  );
  return { tasks, taskCounts, taskLabels, labelCounts, completions, comments };
}
