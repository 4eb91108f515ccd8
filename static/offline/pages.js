// The service worker has a copy of each page that was shown, for when the server can't be reached.
import { account } from "../accounts/session.js";
import { findList, listAddress } from "../tasks/list.js";
import { address } from "../ui/address.js";
import { targetOf } from "../ui/dom.js";
import { queuedActions, rejectedActions } from "./queue.js";
import { clearStored } from "./storage.js";

const PAUSE_MS = 1000;

// Browsers have no service workers on a site without https, except on localhost.
const { serviceWorker } = navigator;

let isOutdated = false;
let isCopying = false;

/** Has the worker copy the page as it is now: parts of it have changed since it was loaded. */
async function copyPage() {
  isOutdated = true;
  if (isCopying || !serviceWorker?.controller) return;
  isCopying = true;
  while (isOutdated) {
    isOutdated = false;
    const urls = new Set([location.pathname + location.search]);
    if (findList()) urls.add(listAddress());
    for (const url of urls) await requestCopy(url).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  isCopying = false;
}

/** @param {string} url */
async function requestCopy(url) {
  const response = await fetch(url, { headers: { accept: "text/html" } });
  // A response that is not read keeps its request open.
  await response.text();
}

if (account && serviceWorker) {
  addEventListener("load", () => serviceWorker.register(address("/service-worker.js")).catch(() => {}));
  serviceWorker.addEventListener("controllerchange", copyPage);
  addEventListener("htmx:after:history:push", copyPage);
  addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    const { method, action = "" } = ctx.request ?? {};
    if (method !== "GET" || /\/(tasks(\/changed)?|completed)\?/.test(action)) void copyPage();
  });
}

// The worker deletes the pages when it sees one without an account.
addEventListener("submit", (event) => {
  const form = targetOf(event);
  if (event.defaultPrevented || form.getAttribute("action") !== address("/logout")) return;
  const count = queuedActions().length + rejectedActions().length;
  if (count === 0 || confirm(`Sign out and discard ${count === 1 ? "1 change" : `${count} changes`} not saved yet?`))
    clearStored();
  else event.preventDefault();
});
