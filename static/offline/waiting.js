// The visible queue: what waits for the connection, and what was rejected.
import { isDisconnected } from "../ui/connection.js";
import { find, findAll, targetOf } from "../ui/dom.js";
import { discard, onQueueChange, rejectedActions, waitingActions } from "./queue.js";

/** @typedef {import("./storage.js").Action} Action */

/** @param {number} count @param {string} state */
const phrase = (count, state) => (count === 0 ? [] : [`${count} ${count === 1 ? "change" : "changes"} ${state}`]);

onQueueChange(show);
document.addEventListener("taskflow:reconnect", show);

function show() {
  const place = find("#waiting");
  const list = find("#waiting-list");
  const summary = find("#waiting-count");
  if (!place || !list || !summary) return;
  const [waiting, rejected] = [waitingActions(), rejectedActions()];
  const counts = [...phrase(waiting.length, "waiting"), ...phrase(rejected.length, "not saved")];
  const text = [...(isDisconnected() ? ["You're offline"] : []), ...counts].join(" · ");
  if (summary.textContent !== text) summary.textContent = text;
  list.replaceChildren(...[...rejected, ...waiting].map(itemOf));
  place.hidden = counts.length === 0;
}

/** @param {Action} action */
function itemOf({ key, label, problem, fields }) {
  const item = document.createElement("li");
  const { description, text } = Object.fromEntries(fields);
  const lines = problem === undefined ? [label] : [label, problem, description, text];
  for (const line of lines.filter(Boolean)) {
    const paragraph = document.createElement("p");
    paragraph.textContent = line ?? "";
    item.append(paragraph);
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-quiet";
  button.dataset.discard = key;
  button.textContent = "Discard";
  button.setAttribute("aria-label", `Discard: ${label}`);
  item.append(button);
  return item;
}

addEventListener("click", (event) => {
  const key = targetOf(event).closest("[data-discard]")?.getAttribute("data-discard");
  if (!key) return;
  discard(key);
  findAll("[data-discard], #add-title")[0]?.focus();
});
