import type { TaskView } from "../../src/features/tasks/view.ts";

const COMPLETION = [["completedAt.desc", "Last completed"]] as const;

const SORTS = [
  ["createdAt.desc", "Newest first"],
  ["createdAt.asc", "Oldest first"],
  ["updatedAt.desc", "Last changed"],
  ["dueDate.asc", "Due date"],
  ["priority.desc", "Highest priority"],
  ["priority.asc", "Lowest priority"],
  ["title.asc", "Title, A to Z"],
  ["title.desc", "Title, Z to A"],
] as const;

/** Returns the sorts of a list as people say them, by what the URL says. */
export const sortLabels = (status: TaskView["status"]) => (status === "completed" ? [...COMPLETION, ...SORTS] : SORTS);
