// A lost connection: shows a banner and retries until the server responds.
import { find } from "./dom.js";

const RETRY_MS = 2000;

/** Shows that the connection is lost. Dispatches `taskflow:reconnect` on the document once it is back. */
export function showDisconnected() {
  const banner = find("#connection");
  if (!banner?.hidden) return;
  banner.hidden = false;
  setTimeout(reconnect, RETRY_MS);
}

async function reconnect() {
  const response = await fetch("/healthz", { cache: "no-store" }).catch(() => undefined);
  if (!response?.ok) {
    setTimeout(reconnect, RETRY_MS);
    return;
  }
  const banner = find("#connection");
  if (banner) banner.hidden = true;
  document.dispatchEvent(new Event("taskflow:reconnect"));
}

addEventListener("offline", showDisconnected);
addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (ctx && !ctx.response) showDisconnected();
});
