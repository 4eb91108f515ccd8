import { describe, expect, test } from "bun:test";
import type { Locator, Page } from "playwright-core";
import { addTasks, deleteTask, noBrowser, startSite } from "../support/browser.ts";

const site = startSite();
const it = test.serial;

/** Opens a list of tasks, from top to bottom. Timers run only in `page.clock.runFor`. */
async function openList(titles: string[], options: Parameters<typeof site.open>[0] = {}, path = "/tasks") {
  const page = await site.open(options);
  await addTasks(
    page,
    titles.toReversed().map((title) => ({ title })),
  );
  await page.clock.install();
  await page.goto(path);
  await page.clock.pauseAt(Date.now() + 60_000);
  return page;
}

const row = (page: Page, title: string) => page.locator(".task", { hasText: title });
const tick = (page: Page, title: string) => row(page, title).locator(".tick");
/** Rows that are folding or have folded. A fold takes real time, which may not have passed yet. */
const folded = (page: Page) => page.locator(".task.folding, .task[hidden]").count();
const top = async (locator: Locator) => (await locator.boundingBox())?.y;

/** Waits for something that may need the page's timers, which run meanwhile. */
async function runWhile(page: Page, awaited: Promise<unknown>) {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  awaited.then(end, end);
  while (!isOver) await page.clock.runFor(10);
  await awaited;
}

/** Clicks a control, and waits until the row shows the result, but has not folded yet. */
async function act(page: Page, control: Locator, how: "click" | "tap" = "click") {
  const response = page.waitForResponse((each) => each.request().method() === "POST");
  await control[how]();
  await (await response).finished();
  // No time passes until the toast is there, however slow the response is.
  await page.locator(".toast-note").first().waitFor();
  await page.clock.runFor(100);
}

const CLICKS: Parameters<Locator["click"]>[0][] = [
  { modifiers: ["Control"] },
  { modifiers: ["Shift"] },
  { button: "middle" },
];

describe.skipIf(noBrowser)("click with a modifier key", () => {
  it.each([
    ["a task", ".task-link"],
    ["a place", ".place >> nth=1"],
    ["Close", "[data-close-panel]"],
  ])("opens %s in a new page and keeps the current one", async (_, selector) => {
    const page = await site.open();
    await addTasks(page, [{ title: "One" }]);
    await page.goto("/tasks");
    if (selector === "[data-close-panel]") {
      await page.locator(".task-link").click();
      await page.locator("#panel .panel-title").waitFor();
    }
    const address = page.url();
    const href = await page.locator(selector).getAttribute("href");
    for (const how of CLICKS) {
      const opened = page.context().waitForEvent("page");
      await page.locator(selector).click(how);
      const other = await opened;
      await other.waitForURL(new URL(href ?? "", site.url).href);
      await other.close();
      expect(page.url()).toBe(address);
    }
  });
});

describe.skipIf(noBrowser)("opening a task", () => {
  it.each([1440, 1024])("moves nothing and marks its row: %d px", async (width) => {
    const page = await site.open({ viewport: { width, height: 600 } });
    const long = "A description that makes the panel longer than the list. ".repeat(60);
    await addTasks(page, [{ title: "One" }, { title: "Two", description: long }, { title: "Three" }]);
    await page.goto("/tasks");
    const places = () =>
      Promise.all(
        [".list-head h1", "#add", "#filters", "#navigation", "#task-list"].map((selector) =>
          page.locator(selector).boundingBox(),
        ),
      );
    const marked = () => page.locator(".task-link[aria-current=true] .task-title").allInnerTexts();
    const before = await places();
    expect(await marked()).toEqual([]);
    await page.getByRole("link", { name: "Two" }).click();
    await page.locator(".panel-open .panel-title").waitFor();
    expect(await places()).toEqual(before);
    expect(await marked()).toEqual(["Two"]);
    await page.getByRole("button", { name: "Complete: Two" }).click();
    await page.getByRole("button", { name: "Reopen this task" }).waitFor();
    await page.getByRole("link", { name: "One", exact: true }).click();
    await page.locator(".task-link[aria-current=true] .task-title", { hasText: /^One$/ }).waitFor();
    expect(await marked()).toEqual(["One"]);
    await page.keyboard.press("Escape");
    expect(await marked()).toEqual([]);
    expect((await places()).slice(0, 4)).toEqual(before.slice(0, 4));
  });
});

describe.skipIf(noBrowser)("rows", () => {
  it("keep their height with focus, and show the whole title over the rows below", async () => {
    const page = await site.open();
    const long = "A title that is too long for one line ".repeat(5).trim();
    await addTasks(page, [{ title: "Below" }, { title: long, description: "With a summary" }]);
    await page.goto("/tasks");
    const below = await top(row(page, "Below"));
    await page.getByLabel("New task").focus();
    await page.keyboard.press("Tab");
    const link = page.getByRole("link", { name: long });
    while (!(await link.evaluate((element) => element === document.activeElement))) await page.keyboard.press("Tab");
    expect(await top(row(page, "Below"))).toBe(below);
    const title = link.locator(".task-title");
    expect(await title.evaluate((element) => element.scrollHeight <= element.clientHeight)).toBe(true);
    expect((await title.boundingBox())?.height).toBeGreaterThan(40);
    // A click on the overlay opens its task.
    const box = await title.boundingBox();
    await page.mouse.click((box?.x ?? 0) + 20, (box?.y ?? 0) + (box?.height ?? 0) - 4);
    await page.locator("#panel .panel-title").waitFor();
    expect(await page.getByLabel("Title", { exact: true }).inputValue()).toBe(long);
  });

  it("stay in place between two clicks, so that the second completes the task under the pointer", async () => {
    const page = await openList(["First", "Second", "Third"]);
    const place = await tick(page, "Second").boundingBox();
    await act(page, tick(page, "First"));
    await page.clock.runFor(1150);
    expect(await tick(page, "Second").boundingBox()).toEqual(place);
    await page.mouse.click((place?.x ?? 0) + 20, (place?.y ?? 0) + 20);
    await page.locator(".toast-note", { hasText: "Completed: Second" }).waitFor();
    await page.clock.runFor(1400);
    expect(await folded(page)).toBe(0);
    await page.clock.runFor(2000);
    await row(page, "First").waitFor({ state: "hidden" });
    await row(page, "Second").waitFor({ state: "hidden" });
    expect(await row(page, "Third").isVisible()).toBe(true);
  });

  it("keep their height while a click changes their second line", async () => {
    const page = await openList(["First", "Second"], {}, "/tasks?status=all");
    const place = await tick(page, "Second").boundingBox();
    await act(page, tick(page, "First"));
    expect(await row(page, "First").innerText()).toContain("Done");
    expect(await tick(page, "Second").boundingBox()).toEqual(place);
    await page.mouse.move(5, 5);
    expect(await tick(page, "Second").boundingBox()).not.toEqual(place);
  });

  it("fold as soon as the pointer has left the list", async () => {
    const page = await openList(["First", "Second"]);
    await act(page, tick(page, "First"));
    expect(await folded(page)).toBe(0);
    await page.mouse.move(5, 5);
    await row(page, "First").waitFor({ state: "hidden" });
  });

  it("fold two seconds after a tap", async () => {
    const page = await openList(["First", "Second"], {
      viewport: { width: 390, height: 800 },
      hasTouch: true,
      isMobile: true,
    });
    await act(page, tick(page, "First"), "tap");
    await page.clock.runFor(1400);
    expect(await folded(page)).toBe(0);
    await page.clock.runFor(1000);
    await row(page, "First").waitFor({ state: "hidden" });
  });

  it("stay in place after deletion", async () => {
    const page = await openList(["First", "Second"]);
    await row(page, "First").hover();
    const place = await tick(page, "Second").boundingBox();
    await deleteTask(page, "First");
    await page.locator(".toast-note").first().waitFor();
    await page.clock.runFor(100);
    expect(await folded(page)).toBe(0);
    expect(await tick(page, "Second").boundingBox()).toEqual(place);
    await page.clock.runFor(2500);
    await row(page, "First").waitFor({ state: "hidden" });
    await page.locator(".toast-action").last().click();
    await runWhile(page, row(page, "First").waitFor());
    expect(await page.locator(".task:visible .task-title").allInnerTexts()).toEqual(["First", "Second"]);
  });

  it("from another window appear when the pointer leaves the list", async () => {
    const page = await openList(["First"]);
    await row(page, "First").hover();
    const changed = page.waitForResponse("**/tasks/changed?*").then((response) => response.finished());
    await addTasks(page, [{ title: "Elsewhere" }]);
    await runWhile(page, changed);
    await page.clock.runFor(500);
    expect(await page.locator(".task:visible .task-title").allInnerTexts()).toEqual(["First"]);
    await page.mouse.move(5, 5);
    await runWhile(page, row(page, "Elsewhere").waitFor());
  });
});
