// Upcoming: a task is dragged to another day.
import { address } from "../ui/address.js";
import { findAll, targetOf } from "../ui/dom.js";

const ROWS = '#task-list[data-place="upcoming"]:has(> .group-head) > .task';

/** The row that is dragged. @type {HTMLElement | null} */
let dragged = null;

/** Returns the heading of the day that an element is in. @param {Element | null} element */
function headOf(element) {
  let each = element?.closest("#task-list > li") ?? null;
  while (each && !each.matches(".group-head")) each = each.previousElementSibling;
  return /** @type {HTMLElement | null} */ (each);
}

function update() {
  for (const row of findAll(`${ROWS}:not([draggable])`)) row.draggable = true;
}
update();
addEventListener("htmx:after:swap", update);

addEventListener("dragstart", (event) => {
  const row = targetOf(event).closest(ROWS);
  if (!(row instanceof HTMLElement)) return;
  dragged = row;
  event.dataTransfer?.setData("text/plain", row.querySelector(".task-title")?.textContent ?? "");
});
addEventListener("dragend", () => {
  dragged = null;
  for (const head of findAll(".group-head[data-over]")) delete head.dataset.over;
});
addEventListener("dragover", (event) => {
  const head = dragged && headOf(targetOf(event));
  if (!head) return;
  event.preventDefault();
  for (const each of findAll(".group-head[data-over]")) if (each !== head) delete each.dataset.over;
  head.dataset.over = "";
});
addEventListener("drop", (event) => {
  const head = dragged && headOf(targetOf(event));
  if (!dragged || !head) return;
  event.preventDefault();
  const row = dragged;
  if (headOf(row) === head) return;
  head.after(row);
  void htmx.ajax("POST", address(`/tasks/${row.id.replace("task-", "")}/due`), {
    source: row,
    swap: "none",
    values: { dueDate: head.id.replace("group-", "") },
  });
});
