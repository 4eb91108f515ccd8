// Rows that leave the list stay until the pointer is away, then they fold.
import { targetOf } from "../ui/dom.js";
import { updateGroups } from "./groups.js";
import { whenPointerIsAway } from "./pointer.js";

const LEAVING = ".task.leaving:not(.folding)";

function foldRows() {
  for (const row of document.querySelectorAll(LEAVING)) row.classList.add("folding");
}

addEventListener("animationend", (event) => {
  const row = targetOf(event);
  if (event.animationName !== "fold" || !(row instanceof HTMLElement)) return;
  row.hidden = true;
  updateGroups();
});

/** Deleted rows would be replaced at once by a placeholder. They fold like the others and keep their place for Undo. */
addEventListener("htmx:before:swap", ({ detail: { tasks } }) => {
  for (const task of tasks.filter(isDeletion)) {
    tasks.splice(tasks.indexOf(task), 1);
    markDeleted(task.target);
  }
});

/** @param {import("htmx.org").SwapTask} task */
const isDeletion = ({ type, target, fragment }) =>
  type === "oob" && target.matches(".task") && fragment.querySelector(".task-gone") !== null;

/** @param {Element} row */
function markDeleted(row) {
  const box = row.querySelector("input[name=ids]");
  if (box instanceof HTMLInputElement) box.checked = false;
  row.classList.add("leaving");
  row.toggleAttribute("inert", true);
}

addEventListener("htmx:after:swap", () => {
  if (document.querySelector(LEAVING)) whenPointerIsAway(foldRows);
});
