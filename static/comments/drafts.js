// Half-written comments survive closing the task, and a reload.
import { account } from "../accounts/session.js";
import { findAll, targetOf } from "../ui/dom.js";

const PREFIX = `taskflow-draft-${account}-`;

/** @typedef {HTMLTextAreaElement} Field */

/** Keeps what is typed into a field that has a draft. */
addEventListener("input", (event) => {
  const field = /** @type {Field} */ (targetOf(event));
  const name = field.dataset?.draft;
  if (!name) return;
  if (field.value === field.defaultValue) sessionStorage.removeItem(PREFIX + name);
  else sessionStorage.setItem(PREFIX + name, field.value);
});

/** Fills fields with their drafts, unless something is typed in them. */
export function showDrafts() {
  for (const field of /** @type {Field[]} */ (findAll("textarea[data-draft]"))) {
    const draft = sessionStorage.getItem(PREFIX + field.dataset.draft);
    if (draft === null || field.value !== field.defaultValue) continue;
    field.value = draft;
    const details = field.closest("details");
    if (details) details.open = true;
  }
}

/** Forgets a draft that was sent, and clears its field, unless it has changed since. @param {string} name @param {string} text */
export function forgetDraft(name, text) {
  // A form sends other line breaks.
  const same = (/** @type {string | null} */ value) =>
    value?.replaceAll("\r\n", "\n") === text.replaceAll("\r\n", "\n");
  if (same(sessionStorage.getItem(PREFIX + name))) sessionStorage.removeItem(PREFIX + name);
  for (const field of /** @type {Field[]} */ (findAll(`textarea[data-draft="${name}"]`)))
    if (same(field.value)) field.value = field.defaultValue;
}

// What was saved is no draft any more.
addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const field = ctx.sourceElement?.querySelector(/** @type {"textarea"} */ (".comment-edit textarea[data-draft]"));
  if (field && ctx.response && ctx.response.status < 400) sessionStorage.removeItem(PREFIX + field.dataset.draft);
});
