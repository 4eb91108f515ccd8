// The form of the open task: its fields save themselves, and no input is lost.
import {
  actionOf,
  isFilledWith,
  isQueued,
  onQueueChange,
  onSettle,
  queuedActions,
  waitingActions,
} from "../offline/queue.js";
import { find, findForm, targetOf } from "../ui/dom.js";
import { onKeydown } from "../ui/keyboard.js";
import { addUnsavedCheck, isFormChanged, snapshotOf } from "../ui/unsaved.js";

const findEdit = () => findForm("edit");

/** Returns whether the open task has unsaved input. */
export function isEditUnsaved() {
  const form = findEdit();
  if (!form || isQueued(form)) return false;
  // The server marks a form that it rejected: its fields start with the rejected input.
  return "unsaved" in form.dataset || isFormChanged(form);
}

/** The request of the last edit, until its response is shown. @type {import("htmx.org").HtmxRequestCtx | undefined} */
let request;
/** Whether something was changed while an edit was being sent. */
let isSaveDue = false;
/** What waits for the response to an edit. @type {(() => void)[]} */
const afterSave = [];

/** Returns whether the response to an edit is about to arrive. Without a connection it may take long. */
function isSaving() {
  const action = request && actionOf(request);
  return action !== undefined && !waitingActions().includes(action);
}

/** Saves what has changed, one edit after the other: each needs the version that the one before has made. */
function save() {
  const form = findEdit();
  // Which version to keep is for the reader to say.
  if (!form || !isEditUnsaved() || form.querySelector("[name=overwrite]")) return;
  isSaveDue = isSaving();
  if (!isSaveDue) form.requestSubmit();
}

/** Saves what can be saved. @returns {boolean} whether input stays that is not */
export function isEditStuck() {
  // Rejected again, it would come back.
  if ("unsaved" in (findEdit()?.dataset ?? {})) return true;
  save();
  return isEditUnsaved() && !isSaveDue;
}
addUnsavedCheck(isEditStuck);

/** Returns whether an edit waits for the one before it. */
export const hasEditDue = () => isSaveDue;

/** Calls a function once an edit that is being sent has been saved. @param {() => void} next @returns {boolean} whether one is */
export function waitForSave(next) {
  if (!isSaving()) return false;
  afterSave.push(next);
  return true;
}

addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id === "edit") request = ctx;
});
addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx !== request) return;
  request = undefined;
  if (isSaveDue) save();
  if (!isSaving()) for (const next of afterSave.splice(0)) next();
});
addEventListener("change", (event) => {
  const form = targetOf(event).closest("#edit");
  // Leaving a field that was rejected doesn't send it again.
  if (form instanceof HTMLFormElement && isFormChanged(form)) save();
});
addEventListener("input", (event) => {
  if (targetOf(event).closest("#edit")) find(".panel-status")?.replaceChildren();
});
addEventListener("visibilitychange", () => {
  if (document.hidden) save();
});

/** Fills the form with the edit that waits: an earlier page has saved it. */
function showQueuedEdit() {
  const form = findEdit();
  const action = form && queuedActions().findLast(({ url }) => url === form.getAttribute("hx-post"));
  if (!form || !action || isFormChanged(form)) return;
  for (const [name, value] of action.fields) {
    const control = form.elements.namedItem(name);
    if (control && "value" in control) control.value = value;
  }
}
onQueueChange(showQueuedEdit);
addEventListener("htmx:after:swap", showQueuedEdit);
// The saved task replaces what the form was filled with.
// The list of what waits has the text of a rejected one.
onSettle((action, outcome, isReplay) => {
  const form = findEdit();
  if ((outcome === "done" || isReplay) && form && isFilledWith(form, action)) form.reset();
});

/** The fields as each request found them. @type {WeakMap<object, string>} */
const snapshots = new WeakMap();
/** Requests whose responses contain everything that was typed. */
const stored = new WeakSet();

addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const form = findEdit();
  const readsTask = ctx.sourceElement.id === "edit" || /\/tasks\/changed\?.*&open=/.test(ctx.request.action);
  if (form && readsTask) snapshots.set(ctx, snapshotOf(form));
});
addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  // The panel was closed while the edit was being sent. It opens again only if the edit was rejected.
  const { id, isConnected } = ctx.sourceElement ?? {};
  if (id === "edit" && !isConnected && ctx.response && ctx.response.status < 400)
    tasks.splice(0, tasks.length, ...tasks.filter(({ type }) => type !== "main"));
  // Rejected input stays, even when the task is completed at the same time.
  const panel = tasks.findIndex(({ type, target }) => type === "oob" && target.matches("#panel:has([data-unsaved])"));
  if (panel >= 0 && tasks[panel].fragment.querySelector("#edit")) tasks.splice(panel, 1);
  const form = findEdit();
  // A rejected form has not been stored, whatever else the response has.
  if (form && "unsaved" in form.dataset && ctx.sourceElement?.id !== "edit") return;
  const isUntouched = form !== null && snapshots.get(ctx) === snapshotOf(form);
  if (isUntouched && ctx.response && ctx.response.status < 400) stored.add(ctx);
});
// A morph leaves alone what was typed or chosen, even where it is what the server has stored.
addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (stored.has(ctx) && isEditUnsaved()) findEdit()?.reset();
});

onKeydown((event) => {
  const field = targetOf(event);
  if (event.key !== "Enter") return;
  const isLine = field.matches(".panel-title");
  if (!isLine && !((event.metaKey || event.ctrlKey) && field.closest("#edit"))) return;
  // A title is one line, although it wraps.
  event.preventDefault();
  save();
});
