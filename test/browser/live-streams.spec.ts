import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { BrowserContext, Page } from "playwright-core";
import { addTasks, noBrowser, PLAIN_HOST, startSite } from "../support/browser.ts";
import { expectTitles } from "../support/two-windows.ts";

const site = startSite();
const it = test.serial;

let proxy: ReturnType<typeof startProxy>;
beforeAll(() => {
  if (!noBrowser) proxy = startProxy(site.url);
});
afterAll(() => proxy?.stop());

/** Starts a proxy that counts open live streams. */
function startProxy(to: string) {
  const streams = new Set<object>();
  let wake = () => {};
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const { method, headers, body, signal } = request;
      const response = await fetch(to + pathname + search, {
        method,
        headers,
        body,
        signal,
        redirect: "manual",
        decompress: false,
      });
      if (pathname !== "/api/events" || !response.body) return response;
      const stream = {};
      const close = () => {
        streams.delete(stream);
        wake();
      };
      streams.add(stream);
      wake();
      // Either side may close it.
      signal.addEventListener("abort", close);
      return new Response(response.body.pipeThrough(new TransformStream({ flush: close })), response);
    },
  });
  return {
    url: `http://${PLAIN_HOST}:${server.port}`,
    streams: () => streams.size,
    /** Waits until exactly this many streams are open. */
    async untilStreams(count: number) {
      while (streams.size !== count) await new Promise<void>((resolve) => (wake = resolve));
    },
    stop: () => server.stop(true),
  };
}

/** Opens a browser of a new account. The first page only sends requests, past the proxy. */
async function openBrowser() {
  const api = await site.open();
  const add = (title: string) => addTasks(api, [{ title }]);
  const context = (await site.open({ as: api.context(), baseURL: proxy.url })).context();
  return { add, context };
}

/** Opens a page whose visibility the spec decides: a browser without windows shows every page. */
async function openPage(context: BrowserContext, visibility: DocumentVisibilityState) {
  const page = await context.newPage();
  await page.addInitScript((initial) => {
    let state = initial;
    Object.defineProperty(Document.prototype, "visibilityState", { get: () => state });
    addEventListener("spec:visibility", (event) => {
      state = (event as CustomEvent).detail;
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    });
  }, visibility);
  await page.goto("/tasks");
  return page;
}

const setVisibility = (page: Page, visibility: DocumentVisibilityState) =>
  page.evaluate((detail) => void dispatchEvent(new CustomEvent("spec:visibility", { detail })), visibility);

const pagesOf = (context: BrowserContext, count: number, visibility: DocumentVisibilityState) =>
  Promise.all(Array.from({ length: count }, () => openPage(context, visibility)));

describe.skipIf(noBrowser)("browser with many pages of one account over plain HTTP", () => {
  it("opens one stream for all visible windows, and none for tabs in the background", async () => {
    const { add, context } = await openBrowser();
    const background = await pagesOf(context, 5, "hidden");
    expect(await background[0]?.evaluate(() => isSecureContext)).toBe(false);
    expect(proxy.streams()).toBe(0);
    const visible = await pagesOf(context, 10, "visible");
    await add("For all");
    for (const page of visible) await expectTitles(page, ["For all"]);
    await proxy.untilStreams(1);
    expect(await visible[0]?.evaluate(async () => (await fetch("/healthz")).status)).toBe(200);
    await Promise.all(visible.map((page) => setVisibility(page, "hidden")));
    await proxy.untilStreams(0);
    await context.close();
  });

  it("updates a page that was hidden, whether or not others were visible, and one that stays visible", async () => {
    const { add, context } = await openBrowser();
    const [mine, theirs] = [await openPage(context, "visible"), await openPage(context, "hidden")];
    await add("A");
    await expectTitles(mine, ["A"]);
    await expectTitles(theirs, []);
    await setVisibility(theirs, "visible");
    await expectTitles(theirs, ["A"]);
    await Promise.all([mine, theirs].map((page) => setVisibility(page, "hidden")));
    await proxy.untilStreams(0);
    await add("B");
    await setVisibility(mine, "visible");
    await expectTitles(mine, ["B", "A"]);
    await setVisibility(theirs, "visible");
    await expectTitles(theirs, ["B", "A"]);
    await mine.close();
    await add("C");
    await expectTitles(theirs, ["C", "B", "A"]);
    await proxy.untilStreams(1);
    await context.close();
  });

  it("updates pages of two accounts separately", async () => {
    const [ada, bob] = [await openBrowser(), await openBrowser()];
    const adasPage = await openPage(ada.context, "visible");
    await ada.add("Ada's");
    await expectTitles(adasPage, ["Ada's"]);
    // Another tab signs in to another account.
    await ada.context.addCookies(await bob.context.cookies());
    const bobsPage = await openPage(ada.context, "visible");
    await bob.add("Bob's");
    await expectTitles(bobsPage, ["Bob's"]);
    await proxy.untilStreams(2);
    await expectTitles(adasPage, ["Ada's"]);
    await ada.context.close();
  });

  it("leads every page to sign-in when one signs out", async () => {
    const { context } = await openBrowser();
    const [mine, theirs] = [await openPage(context, "visible"), await openPage(context, "visible")];
    await proxy.untilStreams(1);
    await mine.goto("/account");
    await mine.getByRole("button", { name: "Sign out" }).click();
    await theirs.waitForURL(/\/login\?next=/);
    await proxy.untilStreams(0);
    await context.close();
  });

  it.each(["supports none", "can't load the script"])(
    "updates each page by itself if the browser's shared worker fails: it %s",
    async (reason) => {
      const { add, context } = await openBrowser();
      if (reason === "supports none") await context.addInitScript(() => Reflect.deleteProperty(window, "SharedWorker"));
      else await context.route("**/static/feed-*", (route) => route.abort());
      const pages = await pagesOf(context, 2, "visible");
      await add("For both");
      for (const page of pages) await expectTitles(page, ["For both"]);
      await proxy.untilStreams(2);
      await context.close();
    },
  );
});
