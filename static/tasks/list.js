// The list of tasks.

import { sendAll } from "../offline/queue.js";
import { address } from "../ui/address.js";
import { find } from "../ui/dom.js";

const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 1000;

/** Returns the list, where this page has one. */
export const findList = () => find("#task-list");

/** Returns the path of the list, also while a task is open and the page has the address of the task. */
export const listPath = () => address(`/${findList()?.dataset.place ?? "tasks"}`);

/** Returns whether this is the list of one project. */
export const isProject = () => /^projects\//.test(findList()?.dataset.place ?? "");

/** Returns which list by date this is. */
export const datedPlace = () => /(?:today|upcoming)$/.exec(listPath())?.[0];

/** Returns the query of the page, in which the address of a task says more than that of its list. */
function queryOf(isTask = false) {
  const query = new URLSearchParams(location.search);
  if (listPath() === address("/completed")) {
    if (isTask) query.set("status", "completed");
    else query.delete("status");
  }
  const due = datedPlace();
  if (due && isTask) query.set("due", due);
  else query.delete("due");
  const [, kind = "", name = ""] = /^(project|label)s\/(.+)$/.exec(findList()?.dataset.place ?? "") ?? [];
  for (const each of ["project", "label"]) {
    if (isTask && kind === each) query.set(each, decodeURIComponent(name));
    // A list of another place can be filtered by a label.
    else if (each === "project" || kind === "label") query.delete(each);
  }
  return query.size > 0 ? `?${query}` : "";
}

/** Returns the address of the list, also while a task is open. */
export const listAddress = () => listPath() + queryOf();

/** Returns the query that names this list in the address of a task. */
export const queryForTask = () => queryOf(true);

/** Returns the field that the list is sorted by; undefined for the default order. */
export function sortField() {
  const [sort] = new URLSearchParams(location.search).get("sort")?.split(".") ?? [];
  return sort ?? (datedPlace() ? "dueDate" : isProject() ? "manual" : undefined);
}

/** Loads the list again, with as many rows as it has: a reader who has scrolled down stays where they are. */
export async function reloadList() {
  const list = findList();
  if (!list) return;
  const query = new URLSearchParams(queryOf());
  query.delete("cursor");
  const rows = list.querySelectorAll(":scope > .task").length;
  query.set("limit", String(Math.min(Math.max(rows, PAGE_SIZE), MAX_PAGE_SIZE)));
  await htmx.ajax("GET", `${listPath()}?${query}`, {
    source: "#task-list",
    target: "#results",
    select: "#results",
    selectOOB: "#list-name:outerMorph,#navigation:outerMorph",
    swap: "outerMorph",
  });
}

addEventListener("htmx:after:swap", () => {
  const status = find("#list-status[data-outdated]");
  status?.removeAttribute("data-outdated");
  if (status) void reloadList();
});
// Another day has begun for the reader: the lists by date and those in groups of a day change.
document.addEventListener("taskflow:day", () => {
  if (datedPlace() || find("#task-list > .group-head")) void reloadList();
});
document.addEventListener("taskflow:reconnect", async () => {
  await sendAll();
  await reloadList();
});
