// On a narrow screen the open task is a sheet over the list.
import { find, findAll } from "../ui/dom.js";

const narrow = matchMedia("(width < 64em)");

/** Returns whether a task covers the list. */
export const isSheetOpen = () => narrow.matches && find("#panel.panel-open") !== null;

/** Makes what a sheet covers inert. */
export function updateInert() {
  for (const element of findAll(".workspace > .column, .side, .dock, .skip-link")) element.inert = isSheetOpen();
}

narrow.addEventListener("change", updateInert);
addEventListener("htmx:after:swap", updateInert);
updateInert();
