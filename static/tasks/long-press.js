// A long press selects a row on a touch screen.
import { targetOf } from "../ui/dom.js";
import { toggleRow } from "./selection.js";

const PRESS_MS = 500;
const MOVE_PX = 10;

/** @type {{ timer: ReturnType<typeof setTimeout>, x: number, y: number } | undefined} */
let press;
/** The click that ends a long press, and the menu that the browser would open, do nothing. */
let isLong = false;

/** Returns whether a finger that is still down has pressed for long. */
export const isLongPress = () => isLong && isDown;
let isDown = false;

function cancel() {
  clearTimeout(press?.timer);
  press = undefined;
}

addEventListener("pointerdown", (event) => {
  cancel();
  isLong = false;
  isDown = true;
  const row = targetOf(event).closest("#task-list > .task");
  if (event.pointerType !== "touch" || !row) return;
  const timer = setTimeout(() => {
    isLong = true;
    toggleRow(row);
  }, PRESS_MS);
  press = { timer, x: event.clientX, y: event.clientY };
});
addEventListener("pointermove", ({ clientX, clientY }) => {
  if (press && Math.hypot(clientX - press.x, clientY - press.y) > MOVE_PX) cancel();
});
for (const type of ["pointerup", "pointercancel"])
  addEventListener(type, () => {
    isDown = false;
    cancel();
  });
addEventListener("contextmenu", (event) => {
  if (press || isLong) event.preventDefault();
});
addEventListener(
  "click",
  (event) => {
    if (!isLong || !event.isTrusted) return;
    isLong = false;
    event.preventDefault();
    event.stopPropagation();
  },
  { capture: true },
);
