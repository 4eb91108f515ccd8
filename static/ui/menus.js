// A menu closes once the focus or a click is elsewhere.
import { findAll, targetOf } from "./dom.js";

const OPEN = ".menu[open]";

/** Closes the open menu, which gets the focus. @returns {boolean} whether there was one */
export function closeMenu() {
  const [menu] = findAll(OPEN);
  menu?.removeAttribute("open");
  menu?.querySelector("summary")?.focus();
  return menu !== undefined;
}

addEventListener("focusout", (event) => {
  const { relatedTarget } = event;
  const menu = targetOf(event).closest(OPEN);
  if (relatedTarget instanceof Node && !menu?.contains(relatedTarget)) menu?.removeAttribute("open");
});
addEventListener("click", (event) => {
  for (const menu of findAll(OPEN)) if (!menu.contains(targetOf(event))) menu.removeAttribute("open");
});
// What was chosen in the menu of a form is sent.
addEventListener("submit", (event) => {
  for (const menu of findAll(OPEN)) if (targetOf(event).contains(menu)) menu.removeAttribute("open");
});
// An action that is not repeated at once, as a move is.
addEventListener("submit", (event) => {
  if (targetOf(event).matches("[data-closes-menu]")) closeMenu();
});
