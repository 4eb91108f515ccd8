import type { Priority } from "../../src/features/tasks/model.ts";

export const PRIORITY_NAMES: Record<Priority, string> = {
  low: "Low priority",
  medium: "Medium priority",
  high: "High priority",
};
/** Where "priority" stands beside it already. */
export const SHORT_PRIORITY_NAMES: Record<Priority, string> = { low: "Low", medium: "Medium", high: "High" };

/** The sorts as a person would say them, by what the address says. */
export const SORT_NAMES = [
  ["createdAt.desc", "Newest first"],
  ["createdAt.asc", "Oldest first"],
  ["updatedAt.desc", "Last changed"],
  ["priority.desc", "Highest priority"],
  ["priority.asc", "Lowest priority"],
  ["title.asc", "Title, A to Z"],
  ["title.desc", "Title, Z to A"],
] as const;

export const plural = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
