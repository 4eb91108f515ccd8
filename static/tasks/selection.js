// Selected rows: one, a range, all that are shown, all that match.
import { find, findAll, findField, findForm, targetOf } from "../ui/dom.js";
import { onKeydown } from "../ui/keyboard.js";
import { closeMenu } from "../ui/menus.js";
import { findList } from "./list.js";

/** @param {Element | null | undefined} element */
const asBox = (element) => /** @type {HTMLInputElement | null | undefined} */ (element);
/** @returns {HTMLInputElement[]} */
const boxes = () =>
  findAll('.task:not([hidden], [inert]) input[name="ids"]').map((box) => /** @type {HTMLInputElement} */ (box));
/** @param {Element} row */
const boxOf = (row) => asBox(row.querySelector('input[name="ids"]'));

/** The most that the server changes by their ids. */
const limit = () => Number(findForm("bulk")?.dataset.most);
/** The box that selects every task that matches, shown or not. */
const matchingBox = () => findField("select-matching");

/** Returns whether the View menu shows the boxes. */
const isSelecting = () => findField("selecting")?.checked ?? false;

/** The row that a range starts at. @type {Element | undefined} */
let anchor;

/** Returns whether any row is selected. */
export const hasSelection = () => isSelecting() || boxes().some(({ checked }) => checked);

/** Clears the selection. */
export const clearSelection = () => selectFirst(0);

/** @param {number} count */
function selectFirst(count) {
  for (const [index, box] of boxes().entries()) box.checked = index < count;
  anchor = undefined;
  const matching = matchingBox();
  if (matching) matching.checked = false;
  const selecting = findField("selecting");
  if (selecting && count === 0) selecting.checked = false;
  showCount();
}

/** Selects a row, or the opposite. @param {Element} row */
export function toggleRow(row) {
  boxOf(row)?.click();
}

/** Ends the range that Shift extends. */
export function endRange() {
  anchor = undefined;
}

/** Extends the selection from one row to the next, or takes the last step back. @param {Element} from @param {Element} to */
export function extendSelection(from, to) {
  anchor ??= from;
  const left = boxOf(from);
  if (left) left.checked = false;
  selectRange(anchor, to, true);
}

/** @param {Element} from @param {Element} to @param {boolean} checked */
function selectRange(from, to, checked) {
  const all = boxes();
  const ends = [from, to].map((row) => all.findIndex((box) => row.contains(box)));
  if (Math.min(...ends) < 0) return;
  for (const box of all.slice(Math.min(...ends), Math.max(...ends) + 1)) box.checked = checked;
  showCount();
}

function showCount() {
  const [place, matching, scope] = [find("#bulk-count"), matchingBox(), find("#bulk-scope")];
  if (!place || !scope) return;
  const all = boxes();
  const selected = all.filter(({ checked }) => checked).length;
  const total = Number(scope.dataset.matching);
  const canSelectMore = selected > 0 && selected === Math.min(all.length, limit()) && total > selected;
  scope.hidden = !canSelectMore && !matching?.checked;
  const selectAll = find("[data-select-all]");
  if (selectAll) {
    const hadFocus = selectAll === document.activeElement;
    selectAll.hidden = !scope.hidden;
    if (hadFocus && selectAll.hidden) matching?.focus();
  }
  const count = matching?.checked ? total : selected;
  const isMost = !matching?.checked && selected === limit();
  const text = `${count.toLocaleString("en")} selected${isMost ? " (the most at once)" : ""}`;
  if (place.textContent !== text) place.textContent = text;
}

addEventListener("change", (event) => {
  const box = targetOf(event);
  const matching = matchingBox();
  if (box.id === "selecting") closeMenu();
  if (box === matching) for (const each of boxes()) each.checked = matching.checked;
  else if (!box.matches('input[name="ids"]')) return;
  // One task is left out: only those that are shown stay selected.
  else if (matching && !asBox(box)?.checked) matching.checked = false;
  showCount();
});

// Shift+click selects the rows from the last one that was clicked.
addEventListener("mousedown", (event) => {
  if (event.shiftKey && targetOf(event).closest(".task-select")) event.preventDefault();
});
addEventListener("click", (event) => {
  const label = targetOf(event).closest(".task-select");
  const row = label?.closest(".task");
  const box = row && boxOf(row);
  if (!row || !box) return;
  if (event.target !== box) {
    // With a modifier, not every browser passes the click on to the box.
    if (!event.shiftKey) return;
    event.preventDefault();
    box.checked = !box.checked;
  }
  if (event.shiftKey) selectRange(anchor ?? row, row, box.checked);
  else anchor = row;
});

addEventListener("click", (event) => {
  const button = targetOf(event).closest("[data-select-all], [data-select-none]");
  if (button) selectFirst(button.hasAttribute("data-select-all") ? limit() : 0);
});

// Enter in a box would press the first button of the bar.
onKeydown((event) => {
  const field = targetOf(event);
  if (event.key !== "Enter" || !field.matches('input[name="ids"], #select-matching')) return;
  event.preventDefault();
  asBox(field)?.click();
});

addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const hasSucceeded = ctx.response && ctx.response.status < 400;
  if (hasSucceeded && ctx.sourceElement?.id === "bulk") {
    clearSelection();
    // The bar disappears with the selection, and the focus with the bar.
    findList()?.focus({ preventScroll: true });
  }
  const matching = matchingBox();
  // Another list is another question.
  if (matching && ctx.sourceElement?.id === "filters") matching.checked = false;
  // Rows that were loaded since match as well.
  if (matching?.checked) for (const box of boxes()) box.checked = true;
  showCount();
});
