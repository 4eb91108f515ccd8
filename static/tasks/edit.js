// The form of the open task: no unsaved input is lost, and what was saved no longer counts as unsaved.
import { connect } from "../changes/stream.js";
import { find, findForm, targetOf } from "../ui/dom.js";
import { onKeydown } from "../ui/keyboard.js";
import { addUnsavedCheck, isFormChanged, snapshotOf } from "../ui/unsaved.js";

const findEdit = () => findForm("edit");

/** Returns whether the open task has unsaved input. */
export function isEditUnsaved() {
  const form = findEdit();
  if (!form || "sent" in form.dataset) return false;
  // The server marks a form that it rejected: its fields start with the rejected input.
  return "unsaved" in form.dataset || isFormChanged(form);
}
addUnsavedCheck(isEditUnsaved);

/** The fields as each request found them. @type {WeakMap<object, string>} */
const snapshots = new WeakMap();
/** Requests whose responses contain everything that was typed. */
const stored = new WeakSet();

addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const form = findEdit();
  const readsTask = ctx.sourceElement.id === "edit" || /^\/tasks\/changed\?.*&(open|alone)=/.test(ctx.request.action);
  if (form && readsTask) snapshots.set(ctx, snapshotOf(form));
});
addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  // Rejected input stays, even when the task is completed at the same time.
  const panel = tasks.findIndex(({ type, target }) => type === "oob" && target.matches("#panel:has([data-unsaved])"));
  if (panel >= 0 && tasks[panel].fragment.querySelector("#edit")) tasks.splice(panel, 1);
  const form = findEdit();
  const isUntouched = form !== null && snapshots.get(ctx) === snapshotOf(form);
  if (isUntouched && ctx.response && ctx.response.status < 400) stored.add(ctx);
});
// A morph leaves alone what was typed or chosen, even where it is what the server has stored.
addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (stored.has(ctx) && isEditUnsaved()) findEdit()?.reset();
});

addEventListener("submit", (event) => {
  const form = targetOf(event);
  if (!(form instanceof HTMLFormElement) || form.id !== "edit" || form.hasAttribute("hx-post")) return;
  if (find("#signed-out")?.hidden) form.dataset.sent = "";
  else {
    // The sign-in page would discard the input. Perhaps another tab has signed in again.
    event.preventDefault();
    connect();
  }
});

onKeydown((event) => {
  const field = targetOf(event);
  if (event.key !== "Enter" || !(field instanceof HTMLElement)) return;
  const form = field.closest("form");
  const isLine = field.matches(".panel-title");
  if (!isLine && !((event.metaKey || event.ctrlKey) && form?.id === "edit")) return;
  // A title is one line, although it wraps.
  event.preventDefault();
  form?.requestSubmit();
});
