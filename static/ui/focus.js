// The focus is never lost with the row that had it.
import { find, targetOf } from "./dom.js";

/** @type {string | undefined} */
let focusedRow;
/** @type {string | undefined} */
let lastFocusedRow;

addEventListener("focusin", (event) => {
  focusedRow = targetOf(event).closest(".task, .trash-row, .activity-row")?.id;
  lastFocusedRow = focusedRow ?? lastFocusedRow;
});

/**
 * @param {Element | null | undefined} row
 * @returns {HTMLElement | null | undefined}
 */
const controlOf = (row) => row?.querySelector(".task-link") ?? row?.querySelector("button");

/** @param {Element | null | undefined} element */
const isAvailable = (element) => element && !element.closest("[hidden], [inert]");

/**
 * Moves the focus to a row; without one, or behind a sheet, to the nearest thing that can take it.
 * @param {Element | null | undefined} row
 * @param {FocusOptions} [options]
 */
export function focusRow(row, options) {
  const places = [controlOf(row), find("#add-title"), find("#panel .panel-title"), find("#main")];
  places.find(isAvailable)?.focus(options);
}

/** Moves the focus to the row that had it last. @param {string | undefined} id a row to prefer */
export const focusLastRow = (id) => focusRow(document.getElementById(id ?? lastFocusedRow ?? ""));

/**
 * @param {Node | undefined} place
 * @param {"nextSibling" | "previousSibling"} direction
 */
function nearestRow(place, direction) {
  for (let row = place?.[direction]; row; row = row[direction])
    if (row instanceof HTMLElement && isAvailable(row) && controlOf(row)) return row;
  return undefined;
}

new MutationObserver((mutations) => {
  const active = document.activeElement;
  if (!focusedRow || (active !== document.body && active?.isConnected && isAvailable(active))) return;
  const row = document.getElementById(focusedRow);
  if (isAvailable(row) && controlOf(row)) return;
  const removal = mutations.find(({ removedNodes }) =>
    [...removedNodes].some((node) => node instanceof Element && node.id === focusedRow),
  );
  focusedRow = undefined;
  // A removal knows the neighbours of the removed row, as a row does.
  const place = row ?? /** @type {Node | undefined} */ (/** @type {unknown} */ (removal));
  focusRow(nearestRow(place, "nextSibling") ?? nearestRow(place, "previousSibling"), { preventScroll: true });
}).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden", "inert"] });
