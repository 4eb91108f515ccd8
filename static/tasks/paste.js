// Several lines that are pasted into the line for new tasks can become a task each.
import { forgetTyping } from "../changes/undo.js";
import { find, findField, findForm, targetOf } from "../ui/dom.js";

/** Closes the offer. @returns {boolean} whether it was open */
export function closeOffer() {
  const form = findForm("add-lines");
  if (!form || form.hidden) return false;
  if (form.contains(document.activeElement)) findField("add-title")?.focus();
  form.hidden = true;
  return true;
}

/** @param {HTMLFormElement} form @param {string} text */
function offer(form, text) {
  const count = text.split(/\r\n|\r|\n/).filter((line) => line.trim()).length;
  form.hidden = count < 2;
  if (form.hidden) return;
  /** @type {HTMLInputElement} */ (form.elements.namedItem("lines")).value = text;
  const [submit, status] = [form.querySelector("[type=submit]"), find("#list-status")];
  if (submit) submit.textContent = `Add ${count.toLocaleString("en")} tasks`;
  if (status) status.textContent = `${count.toLocaleString("en")} lines pasted. They can be added as separate tasks.`;
}

addEventListener("paste", (event) => {
  const [field, form] = [findField("add-title"), findForm("add-lines")];
  if (!field || !form || event.target !== field) return;
  const { value, selectionStart, selectionEnd } = field;
  const pasted = event.clipboardData?.getData("text/plain") ?? "";
  offer(form, value.slice(0, selectionStart ?? 0) + pasted + value.slice(selectionEnd ?? value.length));
});

addEventListener("input", (event) => {
  // The lines are no longer what the field contains.
  if (targetOf(event).id === "add-title" && /** @type {InputEvent} */ (event).inputType !== "insertFromPaste")
    closeOffer();
});
addEventListener("submit", (event) => {
  if (targetOf(event).id === "add") closeOffer();
});
addEventListener("click", (event) => {
  if (targetOf(event).closest("[data-one-task]")) closeOffer();
});

addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const { body } = ctx.request;
  const priority = findField("add-priority");
  if (ctx.sourceElement.id === "add-lines" && body instanceof FormData && priority)
    body.set("priority", priority.value);
  const project = findField("add-project");
  if (ctx.sourceElement.id === "add-lines" && body instanceof FormData && project) body.set("projectId", project.value);
});
addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const field = findField("add-title");
  if (ctx.sourceElement?.id !== "add-lines" || !field || !ctx.response || ctx.response.status >= 400) return;
  field.value = "";
  forgetTyping(field);
  closeOffer();
});
