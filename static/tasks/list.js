// The list of tasks.
import { find } from "../ui/dom.js";

const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 1000;

/** Returns the list, where this page has one. */
export const findList = () => find("#task-list");

/** Returns the field that the list is sorted by; undefined for the default order. */
export const sortField = () => new URLSearchParams(location.search).get("sort")?.split(".")[0];

/** Loads the list again, with as many rows as it has: a reader who has scrolled down stays where they are. */
export async function reloadList() {
  const list = findList();
  if (!list) return;
  const query = new URLSearchParams(location.search);
  query.delete("cursor");
  const rows = list.querySelectorAll(":scope > .task").length;
  query.set("limit", String(Math.min(Math.max(rows, PAGE_SIZE), MAX_PAGE_SIZE)));
  await htmx.ajax("GET", `/tasks?${query}`, {
    source: "#task-list",
    target: "#results",
    select: "#results",
    swap: "outerMorph",
  });
}

document.addEventListener("taskflow:reconnect", reloadList);
