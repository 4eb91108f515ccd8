// The manual order: rows are moved by keys, and by drag.js. A row moves at once, with its subtasks; the server follows.
import { address } from "../ui/address.js";
import { find, targetOf } from "../ui/dom.js";
import { onKeydown } from "../ui/keyboard.js";
import { onRowMove } from "../ui/roving-focus.js";
import { reloadList } from "./list.js";

/** Levels of subtasks that a task can have. */
export const MAX_LEVEL = 4;

/**
 * Where rows go: beside a task, below it, or to the top of a section.
 * @typedef {{ before: string } | { after: string } | { parentId: string } | { sectionId: string }} Place
 */

/** Returns the list, where its rows can be moved. */
export const findTree = () => find("#task-list[data-tree]");
/** @param {Element} row */
export const levelOf = (row) => Number(/** @type {HTMLElement} */ (row).dataset.level ?? 0);
/** @param {Element} row */
export const idOf = (row) => row.id.replace("task-", "");
/** @param {Element} each */
const isRow = (each) => each.matches(".task:not([hidden], [data-folded], .pending)");

/** Returns the rows and headings that are shown, in order. @param {Element} list */
export const itemsOf = (list) =>
  /** @type {HTMLElement[]} */ ([...list.children].filter((each) => isRow(each) || each.matches(".group-head")));

/** Returns a row with its subtasks. @param {HTMLElement} row @returns {HTMLElement[]} */
export function subtreeOf(row) {
  const rows = [row];
  for (let next = row.nextElementSibling; next?.matches(".task, .task-gone"); next = next.nextElementSibling) {
    if (isRow(next) && levelOf(next) <= levelOf(row)) break;
    if (isRow(next)) rows.push(/** @type {HTMLElement} */ (next));
  }
  return rows;
}

/** Returns how many levels of subtasks are below a row. @param {HTMLElement} row */
export const heightOf = (row) => Math.max(...subtreeOf(row).map(levelOf)) - levelOf(row);

/** Returns the rows that move with a row: the selected ones if it is one of them, without those that are below others. @param {HTMLElement} row */
export function movingWith(row) {
  const list = /** @type {Element} */ (row.parentElement);
  const selected = itemsOf(list).filter((each) => each.querySelector("input[name=ids]:checked"));
  const rows = selected.includes(row) ? selected : [row];
  return rows.filter((each) => !rows.some((other) => other !== each && subtreeOf(other).includes(each)));
}

/** Returns the row before a row that has the same parent. @param {HTMLElement} row */
function siblingBefore(row) {
  const items = itemsOf(/** @type {Element} */ (row.parentElement));
  for (const each of items.slice(0, items.indexOf(row)).reverse()) {
    if (!isRow(each) || levelOf(each) < levelOf(row)) return undefined;
    if (levelOf(each) === levelOf(row)) return each;
  }
  return undefined;
}

/** Returns what follows a row and its subtasks. @param {HTMLElement} row */
function itemAfter(row) {
  const items = itemsOf(/** @type {Element} */ (row.parentElement));
  return items[items.indexOf(/** @type {HTMLElement} */ (subtreeOf(row).at(-1))) + 1];
}

/** Returns the parent of a row. @param {HTMLElement} row */
function parentOf(row) {
  const items = itemsOf(/** @type {Element} */ (row.parentElement));
  return items.slice(0, items.indexOf(row)).findLast((each) => isRow(each) && levelOf(each) < levelOf(row));
}

/**
 * Moves rows on the page, and sends where they went.
 * @param {HTMLElement[]} rows without those that are below others
 * @param {Place} place
 * @param {Element | null | undefined} after what they come after; null for the start of the list, undefined if they stay
 * @param {number} level
 */
export function move(rows, place, after, level) {
  const focused = document.activeElement;
  const isNested = rows.some((row) => levelOf(row) !== level);
  let last = after;
  for (const row of rows) {
    const subtree = subtreeOf(row);
    const change = level - levelOf(row);
    for (const each of subtree) {
      const next = levelOf(each) + change;
      if (next > 0) each.dataset.level = String(next);
      else delete each.dataset.level;
      if (last === null) find("#task-list")?.prepend(each);
      else if (last) last.after(each);
      if (last !== undefined) last = each;
    }
  }
  if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true });
  rows[0]?.scrollIntoView({ block: "nearest" });
  // The source has no fields: htmx would send those of the whole list.
  const values = { action: "move", ids: rows.map(idOf).join(), ...place };
  const sent = htmx.ajax("POST", address("/tasks/bulk"), { source: "#list-status", swap: "none", values });
  // The parents show how many of their subtasks are completed.
  if (isNested) void sent.then(reloadList, () => {});
}

addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id !== "list-status" || ctx.request.method !== "POST" || !ctx.response) return;
  // The list has changed since.
  if (ctx.response.status >= 400) void reloadList();
});

/** @param {HTMLElement} row */
function moveUp(row) {
  const rows = movingWith(row);
  const first = /** @type {HTMLElement} */ (rows[0]);
  const above = siblingBefore(first);
  if (above) return move(rows, { before: idOf(above) }, above.previousElementSibling, levelOf(above));
  if (levelOf(first) > 0) return;
  const items = itemsOf(/** @type {Element} */ (row.parentElement));
  const head = items[items.indexOf(first) - 1];
  // To the end of the section above.
  if (!head || isRow(head)) return;
  const end = items[items.indexOf(head) - 1];
  const last = items.slice(0, items.indexOf(head)).findLast((each) => !isRow(each) || levelOf(each) === 0);
  if (last && isRow(last)) move(rows, { after: idOf(last) }, end, 0);
  else move(rows, { sectionId: last?.dataset.section ?? "" }, last ?? null, 0);
}

/** @param {HTMLElement} row */
function moveDown(row) {
  const rows = movingWith(row);
  const last = /** @type {HTMLElement} */ (rows.at(-1));
  const below = itemAfter(last);
  if (!below || (isRow(below) && levelOf(below) < levelOf(last))) return;
  if (isRow(below)) return move(rows, { after: idOf(below) }, subtreeOf(below).at(-1), levelOf(below));
  if (levelOf(last) > 0) return;
  // To the top of the section below.
  const first = itemAfterHead(below);
  move(rows, first ? { before: idOf(first) } : { sectionId: below.dataset.section ?? "" }, below, 0);
}

/** Returns the first row of a section. @param {HTMLElement} head */
export function itemAfterHead(head) {
  const items = itemsOf(/** @type {Element} */ (head.parentElement));
  const next = items[items.indexOf(head) + 1];
  return next && isRow(next) ? next : undefined;
}

/** Makes a row a subtask of the one above. @param {HTMLElement} row @returns {boolean} whether it can be one */
function indent(row) {
  const rows = movingWith(row);
  const first = /** @type {HTMLElement} */ (rows[0]);
  const parent = siblingBefore(first);
  if (!parent || rows.some((each) => levelOf(parent) + 1 + heightOf(each) > MAX_LEVEL)) return false;
  move(rows, { parentId: idOf(parent) }, subtreeOf(parent).at(-1), levelOf(parent) + 1);
  return true;
}

/** Makes a subtask a sibling of its parent. @param {HTMLElement} row @returns {boolean} whether it is a subtask */
function outdent(row) {
  const rows = movingWith(row);
  const parent = parentOf(/** @type {HTMLElement} */ (rows[0]));
  if (!parent) return false;
  const rest = subtreeOf(parent).filter((each) => !rows.some((moved) => subtreeOf(moved).includes(each)));
  move(rows, { after: idOf(parent) }, rest.at(-1), levelOf(parent));
  return true;
}

/** Whether rows are being worked on, so that Tab belongs to them. Who only passes through the list passes on. */
let isWorking = false;
onRowMove(() => {
  isWorking = true;
});
addEventListener("focusout", ({ relatedTarget }) => {
  if (!(relatedTarget instanceof Element && findTree()?.contains(relatedTarget))) isWorking = false;
});

onKeydown((event) => {
  const { key, altKey, shiftKey, ctrlKey, metaKey } = event;
  const row = /** @type {HTMLElement | null} */ (targetOf(event).closest("#task-list[data-tree] > .task"));
  if (!row || ctrlKey || metaKey) return;
  if (key === "Escape") isWorking = false;
  const isTab = key === "Tab" && !altKey && isWorking && targetOf(event).matches(".task-link");
  const [isIn, isOut] = isTab ? [!shiftKey, shiftKey] : [key === "ArrowRight", key === "ArrowLeft"];
  if (altKey && !shiftKey && key === "ArrowUp") moveUp(row);
  else if (altKey && !shiftKey && key === "ArrowDown") moveDown(row);
  else if ((isTab || (altKey && shiftKey)) && (isIn || isOut)) {
    // Where it is not possible, Tab moves on.
    if (!(isIn ? indent(row) : outdent(row)) && isTab) return;
  } else return;
  isWorking = true;
  event.preventDefault();
});
