// Escape steps back once: the pasted lines, then the open menu, then the selection, then the field, then the open task.
import { targetOf } from "../ui/dom.js";
import { onKeydown } from "../ui/keyboard.js";
import { closeMenu } from "../ui/menus.js";
import { closePanel } from "./panel.js";
import { closeOffer } from "./paste.js";
import { clearSelection, hasSelection } from "./selection.js";

onKeydown((event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open], :popover-open")) return;
  const field = targetOf(event);
  if (closeOffer()) return;
  if (closeMenu()) return;
  if (hasSelection()) clearSelection();
  else if (field instanceof HTMLElement && field.matches("#q, #add-title")) field.blur();
  else closePanel();
});
