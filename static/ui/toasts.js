// Toasts: one at a time. It disappears after a while, and Undo leads back to the row it was about.
import { find, findAll, targetOf } from "./dom.js";
import { focusLastRow } from "./focus.js";

const TOAST_MS = 8000;

/** The row that each request came from. @type {WeakMap<object, string>} */
const sourceRows = new WeakMap();

/** Removes a toast after a while, but not while it is pointed at or focused. @param {HTMLElement} toast */
function dismissLater(toast) {
  setTimeout(() => (toast.matches(":hover, :focus-within") ? dismissLater(toast) : toast.remove()), TOAST_MS);
}

/** Removes a toast at once. @param {HTMLElement | null} toast */
export function dismiss(toast) {
  const hadFocus = toast?.matches(":focus-within");
  toast?.remove();
  if (hadFocus) focusLastRow(toast?.dataset.row);
}

addEventListener("click", (event) => {
  const button = targetOf(event).closest("[data-dismiss]");
  if (button) dismiss(button.closest(".toast-note"));
});

addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const row = ctx.sourceElement.closest(".task");
  if (row) sourceRows.set(ctx, row.id);
});

addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const row = sourceRows.get(ctx);
  const newest = find("#toasts")?.lastElementChild;
  if (row && newest instanceof HTMLElement) newest.dataset.row ??= row;
  if (ctx.response && ctx.response.status < 400) dismiss(ctx.sourceElement?.closest(".toast-note"));
});

for (const toast of document.querySelectorAll(".toast-note")) dismissLater(/** @type {HTMLElement} */ (toast));
// Observes the body, as going back replaces everything in it.
new MutationObserver((mutations) => {
  for (const node of mutations.flatMap(({ addedNodes }) => [...addedNodes]))
    if (node instanceof HTMLElement && node.matches(".toast-note")) {
      dismissLater(node);
      for (const toast of findAll(".toast-note")) if (toast !== node) dismiss(toast);
    }
}).observe(document.body, { childList: true, subtree: true });
