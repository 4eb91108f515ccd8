// Escape steps back once: the open menu, then the selection, then the open task, then the search.
import { find, targetOf } from "../ui/dom.js";
import { onKeydown } from "../ui/keyboard.js";
import { closePanel } from "./panel.js";
import { clearSelection, hasSelection } from "./selection.js";

onKeydown((event) => {
  if (event.key !== "Escape") return;
  const field = targetOf(event);
  const menu = find(".view-menu[open]");
  if (menu) {
    menu.removeAttribute("open");
    menu.querySelector("summary")?.focus();
  } else if (hasSelection()) clearSelection();
  else if (!closePanel() && field instanceof HTMLElement && field.id === "q") field.blur();
});
