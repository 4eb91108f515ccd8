// Rows are dragged in the manual order: with the mouse, or with a finger after a long press. Sideways makes subtasks.
import { targetOf } from "../ui/dom.js";
import { onKeydown } from "../ui/keyboard.js";
import { scrollAtEdge, stopScrolling } from "./edge-scroll.js";
import { isLongPress } from "./long-press.js";
import { findTree, heightOf, idOf, itemsOf, levelOf, MAX_LEVEL, move, movingWith, subtreeOf } from "./order.js";
import { clearSelection } from "./selection.js";

const MOVE_PX = 6;
/** The width of a level, as in order.css. */
const LEVEL_PX = 24;

/** @typedef {import("./order.js").Place} Place */
/** @typedef {{ place: Place, after: Element | null, level: number }} Drop */

/** @type {{ row: HTMLElement, pointer: number, x: number, y: number } | undefined} */
let press;
/** @type {{ rows: HTMLElement[], moved: Set<Element>, line: HTMLElement, drop: Drop | undefined, isTouch: boolean } | undefined} */
let drag;
/** The click that ends a drag opens nothing. */
let hasDragged = false;

addEventListener("pointerdown", (event) => {
  hasDragged = false;
  const target = targetOf(event);
  const row = /** @type {HTMLElement | null} */ (target.closest("#task-list[data-tree] > .task:not(.pending)"));
  if (!row || event.button !== 0 || !event.isPrimary || target.closest("button, input, .task-select")) return;
  press = { row, pointer: event.pointerId, x: event.clientX, y: event.clientY };
});

addEventListener("pointermove", (event) => {
  if (!press || event.pointerId !== press.pointer) return;
  const { clientX: x, clientY: y, pointerType } = event;
  const isMouse = pointerType === "mouse";
  if (!drag) {
    if (Math.hypot(x - press.x, y - press.y) < MOVE_PX || !(isMouse || isLongPress())) return;
    start(press.row, !isMouse);
  }
  if (drag) update(x, y);
});

/** @param {HTMLElement} row @param {boolean} isTouch */
function start(row, isTouch) {
  const rows = movingWith(row);
  const line = document.createElement("div");
  line.className = "drop-line";
  document.body.append(line);
  drag = { rows, moved: new Set(rows.flatMap(subtreeOf)), line, drop: undefined, isTouch };
  for (const each of drag.moved) each.classList.add("dragged");
  document.documentElement.classList.add("is-dragging");
  getSelection()?.removeAllRanges();
}

/** @param {number} x @param {number} y */
function update(x, y) {
  const list = findTree();
  if (!drag || !press || !list) return;
  scrollAtEdge(y);
  const { moved, rows, line } = drag;
  const items = itemsOf(list).filter((each) => !moved.has(each));
  const found = items.findIndex((each) => {
    const { top, height } = each.getBoundingClientRect();
    return y < top + height / 2;
  });
  const at = found < 0 ? items.length : found;
  const [above, below] = [items[at - 1], items[at]];
  const height = Math.max(...rows.map(heightOf));
  const [lowest, highest] = [levelAt(below), above?.matches(".task") ? levelOf(above) + 1 : 0];
  const wanted = levelOf(/** @type {HTMLElement} */ (rows[0])) + Math.round((x - press.x) / LEVEL_PX);
  const level = Math.max(lowest, Math.min(wanted, highest, MAX_LEVEL - height));
  drag.drop = { place: placeAt(items, at, level), after: above ?? null, level };
  const box = list.getBoundingClientRect();
  const edge = below?.getBoundingClientRect().top ?? above?.getBoundingClientRect().bottom ?? box.top;
  Object.assign(line.style, {
    top: `${edge}px`,
    left: `${box.left + 16 + level * LEVEL_PX}px`,
    width: `${box.width - 24 - level * LEVEL_PX}px`,
  });
}

/** @param {HTMLElement | undefined} item */
const levelAt = (item) => (item?.matches(".task") ? levelOf(item) : 0);

/** Returns the place between two items. @param {HTMLElement[]} items @param {number} at @param {number} level @returns {Place} */
function placeAt(items, at, level) {
  const below = items[at];
  for (const each of items.slice(0, at).reverse()) {
    if (!each.matches(".task")) break;
    if (levelOf(each) === level) return { after: idOf(each) };
    // The first subtask of its parent.
    if (levelOf(each) < level)
      return below && levelAt(below) === level && below.matches(".task")
        ? { before: idOf(below) }
        : { parentId: idOf(each) };
  }
  if (below?.matches(".task")) return { before: idOf(below) };
  return { sectionId: items.slice(0, at).findLast((each) => each.dataset.section)?.dataset.section ?? "" };
}

/** @param {boolean} isDrop */
function end(isDrop) {
  press = undefined;
  if (!drag) return;
  const { rows, moved, line, drop, isTouch } = drag;
  drag = undefined;
  hasDragged = true;
  stopScrolling();
  line.remove();
  for (const each of moved) each.classList.remove("dragged");
  document.documentElement.classList.remove("is-dragging");
  // The long press has selected the row.
  if (isTouch && rows.length === 1) clearSelection();
  if (isDrop && drop) move(rows, drop.place, lastBefore(drop.after, moved), drop.level);
}

/** Returns what the rows come after, without those that move. @param {Element | null} item @param {ReadonlySet<Element>} moved */
function lastBefore(item, moved) {
  return item && !moved.has(item) ? item : null;
}

addEventListener("pointerup", ({ pointerId }) => {
  if (press?.pointer === pointerId) end(true);
});
addEventListener("pointercancel", () => end(false));
onKeydown(({ key }) => {
  if (key === "Escape" && drag) end(false);
});
// A finger scrolls unless its touch is taken.
addEventListener(
  "touchmove",
  (event) => {
    if (event.cancelable && (drag || (press && isLongPress()))) event.preventDefault();
  },
  { passive: false },
);
addEventListener("dragstart", (event) => {
  if (targetOf(event).closest("#task-list[data-tree] > .task")) event.preventDefault();
});
addEventListener(
  "click",
  (event) => {
    if (!hasDragged || !event.isTrusted) return;
    hasDragged = false;
    event.preventDefault();
    event.stopPropagation();
  },
  { capture: true },
);
