// The page's end of the live stream: everything that is done elsewhere to this account. A hidden page has none, and
// catches up when it is shown again.
import { account, accountHeaders, showSignedOut } from "../accounts/session.js";
import { whenAnswered } from "../offline/queue.js";
import { address } from "../ui/address.js";
import { showDisconnected } from "../ui/connection.js";
import { find } from "../ui/dom.js";
import { serve } from "./feed.js";

const OFFLINE_MS = 3000;
const RETRY_MS = 5000;

/** @typedef {import("./feed.js").Change} Change */

/** @type {((change: Change) => void)[]} */
const changeHandlers = [];
/** @type {(() => void)[]} */
const reloadHandlers = [];

/** Registers a handler for each change. @param {(change: Change) => void} handler */
export const onChange = (handler) => changeHandlers.push(handler);
/** Registers a handler for when too much was missed to list each change. @param {() => void} handler */
export const onReload = (handler) => reloadHandlers.push(handler);

/** What this page has received. */
let position = document.body.dataset.change ?? "";
/** @type {MessagePort | undefined} */
let feed;
let isConnected = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let offlineTimer;

/** Connects a visible page to the stream, and disconnects a hidden one. */
export function connect() {
  if (!account || isConnected === (document.visibilityState === "visible")) return;
  if (isConnected) disconnect();
  else {
    isConnected = true;
    feed ??= openFeed();
    feed.postMessage({ url: address(`/api/events?account=${account}`), after: position });
  }
}

function disconnect() {
  clearOfflineTimer();
  if (isConnected) feed?.postMessage(null);
  isConnected = false;
}

/** Returns a port to the feed that all pages share; if that can't be started, to one of this page. */
function openFeed() {
  try {
    const worker = new SharedWorker(document.body.dataset.feed ?? "", { name: account, type: "module" });
    worker.addEventListener("error", () => replaceFeed(openOwnFeed()));
    // Phones end workers to save memory; some browsers report it.
    worker.port.addEventListener("close", () => replaceFeed(undefined));
    return listen(worker.port);
  } catch {
    return openOwnFeed();
  }
}

function openOwnFeed() {
  const { port1, port2 } = new MessageChannel();
  serve(port2);
  return listen(port1);
}

/** @param {MessagePort | undefined} port */
function replaceFeed(port) {
  feed = port;
  isConnected = false;
  connect();
}

/** @param {MessagePort} port */
function listen(port) {
  port.addEventListener("message", ({ data }) => receive(data));
  port.start();
  return port;
}

/** @param {import("./feed.js").Message} message */
function receive(message) {
  if ("position" in message) position = message.position;
  switch (message.type) {
    case "open": {
      clearOfflineTimer();
      const banner = find("#signed-out");
      if (banner) banner.hidden = true;
      break;
    }
    case "lost":
      if (isConnected) offlineTimer ??= setTimeout(showDisconnected, OFFLINE_MS);
      break;
    case "rejected":
      void handleRejection();
      break;
    case "reload":
      for (const handler of reloadHandlers) handler();
      break;
    case "change":
      // The response to this page's own action may still be on its way.
      setTimeout(async () => {
        await whenAnswered();
        for (const handler of changeHandlers) handler(message.change);
      }, 100);
  }
}

async function handleRejection() {
  disconnect();
  const response = await fetch(address("/api/me"), { cache: "no-store", headers: accountHeaders }).catch(
    () => undefined,
  );
  if (response?.status === 401) showSignedOut();
  else setTimeout(connect, RETRY_MS);
}

function clearOfflineTimer() {
  clearTimeout(offlineTimer);
  offlineTimer = undefined;
}

// A tab that was opened in the background gets no event that it is hidden, so each event only prompts a look at the state.
for (const type of ["visibilitychange", "pageshow", "focus"]) addEventListener(type, connect);
document.addEventListener("taskflow:reconnect", clearOfflineTimer);
addEventListener("pagehide", disconnect);
