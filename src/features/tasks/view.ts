import {
  defaultOrder,
  ORDERS,
  type Order,
  PRIORITIES,
  type Priority,
  SORTS,
  type Sort,
  STATUSES,
  searchKey,
  searchWords,
  type Task,
  type TaskQuery,
} from "./model.ts";

/** What of the tasks a page shows, as its address says it. */
export interface TaskView {
  readonly status: (typeof STATUSES)[number];
  readonly priority: Priority | undefined;
  readonly q: string;
  readonly sort: Sort;
  readonly order: Order;
}

const oneOf = <Word extends string>(words: readonly Word[], text: string | null) => words.find((word) => word === text);

/** Reads an address kindly: what makes no sense in it counts as not said, as addresses are typed, cut and shared. */
export function parseView(search: URLSearchParams): TaskView {
  // The form's one menu says both in one word: title.desc.
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

/** @returns the shortest address of the view */
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

/** @returns the service's query for the view */
export const viewQuery = (view: TaskView, cursor?: string): TaskQuery => ({ ...view, cursor });

/** Whether anything but the status narrows the list. */
export const isNarrowed = ({ q, priority }: TaskView) => q !== "" || priority !== undefined;

/** Whether the task belongs in the view; says in memory what the list's query says in SQL. */
export function isInView(task: Task, { status, priority, q }: TaskView): boolean {
  if (status !== "all" && task.completed !== (status === "completed")) return false;
  if (priority && task.priority !== priority) return false;
  const text = [searchKey(task.title), searchKey(task.description)];
  return searchWords(q).every((word) => text.some((key) => key.includes(word)));
}
