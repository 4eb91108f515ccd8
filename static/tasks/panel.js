// The panel of the open task, beside the list or over it.
import { find, targetOf } from "../ui/dom.js";
import { focusRow } from "../ui/focus.js";
import { pushAddress } from "../ui/history.js";
import { confirmDiscard } from "../ui/unsaved.js";
import { isEditUnsaved } from "./edit.js";
import { findList } from "./list.js";
import { isSheetOpen, updateInert } from "./sheet.js";

/** Shows the list's address, as no task is open. @param {string} url */
function showListAddress(url) {
  if (location.pathname !== "/tasks") pushAddress(url);
  document.title = "Tasks · TaskFlow";
}

/** Closes the panel, unless unsaved changes are kept. @returns {boolean} whether a task was open */
export function closePanel() {
  const panel = find("#panel.panel-open");
  if (!panel) return false;
  if (!confirmDiscard(isEditUnsaved())) return true;
  const { task } = panel.dataset;
  showListAddress(panel.querySelector("[data-close-panel]")?.getAttribute("href") ?? "/tasks");
  panel.replaceChildren();
  panel.className = "panel";
  panel.hidden = true;
  updateInert();
  focusRow(document.getElementById(`task-${task}`));
  return true;
}

addEventListener("htmx:config:request", (event) => {
  const { request, sourceElement } = event.detail.ctx;
  if (!sourceElement.matches(".task-link")) return;
  if (!confirmDiscard(isEditUnsaved())) event.preventDefault();
  // The address keeps the view of the list, for Back and Reload.
  request.action = sourceElement.getAttribute("href") + location.search;
});

addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const isFocusLost = document.activeElement === document.body;
  if (ctx.sourceElement?.matches(".task-link"))
    find("#panel:not([hidden]) .panel-title")?.focus({ preventScroll: true });
  if (!findList()) {
    if (isFocusLost) find("#panel:not(:has(#edit)) a")?.focus();
  } else if (location.pathname !== "/tasks" && !find("#panel.panel-open")) {
    // The open task was deleted.
    showListAddress(`/tasks${location.search}`);
    if (isFocusLost) findList()?.focus({ preventScroll: true });
  }
});

addEventListener("click", (event) => {
  if (targetOf(event).closest("[data-close-panel]") && closePanel()) event.preventDefault();
});

// A press beside the sheet closes it.
let isPressedBeside = false;
addEventListener("pointerdown", (event) => {
  isPressedBeside = isSheetOpen() && !targetOf(event).closest("#panel, .toasts, .connection");
});
addEventListener("click", () => {
  if (isPressedBeside) closePanel();
  isPressedBeside = false;
});
