// The live stream of an account. Browsers have only six connections to a site over HTTP/1.1, so all pages share one: this
// runs as a shared worker. A browser without shared workers runs it in each page.
import { covers, furthestAhead, furthestBehind, withChange } from "./position.js";

/** Pages hide and show in any order when the user changes tabs. */
const CLOSE_MS = 1000;

/** @typedef {{ id: number, projectId: string, entity: string, entityId: string, verb: string, actorId: string | null, actionId: number, undoes: number | null, before: Record<string, unknown> | null, after: Record<string, unknown> | null }} Change */
/** @typedef {{ url: string, after: string }} Visible The stream, and the position of the page: what it has received. */
/** @typedef {{ type: "open" | "lost" | "rejected" } | { type: "change", position: string, change: Change } | { type: "reload", position: string }} Message */

/** The visible pages, each with its position. @type {Map<MessagePort, string>} */
const pages = new Map();
/** @type {EventSource | undefined} */
let stream;
/** The position with what any page has received. */
let newest = "0";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let closeTimer;

/** Serves a page, which posts `Visible` when it is shown and null when it is hidden. @param {MessagePort} page */
export function serve(page) {
  page.addEventListener("message", ({ data }) => (data ? show(page, data) : hide(page)));
  // Some browsers report a page that crashed.
  page.addEventListener("close", () => hide(page));
  page.start();
}

addEventListener("connect", (event) => {
  const [page] = /** @type {MessageEvent} */ (event).ports;
  if (page) serve(page);
});

/** @param {MessagePort} page @param {Message} message */
const send = (page, message) => page.postMessage(message);

/** @param {Message} message */
function sendAll(message) {
  for (const page of pages.keys()) send(page, message);
}

/** @param {MessagePort} page @param {Visible} visible */
function show(page, { url, after }) {
  clearTimeout(closeTimer);
  pages.set(page, after);
  if (!stream) {
    newest = after;
    open(url);
  } else if (!covers(after, newest)) open(url);
  else if (after !== newest) sendReload(page);
  else if (stream.readyState === EventSource.OPEN) send(page, { type: "open" });
}

/** @param {MessagePort} page */
function hide(page) {
  pages.delete(page);
  clearTimeout(closeTimer);
  if (pages.size === 0) closeTimer = setTimeout(close, CLOSE_MS);
}

function close() {
  stream?.close();
  stream = undefined;
}

/** Opens the stream where the page that is furthest behind continues. @param {string} url */
function open(url) {
  close();
  const opened = new EventSource(`${url}&after=${furthestBehind([...pages.values()])}`);
  stream = opened;
  opened.addEventListener("open", () => sendAll({ type: "open" }));
  opened.addEventListener("change", ({ data, lastEventId }) => {
    /** @type {Change} */
    const change = JSON.parse(data);
    newest = furthestAhead(newest, lastEventId);
    for (const [page, known] of pages) {
      const position = withChange(known, lastEventId, change.id);
      if (position === undefined) continue;
      pages.set(page, position);
      send(page, { type: "change", position, change });
    }
  });
  opened.addEventListener("reload", ({ lastEventId }) => {
    newest = lastEventId;
    for (const [page, position] of pages) if (position !== newest) sendReload(page);
  });
  opened.addEventListener("error", () => {
    // The browser reconnects by itself after a lost connection, but not after a rejected request.
    if (opened.readyState !== EventSource.CLOSED) return sendAll({ type: "lost" });
    stream = undefined;
    sendAll({ type: "rejected" });
  });
}

/** Makes a page reload that missed too much, or knows more than there is. @param {MessagePort} page */
function sendReload(page) {
  pages.set(page, newest);
  send(page, { type: "reload", position: newest });
}
