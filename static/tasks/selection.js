// Selected rows: how many, all, none.
import { find, findForm, targetOf } from "../ui/dom.js";
import { findList } from "./list.js";

/** @returns {HTMLInputElement[]} */
const boxes = () => [...document.querySelectorAll('.task:not([hidden], [inert]) input[name="ids"]')].map(asInput);
/** @param {Element} element */
const asInput = (element) => /** @type {HTMLInputElement} */ (element);

/** The most that the server changes at once. */
const limit = () => Number(findForm("bulk")?.dataset.most);

/** Returns whether any row is selected. */
export const hasSelection = () => boxes().some(({ checked }) => checked);

/** Clears the selection. */
export const clearSelection = () => selectFirst(0);

/** @param {number} count */
function selectFirst(count) {
  for (const [index, box] of boxes().entries()) box.checked = index < count;
  showCount();
}

function showCount() {
  const place = find("#bulk-count");
  if (!place) return;
  const count = boxes().filter(({ checked }) => checked).length;
  place.textContent = `${count.toLocaleString("en")} selected${count === limit() ? " (the most at once)" : ""}`;
}

addEventListener("change", (event) => {
  if (targetOf(event).matches('input[name="ids"]')) showCount();
});

addEventListener("click", (event) => {
  const button = targetOf(event).closest("[data-select-all], [data-select-none]");
  if (button) selectFirst(button.hasAttribute("data-select-all") ? limit() : 0);
});

addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  // The bar disappears with the selection, and the focus with the bar.
  const hasSucceeded = ctx.response && ctx.response.status < 400;
  if (hasSucceeded && ctx.sourceElement?.id === "bulk") findList()?.focus({ preventScroll: true });
  showCount();
});
