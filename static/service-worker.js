// Serves the last pages and the files that they need while the server can't be reached. There is no navigation preload:
// when one fails, Firefox shows its error page whatever the worker responds with.

const ASSET_CACHE = `${registration.scope}assets`;
/** The start of the name of an account's pages; its id follows. */
const PAGE_CACHE = `${registration.scope}pages-`;
const MAX_PAGES = 30;
/** The site may be below a path. */
const assets = ASSETS.map((name) => new URL(name, registration.scope).pathname);

/** Changes when an account signs out: a page that was requested before must not be kept. */
let generation = 0;

addEventListener("install", (event) => {
  event.waitUntil(caches.open(ASSET_CACHE).then((cache) => cache.addAll(assets)));
  skipWaiting();
});

addEventListener("activate", (event) => event.waitUntil(activate()));

async function activate() {
  // Pages of an older version need its files.
  await deletePages();
  const cache = await caches.open(ASSET_CACHE);
  for (const request of await cache.keys())
    if (!assets.includes(new URL(request.url).pathname)) await cache.delete(request);
  await clients.claim();
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  const isFragment = request.headers.has("hx-request");
  // A page asks for a new copy of itself like this.
  const isCopy = !isFragment && request.headers.get("accept") === "text/html";
  if (assets.includes(pathname)) event.respondWith(findAsset(request));
  else if (request.mode === "navigate" || isCopy) event.respondWith(loadPage(event));
  else if (isFragment && /\/(tasks|completed|today|upcoming)$/.test(pathname))
    event.respondWith(fetch(request).catch(async () => (await findPage(request.url)) ?? Response.error()));
});

/** @param {Request} request */
const findAsset = async (request) => (await caches.match(request, { ignoreVary: true })) ?? fetch(request);

/** @param {FetchEvent} event */
async function loadPage(event) {
  const { request } = event;
  const before = generation;
  try {
    const response = await fetch(request);
    // A download is not copied: nothing would read the copy, and the browser would keep all of it in memory.
    if (response.ok && response.headers.get("content-type")?.startsWith("text/html"))
      event.waitUntil(keepPage(request.url, response.clone(), before));
    return response;
  } catch (error) {
    const page = await findPage(request.url);
    if (page) return page;
    if (request.mode !== "navigate") throw error;
    return offlinePage();
  }
}

/** @param {string} url @param {Response} response @param {number} before the generation when it was requested */
async function keepPage(url, response, before) {
  // A redirected copy is that of another page, such as the sign-in page.
  if (response.redirected) return;
  const copy = response.clone();
  const [, account] = /<body[^>]* data-account="([^"]+)"/.exec(await response.text()) ?? [];
  if (!account) {
    if (/\/(login|register)?$/.test(new URL(url).pathname)) await deletePages();
    return;
  }
  if (before !== generation) return;
  await deletePages(PAGE_CACHE + account);
  const cache = await caches.open(PAGE_CACHE + account);
  // The newest is the last.
  await cache.delete(url, { ignoreVary: true });
  await cache.put(url, copy);
  const [oldest, ...others] = await cache.keys();
  if (oldest && others.length >= MAX_PAGES) await cache.delete(oldest, { ignoreVary: true });
}

/** Deletes the pages of every account, or of all others. @param {string} [except] */
async function deletePages(except) {
  const names = (await caches.keys()).filter((name) => name.startsWith(PAGE_CACHE) && name !== except);
  if (!except || names.length > 0) generation += 1;
  for (const name of names) await caches.delete(name);
}

/** @param {string} url */
async function findPage(url) {
  const name = (await caches.keys()).find((each) => each.startsWith(PAGE_CACHE));
  return name === undefined ? undefined : (await caches.open(name)).match(url, { ignoreVary: true });
}

function offlinePage() {
  const styles = assets.filter((url) => url.endsWith(".css"));
  const html = `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Offline · TaskFlow</title>
${styles.map((url) => `<link rel="stylesheet" href="${url}">`).join("")}
<main class="page"><section class="card-sheet error-page"><h1>You're offline</h1>
<p>This page is not saved on this device. Reload it when you are connected.</p>
<a class="btn btn-primary" href="${registration.scope}tasks">Go to your tasks</a></section></main>`;
  return new Response(html, { status: 503, headers: { "content-type": "text/html; charset=utf-8" } });
}
