import type { Order, Priority, Sort } from "../../src/tasks/model.ts";

export const PRIORITY_NAMES: Record<Priority, string> = {
  low: "Low priority",
  medium: "Medium priority",
  high: "High priority",
};
export const SORT_NAMES: Record<Sort, string> = {
  createdAt: "Created",
  updatedAt: "Changed",
  title: "Title",
  priority: "Priority",
};

/** What the two directions mean for each sort, as a person would say it. */
export const ORDER_NAMES: Record<Sort, Record<Order, string>> = {
  createdAt: { desc: "Newest first", asc: "Oldest first" },
  updatedAt: { desc: "Newest first", asc: "Oldest first" },
  title: { asc: "A to Z", desc: "Z to A" },
  priority: { desc: "Highest first", asc: "Lowest first" },
};

export const plural = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
