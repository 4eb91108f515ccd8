// What this page does is sent in order, one action after the other. Without a connection it waits, also over a reload.
import { account, showSignedOut } from "../accounts/session.js";
import { address } from "../ui/address.js";
import { showDisconnected } from "../ui/connection.js";
import { findAll } from "../ui/dom.js";
import { isStored, newKey, readStored, store, unstore } from "./storage.js";

/** @typedef {import("./storage.js").Action} Action */
/** @typedef {import("htmx.org").HtmxRequestCtx} Context */
/** @typedef {"done" | "failed" | "discarded"} Outcome */

/**
 * @typedef {object} Entry
 * @property {Action} action
 * @property {Record<string, string>} headers
 * @property {number} since
 * @property {boolean} isReplay whether an earlier page stored it
 * @property {PromiseWithResolvers<Response>} response what htmx waits for
 * @property {boolean} isAwaited whether htmx waits: it ignores a third click on the same button
 * @property {PromiseWithResolvers<void>} handled
 */

/** What is queued, and nothing else: no password may be stored. */
const QUEUED = new RegExp(`^${address("/(tasks|trash|changes)")}(/|$)`);
const KEY_HEADER = "Idempotency-Key";
const TIMEOUT_MS = 20_000;
const PATIENCE_MS = 3000;
const RETRY_MS = 5000;
/** The server is not ready. If the request arrived after all, its key makes it safe to repeat. */
const RETRIED = [429, 502, 503, 504];

/** @type {Entry[]} */
const entries = [];
/** @type {WeakMap<Context, Entry>} */
const entryOf = new WeakMap();
/** Stored actions that the server rejected: the list of what waits shows them. @type {Action[]} */
const rejected = [];
/** @type {(() => void)[]} */
const changeHandlers = [];
/** @type {((action: Action, outcome: Outcome, isReplay: boolean) => boolean | void)[]} */
const settleHandlers = [];

/** The action that is being sent, or whose response is not shown yet. @type {Entry | undefined} */
let current;
/** Whether the server could not be reached, or was not ready. */
let isStalled = false;
/** @type {Promise<boolean>} */
let attempt = Promise.resolve(false);
/** @type {Promise<void> | undefined} */
let sending;

/** Registers a handler for when the queue changes. @param {() => void} handler */
export const onQueueChange = (handler) => changeHandlers.push(handler);
/**
 * Registers a handler for when an action leaves the queue. It returns true if it shows the text of a failed one.
 * @param {(action: Action, outcome: Outcome, isReplay: boolean) => boolean | void} handler `isReplay`: an earlier page
 * stored the action
 */
export const onSettle = (handler) => settleHandlers.push(handler);

/** Returns the actions in the queue, the oldest first. */
export const queuedActions = () => entries.map(({ action }) => action);
/** Returns the same, and before them the one whose response has arrived but is not shown yet. */
export const unfinishedActions = () =>
  [...new Set(current ? [current, ...entries] : entries)].map(({ action }) => action);
/** Returns those that wait for the connection or for a slow response. */
export const waitingActions = () =>
  entries.filter(({ since }) => isStalled || Date.now() - since >= PATIENCE_MS).map(({ action }) => action);
/** Returns the actions that failed and are not shown elsewhere. */
export const rejectedActions = () => rejected;
/** Returns the action that a request sends. @param {Context} ctx */
export const actionOf = (ctx) => entryOf.get(ctx)?.action;
/** Resolves once the response to the action that is being sent is shown. */
export const whenAnswered = () => attempt;
/** Resolves once no action is being sent. */
export const whenSent = () => sending ?? Promise.resolve();

/**
 * Returns whether a form contains what an action sends. It may have another key.
 * @param {HTMLFormElement} form @param {Action} action
 */
export function isFilledWith(form, { url, fields }) {
  const values = new FormData(form);
  return form.getAttribute("hx-post") === url && fields.every(([name, value]) => values.getAll(name).includes(value));
}

/** Returns whether a form is queued as it is. @param {HTMLFormElement} form */
export const isQueued = (form) => entries.some(({ action }) => isFilledWith(form, action));

function notify() {
  for (const handler of changeHandlers) handler();
}

/** Sends what is in the queue. */
export function sendAll() {
  sending ??= sendEach().finally(() => {
    sending = undefined;
  });
  return sending;
}

async function sendEach() {
  do
    attempt = sendFirst().finally(() => {
      current = undefined;
    });
  while (await attempt);
}

/** @returns {Promise<boolean>} whether the next one can be sent */
async function sendFirst() {
  const [entry] = entries;
  if (!entry) return false;
  if (entry.isReplay && !isStored(entry.action)) {
    // Another tab has sent it.
    drop(entry, "done");
    return true;
  }
  current = entry;
  const response = await send(entry);
  isStalled = !response || RETRIED.includes(response.status);
  if (!response || isStalled) {
    if (response) setTimeout(sendAll, RETRY_MS);
    else showDisconnected();
    notify();
    return false;
  }
  if (response.status === 401) {
    showSignedOut();
    return false;
  }
  remove(entry);
  entry.response.resolve(response);
  if (entry.isAwaited) await entry.handled.promise;
  settle(entry, response.status < 400 ? "done" : "failed");
  return true;
}

/** @param {Entry} entry @returns {Promise<Response | undefined>} undefined without a complete response */
async function send({ action, headers }) {
  try {
    const response = await fetch(action.url, {
      method: "POST",
      headers,
      body: new URLSearchParams(action.fields),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return new Response((await response.text()) || null, response);
  } catch {
    return undefined;
  }
}

/** @param {Entry} entry */
function remove(entry) {
  entries.splice(entries.indexOf(entry), 1);
  unstore(entry.action);
}

/** @param {Entry} entry @param {Outcome} outcome */
function drop(entry, outcome) {
  remove(entry);
  entry.response.reject(new DOMException("Not sent", "AbortError"));
  settle(entry, outcome);
}

/** @param {Entry} entry @param {Outcome} outcome */
function settle({ action, isReplay, since }, outcome) {
  const isShown = settleHandlers.map((handler) => handler(action, outcome, isReplay)).includes(true);
  // The user acted a while ago, and may not see a toast.
  if (outcome === "failed" && !isShown && (isReplay || Date.now() - since >= PATIENCE_MS)) {
    action.problem ??= "";
    // A form that was rejected twice has everything the second time.
    const isForm = action.fields.some(([name]) => name === "version");
    const earlier = isForm ? rejected.findIndex(({ url }) => url === action.url) : -1;
    for (const each of earlier < 0 ? [] : rejected.splice(earlier, 1)) unstore(each);
    rejected.push(action);
    store(action);
  }
  notify();
}

/** Discards an action, unless it is being sent. @param {string} key */
export function discard(key) {
  const entry = entries.find(({ action }) => action.key === key);
  if (entry && entry !== current) drop(entry, "discarded");
  const index = rejected.findIndex((action) => action.key === key);
  for (const action of index < 0 ? [] : rejected.splice(index, 1)) unstore(action);
  notify();
}

/** Discards the newest action that waits for the connection. @returns {boolean} whether there was one */
export function discardNewest() {
  const newest = waitingActions().findLast((action) => action !== current?.action);
  if (newest) discard(newest.key);
  return newest !== undefined;
}

/** @param {Context} ctx @param {[string, string][]} fields */
function enqueue(ctx, fields) {
  const { action: url, headers } = ctx.request;
  const key = headers[KEY_HEADER];
  const stored = key === undefined ? undefined : readStored().find((action) => action.key === key);
  const action = stored ?? { key: newKey(), url, fields, label: labelOf(ctx, fields) };
  headers[KEY_HEADER] = action.key;
  store(action);
  /** @type {Entry} */
  const entry = {
    action,
    headers,
    since: Date.now(),
    isReplay: stored !== undefined,
    response: Promise.withResolvers(),
    isAwaited: false,
    handled: Promise.withResolvers(),
  };
  // htmx may not be waiting for it.
  entry.response.promise.catch(() => {});
  // Saved again before the first time was sent: the second form has everything.
  const isForm = fields.some(([name]) => name === "version");
  const earlier = isForm ? entries.find((each) => each.action.url === url && each !== current) : undefined;
  if (earlier) drop(earlier, "discarded");
  entries.push(entry);
  entryOf.set(ctx, entry);
  ctx.fetch = () => {
    entry.isAwaited = true;
    return entry.response.promise;
  };
  setTimeout(notify, PATIENCE_MS);
  notify();
  void sendAll();
}

/** Returns whether the same is being sent already. @param {string} url @param {[string, string][]} fields */
const isUnfinished = (url, fields) =>
  unfinishedActions().some((action) => action.url === url && `${action.fields}` === `${fields}`);

/** Describes an action in the words of its button. @param {Context} ctx @param {[string, string][]} fields */
function labelOf({ sourceElement, request: { action: url, submitter } }, fields) {
  if (url.endsWith("/undo")) return "Undo";
  if (url.endsWith("/due")) return "Due date";
  const { title, action } = Object.fromEntries(fields);
  const ids = fields.filter(([name]) => name === "ids").length;
  // The first button of these is that of the tick.
  if (fields.some(([name]) => name === "version")) return title === undefined ? "Save" : `Save: ${title}`;
  if (url.endsWith("/deletion"))
    return `Delete: ${sourceElement.querySelector(".task-title")?.textContent ?? "the open task"}`;
  const button = submitter ?? sourceElement.querySelector("button");
  const name = (
    button?.getAttribute("aria-label") ??
    button?.textContent ??
    (action === "move" ? "Move" : "Change")
  ).trim();
  if (title !== undefined) return `${name}: ${title}`;
  return ids > 0 ? `${name}: ${ids} ${ids === 1 ? "task" : "tasks"}` : name;
}

/** Starts the queue. Belongs after the listeners that may change or cancel a request. */
export function startQueue() {
  if (!account) return;
  addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    const { method, action, body } = ctx.request;
    if (event.defaultPrevented || method !== "POST" || !QUEUED.test(action) || !(body instanceof FormData)) return;
    /** @type {[string, string][]} */
    const fields = [];
    // Files are not stored: their request is sent as it is.
    for (const [name, value] of body) if (typeof value === "string") fields.push([name, value]);
    if (fields.length !== [...body].length) return;
    // The second click of two: htmx would drop the request, but not what is queued.
    if (ctx.sourceElement.getAttribute("hx-sync") === "this:drop" && isUnfinished(action, fields))
      event.preventDefault();
    else enqueue(ctx, fields);
  });
  addEventListener("htmx:finally:request", ({ detail: { ctx } }) => entryOf.get(ctx)?.handled.resolve());
  document.addEventListener("taskflow:reconnect", sendAll);
  for (const type of ["focus", "pageshow", "online"]) addEventListener(type, sendAll);
  for (const action of readStored()) {
    if (action.problem !== undefined) rejected.push(action);
    else replay(action);
  }
  notify();
}

/** @param {Action} action */
function replay({ key, url }) {
  const source = findAll("#toasts")[0];
  void htmx.ajax("POST", url, { source, swap: "none", headers: { [KEY_HEADER]: key } });
}
