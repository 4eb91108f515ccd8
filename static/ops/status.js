const INTERVAL_MS = 10_000;

/** Replaces the content of the page by the current one, and says so if there is none. */
async function update() {
  if (document.hidden) return;
  const stale = document.getElementById("stale");
  try {
    const response = await fetch(location.href, { signal: AbortSignal.timeout(INTERVAL_MS) });
    if (!response.ok) throw new Error(response.statusText);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const content = page.querySelector("main");
    if (content) document.querySelector("main")?.replaceWith(content);
    if (stale) stale.hidden = true;
  } catch {
    if (stale) stale.hidden = false;
  }
}

setInterval(update, INTERVAL_MS);
document.addEventListener("visibilitychange", update);
