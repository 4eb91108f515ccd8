// A lost connection: shows a banner and retries until the server responds.
import { address } from "./address.js";
import { find, targetOf } from "./dom.js";
import { showProblem } from "./problem.js";

const RETRY_MS = 2000;
const TIMEOUT_MS = 5000;
const TRY_AGAIN = "You're offline. Try again when you are connected.";

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Returns whether the page shows that the connection is lost. */
export const isDisconnected = () => find("#connection")?.hidden === false;

/** Shows that the connection is lost. Dispatches `taskflow:reconnect` on the document once it is back. */
export function showDisconnected() {
  const banner = find("#connection");
  if (!banner || isDisconnected()) return;
  banner.hidden = false;
  retryLater();
}

function retryLater() {
  clearTimeout(timer);
  timer = setTimeout(reconnect, RETRY_MS);
}

async function reconnect() {
  const options = { cache: /** @type {const} */ ("no-store"), signal: AbortSignal.timeout(TIMEOUT_MS) };
  const response = await fetch(address("/healthz"), options).catch(() => undefined);
  if (!response?.ok) return retryLater();
  const banner = find("#connection");
  if (!banner || banner.hidden) return;
  banner.hidden = true;
  document.dispatchEvent(new Event("taskflow:reconnect"));
}

// A plain form would replace the page, and what was typed, by the browser's error page. The connection may be back.
addEventListener("submit", async (event) => {
  const form = targetOf(event);
  if (!isDisconnected() || form.matches("[hx-post], [hx-get], [method=get]")) return;
  event.preventDefault();
  await reconnect();
  if (isDisconnected()) showProblem(TRY_AGAIN);
  else if (form instanceof HTMLFormElement) form.requestSubmit(event.submitter);
});

if (!navigator.onLine) showDisconnected();
addEventListener("offline", showDisconnected);
addEventListener("online", () => isDisconnected() && reconnect());
addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!ctx || ctx.response) return;
  showDisconnected();
  // Actions wait for the connection. A link or a search does not.
  if (ctx.sourceElement?.matches("a, [method=get]")) showProblem(TRY_AGAIN);
});
