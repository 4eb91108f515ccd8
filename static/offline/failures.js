// A failed action says what failed.
import { showProblem } from "../ui/problem.js";
import { actionOf, onSettle } from "./queue.js";

/** @typedef {import("./storage.js").Action} Action */

/** Actions whose response shows why they failed: in a toast, or beside their field. @type {WeakMap<Action, "toast" | "field">} */
const explained = new WeakMap();

addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  const action = actionOf(ctx);
  if (!action || !ctx.response || ctx.response.status < 400) return;
  const response = new DOMParser().parseFromString(ctx.text ?? "", "text/html");
  const messages = [...response.querySelectorAll(".toast-text, .field-issue, .panel-note")];
  action.problem = messages
    .map(({ textContent }) => textContent?.trim())
    .filter(Boolean)
    .join(" ");
  for (const { fragment, swapSpec } of tasks) {
    if (swapSpec.style === "none") continue;
    const text = fragment.querySelector(".toast-text");
    text?.prepend(`Not saved: ${action.label}. `);
    if (text) explained.set(action, "toast");
    else if (fragment.querySelector(".field-issue:not(:empty), .panel-note:not(:empty)"))
      explained.set(action, "field");
  }
});

onSettle((action, outcome) => {
  if (outcome === "failed" && !explained.has(action))
    showProblem(`Not saved: ${action.label}. ${action.problem ?? ""}`);
  return explained.get(action) === "field";
});
