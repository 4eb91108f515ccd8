// A row keeps its height while the pointer is in the list, also when it gains or loses its second line.
import { findAll } from "../ui/dom.js";
import { whenPointerIsAway } from "./pointer.js";

/** The heights of the rows that a response is about to change. @type {Map<string, number>} */
const heights = new Map();

addEventListener("htmx:before:swap", ({ detail: { tasks } }) => {
  for (const { type, target } of tasks)
    if (type === "oob" && target.matches(".task:not([hidden])"))
      heights.set(target.id, target.getBoundingClientRect().height);
});

addEventListener("htmx:after:swap", () => {
  if (heights.size === 0) return;
  for (const [id, height] of heights) {
    const row = document.getElementById(id);
    if (row) row.style.height = `${height}px`;
  }
  heights.clear();
  whenPointerIsAway(release);
});

function release() {
  for (const row of findAll(".task[style]")) row.removeAttribute("style");
}
