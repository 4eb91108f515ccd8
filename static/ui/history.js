// Back and Forward ask before unsaved input is lost.
import { confirmDiscard, hasUnsavedInput } from "./unsaved.js";

/** The address of the page as shown. When Back is pressed, `location` has changed already. */
let shownAddress = location.href;
const updateShownAddress = () => {
  shownAddress = location.href;
};

/** Adds an address to the history without loading it. @param {string} url */
export function pushAddress(url) {
  history.pushState({ htmx: true }, "", url);
  updateShownAddress();
}

addEventListener("htmx:after:history:push", updateShownAddress);
addEventListener("htmx:after:history:replace", updateShownAddress);
addEventListener("htmx:before:history:restore", (event) => {
  if (confirmDiscard(hasUnsavedInput())) updateShownAddress();
  else {
    event.preventDefault();
    history.pushState({ htmx: true }, "", shownAddress);
  }
});
