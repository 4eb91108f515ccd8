// The line for new tasks: free for the next task at once, while the previous ones are being sent.
import { forgetTyping } from "../changes/undo.js";
import { onSettle } from "../offline/queue.js";
import { address } from "../ui/address.js";
import { find, findField } from "../ui/dom.js";
import { addUnsavedCheck } from "../ui/unsaved.js";

/** @typedef {{ title: string, priority: string, dueDate: string }} Line */

/** Lines that could not be added while another one was being typed. @type {Line[]} */
const waiting = [];

const titleField = () => findField("add-title");
addUnsavedCheck(() => Boolean(titleField()?.value) || waiting.length > 0);

addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  const { body } = ctx.request;
  if (ctx.sourceElement.id !== "add" || !(body instanceof FormData)) return;
  // Enter on an empty line, or pressed twice, adds nothing.
  if (!String(body.get("title")).trim()) event.preventDefault();
  forgetTyping(titleField());
  setLine(waiting.shift() ?? { title: "", ...inherited() });
  showWaiting();
  titleField()?.focus();
});

/** Gives a line back that could not be added: at once, or after the one that is being typed. */
onSettle(({ url, fields }, outcome) => {
  const field = titleField();
  if (url !== address("/tasks") || outcome !== "failed" || !field) return false;
  const { title = "", priority = "none", dueDate = "" } = Object.fromEntries(fields);
  if (field.value && field.value !== title) waiting.push({ title, priority, dueDate });
  else setLine({ title, priority, dueDate });
  showWaiting();
  return true;
});
addEventListener("htmx:after:swap", showWaiting);

/** Returns what a new task gets from its list: the priority that it is filtered by, and its day. */
const inherited = () => ({
  priority: new URLSearchParams(location.search).get("priority") ?? "none",
  dueDate: find("#add-date")?.getAttribute("value") ?? "",
});

/** Sets the priority of the next task. */
export const resetPriority = () => setLine({ title: titleField()?.value ?? "", ...inherited() });

/** @param {Line} line */
function setLine({ title, priority, dueDate }) {
  const field = titleField();
  const select = findField("add-priority");
  if (field) field.value = title;
  if (select) select.value = priority;
  const date = findField("add-date");
  if (date) date.value = dueDate;
}

function showWaiting() {
  const place = find("#add-waiting");
  const text = waiting.length > 0 ? `Not added yet: ${waiting.map(({ title }) => title).join(" · ")}` : "";
  if (place && place.textContent !== text) place.textContent = text;
}
