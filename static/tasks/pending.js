// An action shows at once: rows look as they will when the server has responded, and are marked until it has.
import { actionOf, onQueueChange, onSettle, queuedActions, waitingActions } from "../offline/queue.js";
import { address } from "../ui/address.js";
import { find, findAll } from "../ui/dom.js";
import { findList } from "./list.js";

/** @typedef {import("../offline/storage.js").Action} Action */

/** Whether each marked row was completed before. @type {Map<string, boolean>} */
const originals = new Map();

/** @param {Action} action */
const newRowId = ({ key }) => `pending-${key}`;
/** @param {Action} action */
const isAddition = ({ url }) => url === address("/tasks");

/** Returns the rows that an action changes, and what it does to them. @param {Action} action */
function effectOf({ url, fields }) {
  const [, id, verb] = /\/tasks\/([^/]+)\/(completion|deletion)$/.exec(url) ?? [];
  const values = Object.fromEntries(fields);
  const isBulk = url.endsWith("/tasks/bulk");
  const does = isBulk ? values.action : verb === "completion" && values.completed === "false" ? "reopen" : verb;
  const ids = isBulk ? fields.filter(([name]) => name === "ids").flatMap(([, value]) => value.split(",")) : [id];
  return { does, rows: ids.flatMap((each) => findAll(`.task[id="task-${each}"]`)) };
}

/** @param {HTMLElement} row @param {boolean} completed */
function setCompleted(row, completed) {
  row.toggleAttribute("data-completed", completed);
  const next = row.querySelector('input[name="completed"]');
  if (next instanceof HTMLInputElement) next.value = String(!completed);
  const button = row.querySelector(".tick");
  const label = button?.getAttribute("aria-label") ?? "";
  button?.setAttribute("aria-label", label.replace(/^\w+/, completed ? "Reopen" : "Complete"));
}

/** @param {Action} action */
function show(action) {
  if (isAddition(action)) return showNewRow(action);
  const { does, rows } = effectOf(action);
  for (const row of rows) {
    if (!("pending" in row.dataset)) originals.set(row.id, row.hasAttribute("data-completed"));
    row.dataset.pending = "";
    if (does === "deletion" || does === "delete") row.inert = true;
    else if (does === "completion" || does === "complete") setCompleted(row, true);
    else if (does === "reopen") setCompleted(row, false);
  }
}

/** @param {Action} action */
function showNewRow(action) {
  const list = findList();
  const template = find("#pending-row");
  if (!list || !(template instanceof HTMLTemplateElement)) return;
  const { title = "", priority, sectionId } = Object.fromEntries(action.fields);
  let row = document.getElementById(newRowId(action));
  if (!row) {
    row = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    row.id = newRowId(action);
    row.dataset.priority = priority;
    for (const note of row.querySelectorAll("[data-for]"))
      if (note.getAttribute("data-for") !== priority) note.remove();
    const text = row.querySelector(".task-title");
    if (text) text.textContent = title.trim();
    const head = document.getElementById(`group-${sectionId}`);
    if (head) head.after(row);
    else list.prepend(row);
  }
  const mark = row.querySelector(".pending-mark");
  const state = waitingActions().includes(action) ? "Waiting" : "Saving…";
  if (mark && mark.textContent !== state) mark.textContent = state;
}

function showAll() {
  const actions = queuedActions();
  const rows = new Set(actions.map(newRowId));
  for (const row of findAll(".task.pending")) if (!rows.has(row.id)) row.remove();
  for (const action of actions) show(action);
}

onQueueChange(showAll);
// The response may have replaced what is still pending.
addEventListener("htmx:after:swap", showAll);

onSettle((action, outcome) => {
  for (const row of effectOf(action).rows) {
    if (!("pending" in row.dataset)) continue;
    delete row.dataset.pending;
    if (outcome === "done") continue;
    row.inert = false;
    setCompleted(row, originals.get(row.id) ?? false);
  }
});

/** The new row takes the place of the pending one, unless a live update has brought it already. */
addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  const action = actionOf(ctx);
  const pending = action && document.getElementById(newRowId(action));
  if (!pending) return;
  const index = tasks.findIndex(({ fragment }) => fragment.querySelector("li.task"));
  const row = tasks[index]?.fragment.querySelector("li.task");
  const isFirst = tasks[index]?.target === findList() && tasks[index]?.swapSpec.style === "afterbegin";
  if (row && document.getElementById(row.id)) tasks.splice(index, 1);
  else if (row && isFirst) {
    tasks.splice(index, 1);
    pending.replaceWith(row);
    htmx.process(row);
  }
  pending.remove();
});
