// A list is one tab stop: arrow keys or j and k move between its rows, Left and Right between the controls of a row.
import { find, findAll, targetOf } from "./dom.js";
import { onKeydown } from "./keyboard.js";

const LISTS = "#task-list, .trash-list, .activity";
const CONTROLS = "summary, a, button, input:not([type=hidden])";

/** The control of each list that Tab leads to, and the id of its row. @type {WeakMap<Element, { control?: HTMLElement, row: string }>} */
const stops = new WeakMap();
/** @type {((from: HTMLElement | undefined, to: HTMLElement, event: KeyboardEvent) => void)[]} */
const moveHandlers = [];

/** Registers a handler for a move to another row by keyboard. @param {typeof moveHandlers[number]} handler */
export const onRowMove = (handler) => moveHandlers.push(handler);

/** @param {Element | undefined} row @returns {HTMLElement | undefined} */
const mainControl = (row) =>
  row?.querySelector(".task-link") ?? row?.querySelector(/** @type {"a"} */ (CONTROLS)) ?? undefined;
/** Returns the rows that can take the focus. @param {Element} list @returns {HTMLElement[]} */
const rowsOf = (list) =>
  [
    ...list.querySelectorAll(/** @type {"li"} */ (":scope > li:not([hidden], [inert], [data-folded], .load-more)")),
  ].filter(mainControl);

/** Returns whether keys type something in a control. @param {Element} control */
const isTyping = (control) => control.matches("textarea, select, input:not([type=checkbox], [type=radio])");

/** @param {Element} list */
function updateStop(list) {
  let { control, row = "" } = stops.get(list) ?? {};
  if (!control?.isConnected || control.closest("[hidden], [inert]")) {
    const rows = rowsOf(list);
    control = mainControl(rows.find(({ id }) => id === row) ?? rows[0]);
    stops.set(list, { control, row });
  }
  // A list can have a thousand rows: only those that are new or have been rendered again are touched.
  for (const each of list.querySelectorAll(`:is(${CONTROLS}):not([tabindex])`)) each.setAttribute("tabindex", "-1");
  if (control?.tabIndex === 0) return;
  list.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
  control?.setAttribute("tabindex", "0");
}

function updateStops() {
  for (const list of findAll(LISTS)) updateStop(list);
}

addEventListener("focusin", (event) => {
  const control = targetOf(event);
  const list = control.closest(LISTS);
  if (!list || list === control || !(control instanceof HTMLElement)) return;
  stops.set(list, { control, row: control.closest("li")?.id ?? "" });
  updateStop(list);
});

/** @type {Record<string, (rows: HTMLElement[], index: number) => HTMLElement | undefined>} */
const MOVES = {
  ArrowDown: (rows, index) => rows[index + 1],
  j: (rows, index) => rows[index + 1],
  ArrowUp: (rows, index) => rows[Math.max(index - 1, 0)],
  k: (rows, index) => rows[Math.max(index - 1, 0)],
  Home: (rows) => rows[0],
  End: (rows) => rows.at(-1),
};

/** @param {Element} list @param {HTMLElement | undefined} row @param {KeyboardEvent} event */
function moveToRow(list, row, event) {
  const rows = rowsOf(list);
  const next = MOVES[event.key]?.(rows, row ? rows.indexOf(row) : -1);
  // More rows are loaded as soon as the end of the list is visible.
  if (!next) find("#task-list > .load-more")?.scrollIntoView({ block: "nearest" });
  if (!next || next === row) return;
  for (const handler of moveHandlers) handler(row, next, event);
  mainControl(next)?.focus();
}

/** @param {HTMLElement} row @param {Element} control @param {number} step */
function moveInRow(row, control, step) {
  const all = [...row.querySelectorAll(/** @type {"a"} */ (CONTROLS))].filter((each) => each.checkVisibility());
  all[all.indexOf(/** @type {HTMLAnchorElement} */ (control)) + step]?.focus();
}

onKeydown((event) => {
  const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
  const control = targetOf(event);
  const list = control.closest(LISTS);
  if (!list || ctrlKey || metaKey || altKey || isTyping(control)) return;
  const row = control.closest("li") ?? undefined;
  if (MOVES[key] && (!shiftKey || key.startsWith("Arrow"))) moveToRow(list, row, event);
  else if (row && /^Arrow(Left|Right)$/.test(key)) moveInRow(row, control, key === "ArrowLeft" ? -1 : 1);
  else return;
  event.preventDefault();
});

addEventListener("htmx:after:swap", updateStops);
new MutationObserver(updateStops).observe(document.body, {
  childList: true,
  subtree: true,
  attributes: true,
  attributeFilter: ["hidden", "inert"],
});
updateStops();
