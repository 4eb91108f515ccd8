// A modifier key keeps its meaning on a link. htmx would prevent the new tab or window.
import { targetOf } from "./dom.js";

addEventListener(
  "click",
  (event) => {
    const hasModifier = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (hasModifier && targetOf(event).closest("a[href]")) event.stopPropagation();
  },
  { capture: true },
);
