// The panel of the open task, beside the list or over it.
import { find, findAll, targetOf } from "../ui/dom.js";
import { focusRow } from "../ui/focus.js";
import { pushAddress } from "../ui/history.js";
import { confirmDiscard } from "../ui/unsaved.js";
import { hasEditDue, isEditStuck, waitForSave } from "./edit.js";
import { findList, listAddress, listPath, queryForTask } from "./list.js";
import { isSheetOpen, updateInert } from "./sheet.js";

/** Shows the list's address, as no task is open. @param {string} url */
function showListAddress(url) {
  if (location.pathname !== listPath()) pushAddress(url);
  document.title = `${find("h1")?.textContent} · TaskFlow`;
}

/** Closes the panel, unless unsaved changes are kept. @returns {boolean} whether a task was open */
export function closePanel() {
  const panel = find("#panel.panel-open");
  if (!panel) return false;
  if (!confirmDiscard(isEditStuck())) return true;
  close(panel);
  return true;
}

/** @param {HTMLElement} panel */
function close(panel) {
  if (hasEditDue() && waitForSave(() => close(panel))) return;
  const { task } = panel.dataset;
  showListAddress(panel.querySelector("[data-close-panel]")?.getAttribute("href") ?? listAddress());
  panel.replaceChildren();
  panel.className = "panel";
  panel.hidden = true;
  updateInert();
  markOpenRow();
  focusRow(document.getElementById(`task-${task}`));
}

addEventListener("htmx:config:request", (event) => {
  const { request, sourceElement } = event.detail.ctx;
  if (!sourceElement.matches(".task-link, .subtask-link")) return;
  if (!confirmDiscard(isEditStuck()) || waitForSave(() => /** @type {HTMLElement} */ (sourceElement).click()))
    event.preventDefault();
  // The address keeps the view of the list, for Back and Reload.
  request.action = sourceElement.getAttribute("href") + queryForTask();
});

/** The field that gets the focus in the task that is being opened. */
let startField = "";

/** Opens the task of a row at one of its fields. @param {HTMLElement} row @param {string} field */
export function openTask(row, field) {
  startField = field;
  /** @type {HTMLElement | null} */ (row.querySelector(".task-link"))?.click();
}

/** Marks the row of the open task. */
function markOpenRow() {
  const open = find("#panel.panel-open")?.dataset.task;
  const link = open ? find(`#task-${open} .task-link`) : null;
  for (const each of findAll(".task-link[aria-current]")) if (each !== link) each.removeAttribute("aria-current");
  link?.setAttribute("aria-current", "true");
}

addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  markOpenRow();
  const isFocusLost = document.activeElement === document.body;
  const isOpened = ctx.sourceElement?.matches(".task-link, .subtask-link");
  // "Use theirs" replaces the panel, and itself.
  const isReplaced = isFocusLost && ctx.target instanceof Element && ctx.target.id === "panel";
  // A focused field would open a phone's keyboard over the task.
  const start = matchMedia("(pointer: coarse)").matches ? "[data-close-panel]" : ".panel-title";
  const field = isOpened && startField ? find(`#panel:not([hidden]) #${startField}`) : null;
  if (isOpened) startField = "";
  if (field) field.focus();
  else if (isOpened || isReplaced) find(`#panel:not([hidden]) ${start}`)?.focus({ preventScroll: true });
  if (findList() && location.pathname !== listPath() && !find("#panel.panel-open")) {
    // The open task was deleted.
    showListAddress(listAddress());
    if (isFocusLost) findList()?.focus({ preventScroll: true });
  }
});

addEventListener("click", (event) => {
  if (targetOf(event).closest("[data-close-panel]") && closePanel()) event.preventDefault();
});

// A press beside the sheet closes it.
let isPressedBeside = false;
addEventListener("pointerdown", (event) => {
  isPressedBeside = isSheetOpen() && !targetOf(event).closest("#panel, .toasts, .notices");
});
addEventListener("click", () => {
  if (isPressedBeside) closePanel();
  isPressedBeside = false;
});

// The page of a task shows it beside the list.
markOpenRow();
