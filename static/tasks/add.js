// The line for new tasks: free for the next task at once, while the previous ones are being sent.
import { forgetTyping } from "../changes/undo.js";
import { find, findField } from "../ui/dom.js";
import { addUnsavedCheck } from "../ui/unsaved.js";

/** @typedef {{ title: string, priority: string }} Line */
/** @typedef {import("htmx.org").HtmxRequestCtx} Context */

/** Lines that are being sent, by request. @type {Map<Context, Line>} */
const sending = new Map();
/** Lines that could not be added while another one was being typed. @type {Line[]} */
const waiting = [];

const titleField = () => findField("add-title");
addUnsavedCheck(() => Boolean(titleField()?.value) || waiting.length + sending.size > 0);

addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  const { body } = ctx.request;
  if (ctx.sourceElement.id !== "add" || !(body instanceof FormData)) return;
  const title = String(body.get("title"));
  // Enter on an empty line, or pressed twice, adds nothing.
  if (title.trim()) sending.set(ctx, { title, priority: String(body.get("priority")) });
  else event.preventDefault();
  forgetTyping(titleField());
  setLine(waiting.shift() ?? { title: "", priority: "medium" });
  showWaiting();
  titleField()?.focus();
});

/** Gives a line back that could not be added: at once, or after the one that is being typed. @param {Context} ctx */
function giveBack(ctx) {
  const line = sending.get(ctx);
  if (!line) return;
  sending.delete(ctx);
  if (titleField()?.value) waiting.push(line);
  else setLine(line);
  showWaiting();
}

addEventListener("htmx:error", ({ detail: { ctx } }) => ctx && giveBack(ctx));
addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.response?.status === 401) giveBack(ctx);
});
addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!ctx.response || ctx.response.status >= 400) giveBack(ctx);
  showWaiting();
});
addEventListener("htmx:finally:request", ({ detail: { ctx } }) => sending.delete(ctx));

/** @param {Line} line */
function setLine({ title, priority }) {
  const field = titleField();
  const select = findField("add-priority");
  if (field) field.value = title;
  if (select) select.value = priority;
}

function showWaiting() {
  const place = find("#add-waiting");
  const text = waiting.length > 0 ? `Not added yet: ${waiting.map(({ title }) => title).join(" · ")}` : "";
  if (place && place.textContent !== text) place.textContent = text;
}
