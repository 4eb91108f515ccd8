// A section is dragged by the grip in its heading, with the mouse or a finger. Keys and menu are in sections.js.
import { find, findAll, targetOf } from "../ui/dom.js";
import { onKeydown } from "../ui/keyboard.js";
import { scrollAtEdge, stopScrolling } from "./edge-scroll.js";
import { listPath } from "./list.js";

/** @type {{ head: HTMLElement, pointer: number, line: HTMLElement, place: number | undefined } | undefined} */
let drag;

const findHeads = () => findAll("#task-list > .section-head");

/** Returns the heading with the rows below it. @param {Element} head */
function blockOf(head) {
  const block = [head];
  for (let next = head.nextElementSibling; next?.matches(".task, .task-gone"); next = next.nextElementSibling)
    block.push(next);
  return block;
}

addEventListener("pointerdown", (event) => {
  const head = /** @type {HTMLElement | null} */ (targetOf(event).closest(".section-grip")?.closest(".section-head"));
  if (!head || event.button !== 0 || !event.isPrimary) return;
  event.preventDefault();
  const line = document.createElement("div");
  line.className = "drop-line";
  line.hidden = true;
  document.body.append(line);
  drag = { head, pointer: event.pointerId, line, place: undefined };
  for (const each of blockOf(head)) each.classList.add("dragged");
  document.documentElement.classList.add("is-dragging");
});

addEventListener("pointermove", ({ pointerId, clientY: y }) => {
  const list = find("#task-list");
  if (!drag || drag.pointer !== pointerId || !list) return;
  scrollAtEdge(y);
  const { head, line } = drag;
  const heads = findHeads();
  const others = heads.filter((each) => each !== head);
  const found = others.findIndex((each) => {
    const { top, height } = each.getBoundingClientRect();
    return y < top + height / 2;
  });
  const place = found < 0 ? others.length : found;
  // Where it is already.
  drag.place = place === heads.indexOf(head) ? undefined : place;
  const box = list.getBoundingClientRect();
  const end = find("#task-list > #group-completed, #task-list > .load-more")?.getBoundingClientRect().top ?? box.bottom;
  line.hidden = drag.place === undefined;
  Object.assign(line.style, {
    top: `${others[place]?.getBoundingClientRect().top ?? end}px`,
    left: `${box.left + 16}px`,
    width: `${box.width - 24}px`,
  });
});

/** @param {boolean} isDrop */
function end(isDrop) {
  if (!drag) return;
  const { head, line, place } = drag;
  drag = undefined;
  stopScrolling();
  line.remove();
  for (const each of findAll("#task-list > .dragged")) each.classList.remove("dragged");
  document.documentElement.classList.remove("is-dragging");
  if (isDrop && place !== undefined) moveTo(head, place);
}

/** Moves a section on the page, and sends where it went. @param {HTMLElement} head @param {number} place 0 for the first */
function moveTo(head, place) {
  const others = findHeads().filter((each) => each !== head);
  const block = blockOf(head);
  const last = others.at(-1);
  if (others[place]) others[place].before(...block);
  else if (last)
    blockOf(last)
      .at(-1)
      ?.after(...block);
  const url = `${listPath()}/sections/${head.dataset.section}/position`;
  const values = { position: String(place + 1) };
  // The source has no fields: htmx would send those of the whole list.
  void htmx.ajax("POST", url, { source: "#list-status", swap: "none", values });
}

addEventListener("pointerup", ({ pointerId }) => {
  if (drag?.pointer === pointerId) end(true);
});
addEventListener("pointercancel", () => end(false));
onKeydown(({ key }) => {
  if (key === "Escape") end(false);
});
