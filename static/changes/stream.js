// The stream of changes: everything that is done elsewhere to this account.
import { account, accountHeaders, showSignedOut } from "../accounts/session.js";
import { showDisconnected } from "../ui/connection.js";
import { find } from "../ui/dom.js";

const HIDDEN_MS = 10_000;
const OFFLINE_MS = 3000;
const RETRY_MS = 5000;

/** @typedef {{ entity: string, entityId: string, actionId: number, after?: Record<string, unknown> }} Change */

/** @type {((change: Change) => void)[]} */
const changeHandlers = [];
/** @type {(() => void)[]} */
const reloadHandlers = [];

/** Registers a handler for each change. @param {(change: Change) => void} handler */
export const onChange = (handler) => changeHandlers.push(handler);
/** Registers a handler for when too much was missed to list each change. @param {() => void} handler */
export const onReload = (handler) => reloadHandlers.push(handler);

/** The newest change that this page has received. */
let newest = document.body.dataset.change;
/** @type {EventSource | undefined} */
let stream;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let hideTimer;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let offlineTimer;

/** Connects to the stream, unless it is connected. */
export function connect() {
  if (!account || stream) return;
  stream = new EventSource(`/api/events?account=${account}&after=${newest}`);
  stream.addEventListener("open", () => {
    clearOfflineTimer();
    const banner = find("#signed-out");
    if (banner) banner.hidden = true;
  });
  stream.addEventListener("change", ({ data, lastEventId }) => {
    newest = lastEventId;
    /** @type {Change} */
    const change = JSON.parse(data);
    // The response to this page's own action may still be on its way.
    setTimeout(() => {
      for (const handler of changeHandlers) handler(change);
    }, 100);
  });
  stream.addEventListener("reload", ({ lastEventId }) => {
    newest = lastEventId;
    for (const handler of reloadHandlers) handler();
  });
  stream.addEventListener("error", handleError);
}

/** The browser reconnects by itself after a lost connection, but not after a rejected request. */
async function handleError() {
  if (stream?.readyState !== EventSource.CLOSED) {
    offlineTimer ??= setTimeout(showDisconnected, OFFLINE_MS);
    return;
  }
  disconnect();
  const response = await fetch("/api/me", { cache: "no-store", headers: accountHeaders }).catch(() => undefined);
  if (response?.status === 401) showSignedOut();
  else setTimeout(connect, RETRY_MS);
}

function clearOfflineTimer() {
  clearTimeout(offlineTimer);
  offlineTimer = undefined;
}

function disconnect() {
  clearOfflineTimer();
  stream?.close();
  stream = undefined;
}

// A browser has few connections for a site: a hidden page closes its own, and catches up when it is shown again.
addEventListener("visibilitychange", () => {
  clearTimeout(hideTimer);
  if (document.hidden) hideTimer = setTimeout(disconnect, HIDDEN_MS);
  else connect();
});
addEventListener("pagehide", disconnect);
addEventListener("pageshow", connect);
addEventListener("focus", connect);
