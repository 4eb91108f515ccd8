import type { Calendar } from "../../calendar.ts";
import { dueFor } from "../../text/due-date.ts";
import { fold } from "../../text/fold.ts";
import { isId } from "../../validation/ids.ts";
import {
  defaultOrder,
  isLabel,
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
  /** The id of the only project; undefined for all that are not archived. */
  readonly project: string | undefined;
  readonly status: (typeof STATUSES)[number];
  readonly priority: Priority | undefined;
  readonly label: string | undefined;
  /** The id of an account. */
  readonly assignee: string | undefined;
  readonly q: string;
  /** A list by date: the page Today or Upcoming. */
  readonly due: (typeof DATED)[number] | undefined;
  readonly sort: Sort;
  readonly order: Order;
}

export const DATED = ["today", "upcoming"] as const;

const oneOf = <Word extends string>(words: readonly Word[], text: string | null) => words.find((word) => word === text);

/** Returns how a list is sorted unless its reader chooses. */
const defaultSort = ({ project, status, due }: Pick<TaskView, "project" | "status" | "due">): Sort =>
  due ? "dueDate" : status === "completed" ? "completedAt" : project ? "manual" : "createdAt";

/** Parses a URL. Ignores invalid values, as URLs are typed, cut and shared. */
export function parseView({ pathname, searchParams: search }: Pick<URL, "pathname" | "searchParams">): TaskView {
  // The URL of an open task names the list in its query.
  const due = oneOf(DATED, pathname.slice(1)) ?? oneOf(DATED, search.get("due"));
  // The address of an open task names the project in its query.
  const project =
    [/^\/projects\/([^/]+)$/.exec(pathname)?.[1], search.get("project")].find(
      (id) => id !== undefined && id !== null && isId(id),
    ) ?? undefined;
  const status = pathname === "/completed" ? "completed" : (oneOf(STATUSES, search.get("status")) ?? "open");
  // The menu sends both in one value: title.desc.
  const [sortWord = null, orderWord = search.get("order")] = search.get("sort")?.split(".") ?? [];
  const usual = defaultSort({ project, status, due });
  const chosen = oneOf(SORTS, sortWord) ?? usual;
  // Only the tasks of one project have an order of their own.
  const sort = chosen === "manual" ? usual : chosen;
  return {
    project,
    status,
    priority: oneOf(PRIORITIES, search.get("priority")),
    label: [labelIn(pathname), search.get("label")?.trim()].find((name) => name && isLabel(name)),
    assignee: search.getAll("assignee").find(isId),
    q: [...(search.get("q") ?? "").toWellFormed().replaceAll("\0", "").trim()].slice(0, 200).join(""),
    due,
    sort,
    order: (sort !== "manual" && oneOf(ORDERS, orderWord)) || defaultOrder(sort),
  };
}

/** Returns the label that a path names. Proxies may decode its slashes. */
export function labelIn(path: string): string | undefined {
  try {
    return decodeURIComponent(/^\/labels\/(.+)$/.exec(path)?.[1] ?? "").trim();
  } catch {
    return undefined;
  }
}

/** Returns the address of a label's page. A slash stays one: proxies reject or decode an encoded one. */
export const labelUrl = (label: string) => `/labels/${label.split("/").map(encodeURIComponent).join("/")}`;

/** Returns the shortest query of a view. @param status where the path does not say it @param more such as a cursor */
function queryOf(
  { priority, label, assignee, q, sort, order, ...view }: TaskView,
  status?: string,
  more: Record<string, string> = {},
) {
  const search = new URLSearchParams({
    ...(status && status !== "open" && { status }),
    ...(priority && { priority }),
    ...(label && (view.project || view.due) && { label }),
    ...(assignee && { assignee }),
    ...(q && { q }),
    ...(sort !== defaultSort(view) && { sort }),
    ...(order !== defaultOrder(sort) && { order }),
    ...more,
  });
  return search.size > 0 ? `?${search}` : "";
}

/** Returns the place in the side bar that a view belongs to. */
export function placeOf({ project, status, due, label }: TaskView) {
  if (project) return `/projects/${project}`;
  if (due) return `/${due}`;
  return label ? labelUrl(label) : status === "completed" ? "/completed" : "/tasks";
}

/** Returns the label that a view is the page of. */
export const labelOfPage = ({ project, due, label }: TaskView) => (project || due ? undefined : label);

/** Returns the name of the place, unless it is a project. */
export const nameOf = ({ status, due, label }: TaskView): string => {
  if (due) return { today: "Today", upcoming: "Upcoming" }[due];
  return label ?? (status === "completed" ? "Completed" : "All tasks");
};

/** Returns the due date of a new task in a list; null for none. */
export const dueDateIn = ({ due }: TaskView, { today }: Calendar): string | null =>
  due ? today.add({ days: due === "today" ? 0 : 1 }).toString() : null;

/** Returns the shortest URL of a view. @param more of the query, such as a cursor */
export const viewUrl = (view: TaskView, more?: Record<string, string>) =>
  placeOf(view) + queryOf(view, placeOf(view) === "/completed" ? undefined : view.status, more);

/** What the path does not say there. */
const listIn = (view: TaskView) => {
  const { project, due } = view;
  const label = labelOfPage(view);
  return { ...(project && { project }), ...(due && { due }), ...(label && { label }) };
};

/** Returns the URL of a task that is open beside a list. */
export const openUrl = (id: string, view: TaskView) => `/tasks/${id}${queryOf(view, view.status, listIn(view))}`;

/** Returns where a plain form adds a task to a view. What is rejected is shown at this address, over the same list. */
export const addUrl = (view: TaskView) => `/tasks${queryOf(view, view.status, listIn(view))}`;

/** Returns the URL of a view as a document to print. */
export const printUrl = (view: TaskView) => `/tasks/print${queryOf(view, view.status, listIn(view))}`;

/** Returns whether a view is grouped by day: that of completion, or the due date. */
export const isByDay = ({ status, due, sort }: TaskView) =>
  due === "upcoming" ? sort === "dueDate" : status === "completed" && sort === "completedAt";

/** Returns whether a view has a group for what is overdue, and one for today. */
export const isAgenda = ({ due, sort, order }: TaskView) => due === "today" && sort === "dueDate" && order === "asc";

/** Returns the view of the same tasks with another status, sorted as is usual there. */
export const withStatus = (view: TaskView, status: TaskView["status"]): TaskView => ({
  ...view,
  status,
  sort: view.sort === defaultSort(view) ? defaultSort({ ...view, status }) : view.sort,
});

/** Returns the query for the tasks of a view. */
export const viewQuery = (view: TaskView, cursor?: string): TaskQuery => ({ ...view, cursor });

/** Returns whether a search or a filter narrows the list. */
export const isFiltered = (view: TaskView) =>
  view.q !== "" || view.priority !== undefined || view.assignee !== undefined || view.label !== labelOfPage(view);

/** Returns whether a view also shows the completions of repeating tasks, which are open. */
export const showsCompletions = (view: TaskView) =>
  view.status === "completed" && isByDay(view) && view.order === "desc" && !isFiltered(view) && !view.label;

/** Returns whether a new task comes first in a view. */
export const isNewOnTop = ({ sort, order }: TaskView) =>
  sort === "manual" || (sort === "createdAt" && order === "desc");

/** Returns whether a view shows each subtask below its parent: a search or a filter leaves parents out. */
export const isTree = (view: TaskView) => view.sort === "manual" && !isFiltered(view);

/** Returns whether a task belongs in a view: in memory what the list's query does in SQL. */
export function isInView(
  task: Task,
  { project, status, priority, label, assignee, q, due }: TaskView,
  calendar: Calendar,
): boolean {
  if (due && !isOnPage(task, due, calendar)) return false;
  if (project && task.projectId !== project) return false;
  if (status !== "all" && task.completed !== (status === "completed")) return false;
  if (priority && task.priority !== priority) return false;
  if (label && !task.labels.some((each) => fold(each) === fold(label))) return false;
  if (assignee && task.assigneeId !== assignee) return false;
  const text = [fold(task.title), fold(task.description)];
  return searchWords(q).every((word) => text.some((key) => key.includes(word)));
}

/** Returns whether a task is on Today or Upcoming. */
function isOnPage(task: Task, due: (typeof DATED)[number], { timeZone, today, now }: Calendar): boolean {
  const date = dueFor(task, timeZone, now)?.date;
  if (date === undefined) return due === "today" && task.startDate !== null && task.startDate <= today.toString();
  if (due === "upcoming") return date > today.toString();
  return date <= today.toString() && (task.startDate === null || task.startDate <= today.toString());
}
