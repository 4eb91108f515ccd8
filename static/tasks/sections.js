// Sections: which are collapsed, in this browser, and the line that adds a task to one.
import { find, findAll, targetOf } from "../ui/dom.js";
import { onKeydown } from "../ui/keyboard.js";

const KEY = "taskflow-collapsed";

/** @returns {string[]} */
const readCollapsed = () => JSON.parse(localStorage.getItem(KEY) ?? "[]");

/** The section whose line for a new task is open. @type {string | undefined} */
let open;

/** Shows which sections are collapsed, and which line is open. The list may have been loaded again. */
function update() {
  const collapsed = readCollapsed();
  for (const head of findAll("#task-list > .section-head")) {
    const { section = "" } = head.dataset;
    const isCollapsed = collapsed.includes(section);
    head.querySelector(".section-fold")?.setAttribute("aria-expanded", String(!isCollapsed));
    head.classList.toggle("is-adding", section === open);
    for (let row = head.nextElementSibling; row && !row.matches(".group-head"); row = row.nextElementSibling)
      row.toggleAttribute("data-folded", isCollapsed);
  }
}
update();
addEventListener("htmx:after:swap", update);

addEventListener("click", (event) => {
  const control = targetOf(event);
  const head = /** @type {HTMLElement | null} */ (control.closest(".section-head"));
  const { section = "" } = head?.dataset ?? {};
  if (control.closest(".section-fold")) {
    const others = readCollapsed().filter((each) => each !== section);
    const isCollapsed = control.closest("[aria-expanded=false]") !== null;
    localStorage.setItem(KEY, JSON.stringify(isCollapsed ? others : [...others, section]));
    update();
  } else if (control.closest(".section-add")) {
    open = section;
    update();
    find(`[data-section="${section}"] .add-title`)?.focus();
  }
});

onKeydown((event) => {
  const control = targetOf(event);
  const head = /** @type {HTMLElement | null} */ (control.closest(".section-head"));
  if (!head) return;
  if (event.key === "Escape" && control.matches(".add-title")) {
    open = undefined;
    update();
    /** @type {HTMLElement | null} */ (head.querySelector(".section-add"))?.focus();
    event.preventDefault();
  }
  const step = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  if (!step || !event.altKey || event.shiftKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  /** @type {HTMLElement | null} */ (head.querySelector(`[data-step="${step}"]`))?.click();
});
