import { fold } from "../../text/fold.ts";
import {
  defaultOrder,
  ORDERS,
  type Order,
  PRIORITIES,
  type Priority,
  SORTS,
  type Sort,
  STATUSES,
  searchWords,
  type Task,
  type TaskQuery,
} from "./model.ts";

/** Which tasks a list shows, according to its URL. */
export interface TaskView {
  readonly status: (typeof STATUSES)[number];
  readonly priority: Priority | undefined;
  readonly q: string;
  readonly sort: Sort;
  readonly order: Order;
}

const oneOf = <Word extends string>(words: readonly Word[], text: string | null) => words.find((word) => word === text);

/** Parses a URL. Ignores invalid values, as URLs are typed, cut and shared. */
export function parseView(search: URLSearchParams): TaskView {
  // The menu sends both in one value: title.desc.
  const [sortWord = null, orderWord = search.get("order")] = search.get("sort")?.split(".") ?? [];
  const sort = oneOf(SORTS, sortWord) ?? "createdAt";
  return {
    status: oneOf(STATUSES, search.get("status")) ?? "open",
    priority: oneOf(PRIORITIES, search.get("priority")),
    q: [...(search.get("q") ?? "").toWellFormed().replaceAll("\0", "").trim()].slice(0, 200).join(""),
    sort,
    order: oneOf(ORDERS, orderWord) ?? defaultOrder(sort),
  };
}

/** Returns the shortest URL of a view. */
export function viewUrl({ status, priority, q, sort, order }: TaskView, cursor?: string): string {
  const search = new URLSearchParams({
    ...(status !== "open" && { status }),
    ...(priority && { priority }),
    ...(q && { q }),
    ...(sort !== "createdAt" && { sort }),
    ...(order !== defaultOrder(sort) && { order }),
    ...(cursor && { cursor }),
  });
  return search.size > 0 ? `/tasks?${search}` : "/tasks";
}

/** Returns the query for the tasks of a view. */
export const viewQuery = (view: TaskView, cursor?: string): TaskQuery => ({ ...view, cursor });

/** Returns whether a search or a filter narrows the list. */
export const isFiltered = ({ q, priority }: TaskView) => q !== "" || priority !== undefined;

/** Returns whether a task belongs in a view: in memory what the list's query does in SQL. */
export function isInView(task: Task, { status, priority, q }: TaskView): boolean {
  if (status !== "all" && task.completed !== (status === "completed")) return false;
  if (priority && task.priority !== priority) return false;
  const text = [fold(task.title), fold(task.description)];
  return searchWords(q).every((word) => text.some((key) => key.includes(word)));
}
