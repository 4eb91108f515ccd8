// Nothing moves under the pointer: a row that moves up takes a click that was meant for another task.
import { findAll, targetOf } from "../ui/dom.js";
import { findList } from "./list.js";

const PAUSE_MS = 2000;

/** @type {Set<() => void>} */
const waiting = new Set();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let lastPress = Number.NEGATIVE_INFINITY;
let isPressed = false;

/** A finger leaves no pointer behind, but browsers go on to report the last place as hovered. */
const canHover = matchMedia("(hover: hover)");

function isPointerInList() {
  const isHovered = canHover.matches && findAll("#task-list:hover").length > 0;
  return isPressed || isHovered || performance.now() - lastPress < PAUSE_MS;
}

/**
 * Runs a function that moves rows: at once where no pointer is in the list, else as soon as it has left the list or
 * two seconds have passed without another press.
 * @param {() => void} move
 */
export function whenPointerIsAway(move) {
  if (!isPointerInList()) {
    move();
    return;
  }
  waiting.add(move);
  if (!isPressed) timer ??= setTimeout(runWaiting, PAUSE_MS);
}

function runWaiting() {
  stopTimer();
  const moves = [...waiting];
  waiting.clear();
  for (const move of moves) move();
}

function stopTimer() {
  clearTimeout(timer);
  timer = undefined;
}

function restartTimer() {
  stopTimer();
  if (waiting.size > 0) timer = setTimeout(runWaiting, PAUSE_MS);
}

/** @param {Event} event */
const isInList = (event) => findList()?.contains(targetOf(event)) ?? false;

addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || !isInList(event)) return;
  isPressed = true;
  stopTimer();
});

for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) {
  addEventListener(type, () => {
    if (!isPressed) return;
    isPressed = false;
    lastPress = performance.now();
    restartTimer();
  });
}

// A tick by keyboard counts as well, while the pointer rests in the list.
addEventListener("click", (event) => {
  if (isInList(event)) restartTimer();
});

addEventListener("pointerout", (event) => {
  const { pointerType, relatedTarget } = event;
  const list = findList();
  if (pointerType !== "mouse" || isPressed || !list || !isInList(event)) return;
  if (relatedTarget instanceof Node && list.contains(relatedTarget)) return;
  lastPress = Number.NEGATIVE_INFINITY;
  runWaiting();
});
