// A new link shows its whole address, which the button copies.
import { find, targetOf } from "../ui/dom.js";

const link = /** @type {HTMLAnchorElement | null} */ (find("#new-link"));
if (link) link.textContent = link.href;

addEventListener("click", async (event) => {
  if (!link || !targetOf(event).closest("[data-copy]")) return;
  const status = find("#copied");
  try {
    await navigator.clipboard.writeText(link.href);
    if (status) status.textContent = "Copied";
  } catch {
    // Over plain HTTP there is no clipboard.
    getSelection()?.selectAllChildren(link);
    if (status) status.textContent = "Press Ctrl+C to copy.";
  }
});
