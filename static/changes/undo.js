// Ctrl+Z undoes the actions of this page, the newest first.
import { account, accountHeaders } from "../accounts/session.js";
import { discardNewest, unfinishedActions, whenSent } from "../offline/queue.js";
import { address } from "../ui/address.js";
import { find, targetOf } from "../ui/dom.js";
import { onKeydown } from "../ui/keyboard.js";
import { dismiss } from "../ui/toasts.js";
import { onChange, onReload } from "./stream.js";

const MAX_ACTIONS = 50;
const KEY = `taskflow-done-${account}`;

/** @returns {number[]} */
const readActions = () => JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
/** @param {number[]} actions */
const writeActions = (actions) => sessionStorage.setItem(KEY, JSON.stringify(actions.slice(-MAX_ACTIONS)));

/** Actions whose responses have arrived: the stream sends them again. @type {Set<number>} */
const ownActions = new Set();
/** Actions that are being undone. @type {Set<number>} */
const undoing = new Set();

/** Returns whether this page has shown the result of an action already. @param {number} action */
export const isOwnAction = (action) => ownActions.has(action);

/** Returns the action that an address undoes. @param {string | null | undefined} url */
const undoIn = (url) => Number(/\/changes\/(\d+)\/undo$/.exec(url ?? "")?.[1]);
/** @param {import("htmx.org").HtmxRequestCtx} ctx */
const undoneBy = ({ request }) => undoIn(request.action);

addEventListener("htmx:config:request", ({ detail: { ctx } }) => undoing.add(undoneBy(ctx)));
addEventListener("htmx:finally:request", ({ detail: { ctx } }) => undoing.delete(undoneBy(ctx)));
addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (!ctx.response) return;
  const { headers, status } = ctx.response;
  const action = Number(headers.get("taskflow-change"));
  const undone = undoneBy(ctx);
  if (undone && status < 500 && status !== 401) writeActions(readActions().filter((each) => each !== undone));
  if (!action) return;
  ownActions.add(action);
  if (!undone) writeActions([...readActions(), action]);
});

// After a plain form, the toast of the next page names the action.
const flashed = undoIn(find("#toasts form")?.getAttribute("action"));
if (flashed && !readActions().includes(flashed)) writeActions([...readActions(), flashed]);

/** Removes a toast whose Undo would overwrite a change that was made elsewhere. */
async function removeOutdatedUndo() {
  const form = document.querySelector("#toasts form");
  if (!(form instanceof HTMLFormElement)) return;
  const response = await fetch(form.action, { cache: "no-store", headers: accountHeaders }).catch(() => undefined);
  if (response?.status === 409) dismiss(form.closest(".toast-note"));
}

onChange(({ actionId }) => isOwnAction(actionId) || removeOutdatedUndo());
onReload(removeOutdatedUndo);

/** Fields that were typed in: the browser's own undo works there, even when they are empty again. */
const typedIn = new WeakSet();
addEventListener("input", (event) => typedIn.add(targetOf(event)));

/** Forgets what was typed into a field, as it has been sent. @param {Element | null} field */
export const forgetTyping = (field) => field && typedIn.delete(field);

/** @param {Element} target */
function hasOwnUndo(target) {
  const { value } = /** @type {HTMLInputElement} */ (target);
  return target.matches("textarea, input:not([type=checkbox], [type=radio])") && (value !== "" || typedIn.has(target));
}

/** The key in the place of Z counts, too, where it types a letter of another script. @param {KeyboardEvent} event */
const isZ = ({ key, code }) => /^z$/i.test(key) || (code === "KeyZ" && !/^[a-z]$/i.test(key));

/** Undoes the newest action. One that is being sent has to be done first. */
async function undoNewest() {
  if (discardNewest()) return;
  if (unfinishedActions().some(({ url }) => !undoIn(url))) await whenSent();
  const action = readActions().findLast((each) => !undoing.has(each));
  if (!action || discardNewest()) return;
  undoing.add(action);
  htmx.ajax("POST", address(`/changes/${action}/undo`), { source: "#toasts", swap: "none" });
}

onKeydown((event) => {
  if (!isZ(event) || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  const isPossible = readActions().some((each) => !undoing.has(each)) || unfinishedActions().length > 0;
  if (!isPossible || hasOwnUndo(targetOf(event))) return;
  event.preventDefault();
  void undoNewest();
});
