// The keys of every page: one table that the handler and the list of keys are made from. Keys of the row belong to the
// row with the focus. Moving with arrows is in ui/roving-focus.js, Escape in escape.js, Ctrl+Z in changes/undo.js.

import { chooseProject } from "../projects/choose-project.js";
import { address } from "../ui/address.js";
import { find, findField, findForm, targetOf } from "../ui/dom.js";
import { onKeydown } from "../ui/keyboard.js";
import { onRowMove } from "../ui/roving-focus.js";
import { openDateMenu } from "./date-menu.js";
import { findList } from "./list.js";
import { openTask } from "./panel.js";
import { endRange, extendSelection, hasSelection, toggleRow } from "./selection.js";

/**
 * @typedef {object} Key
 * @property {string[]} keys the first one is shown
 * @property {string} does
 * @property {(event: KeyboardEvent) => void} [run] missing where another module handles the key
 * @property {(row: HTMLElement) => void} [runOnRow]
 * @property {string} [action] what it does instead with the selected tasks, if there are any
 */

/** @type {Key[]} */
const KEYS = [
  { keys: ["j"], does: "Next task", run: focusList },
  { keys: ["k"], does: "Previous task", run: focusList },
  { keys: ["Enter"], does: "Open the task" },
  {
    keys: ["Space", " "],
    does: "Complete or reopen it",
    runOnRow: (row) => row.querySelector("button")?.click(),
    action: "complete",
  },
  { keys: ["x"], does: "Select it", runOnRow: toggleRow },
  { keys: ["e"], does: "Edit it", runOnRow: (row) => find(`#${row.id} .task-link`)?.click() },
  { keys: ["d"], does: "Set its due date", runOnRow: openDateMenu, action: "setDueDate" },
  { keys: ["a"], does: "Assign it", runOnRow: (row) => openTask(row, "assignee") },
  { keys: ["l"], does: "Change its labels", runOnRow: (row) => openTask(row, "labels") },
  { keys: ["p"], does: "Move it to a project", runOnRow: (row) => chooseProject(row) },
  { keys: ["Alt+↑ ↓"], does: "Move it up or down" },
  { keys: ["Tab"], does: "Make it a subtask; press Escape first to leave the list" },
  { keys: ["Shift+Tab"], does: "Make it no subtask" },
  { keys: ["Alt+Shift+→ ←"], does: "The same as Tab and Shift+Tab" },
  { keys: ["Delete"], does: "Delete it", runOnRow: deleteRow, action: "delete" },
  { keys: ["q"], does: "Add a task", run: () => goTo("add-title") },
  { keys: ["/"], does: "Search", run: () => goTo("q") },
  { keys: ["?"], does: "Show the keys", run: showKeys },
  { keys: ["Escape"], does: "Close, or step back" },
  { keys: ["Ctrl+K"], does: "Search from a field, too" },
  { keys: ["Ctrl+Z"], does: "Undo" },
];

/** Moves the focus to a field of the list, or to the list's page. @param {string} id */
function goTo(id) {
  const field = findField(id);
  if (field?.checkVisibility()) field.focus();
  else location.assign(address(`/tasks#${id}`));
}

/** Moves the focus from elsewhere to the list. */
function focusList() {
  findList()
    ?.querySelector(/** @type {"a"} */ (".task-link[tabindex='0']"))
    ?.focus();
}

/** @param {HTMLElement} row */
function deleteRow(row) {
  const url = `${find(`#${row.id} .task-link`)?.getAttribute("href")}/deletion`;
  void htmx.ajax("POST", url, { source: row, swap: "none" });
}

/** Presses a button of the bar for selected tasks, or goes to its field. @param {string} action */
function runOnSelection(action) {
  const button = /** @type {HTMLElement | null | undefined} */ (findForm("bulk")?.querySelector(`[value=${action}]`));
  const menu = button?.closest("details");
  if (!menu) return button?.click();
  menu.open = true;
  button?.parentElement?.querySelector("input")?.focus();
}

function showKeys() {
  const dialog = document.createElement("dialog");
  dialog.className = "keys";
  dialog.setAttribute("aria-labelledby", "keys-title");
  const title = document.createElement("h2");
  title.id = "keys-title";
  title.textContent = "Keys";
  const list = document.createElement("dl");
  for (const { keys, does } of KEYS) {
    const [name, text] = [document.createElement("dt"), document.createElement("dd")];
    const key = document.createElement("kbd");
    key.textContent = keys[0] ?? "";
    name.append(key);
    text.textContent = does;
    list.append(name, text);
  }
  const form = document.createElement("form");
  form.method = "dialog";
  const button = document.createElement("button");
  button.className = "btn btn-quiet";
  button.textContent = "Close";
  form.append(button);
  dialog.append(title, list, form);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** Returns whether a key types something there. @param {Element} control */
const isTyping = (control) =>
  control.matches("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");

onRowMove((from, to, { shiftKey }) => {
  if (shiftKey && from?.matches(".task")) extendSelection(from, to);
  else endRange();
});

onKeydown((event) => {
  const control = targetOf(event);
  if ((event.ctrlKey || event.metaKey) && event.key === "k") {
    event.preventDefault();
    goTo("q");
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(control) || find("dialog[open]")) return;
  const key = KEYS.find(({ keys }) => keys.includes(event.key));
  const row = control.closest(/** @type {"li"} */ ("#task-list > .task"));
  // Space presses the button that has the focus.
  const isOwn = event.key === " " && !control.matches(".task-link");
  // Of a task that the reader can only view, they can but open it.
  if (row?.matches("[data-view-only]") && key?.runOnRow && key.keys[0] !== "e") return;
  if (row && key?.action && !isOwn && hasSelection()) runOnSelection(key.action);
  else if (row && key?.runOnRow && !isOwn) key.runOnRow(row);
  else if (key?.run && !event.defaultPrevented && !control.closest("dialog, .activity, .trash-list")) key.run(event);
  else return;
  event.preventDefault();
});

addEventListener("click", (event) => {
  const link = targetOf(event).closest("[data-goes-to]");
  const id = link?.getAttribute("data-goes-to") ?? "";
  if (!link || event.defaultPrevented || !findField(id)) return;
  event.preventDefault();
  find("#browse:popover-open")?.hidePopover();
  goTo(id);
});

// Another page has led to this field.
const start = location.hash && findField(location.hash.slice(1));
if (start && /^#(q|add-title)$/.test(location.hash)) {
  start.focus();
  history.replaceState(history.state, "", location.pathname + location.search);
}
