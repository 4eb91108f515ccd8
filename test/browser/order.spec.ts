import { describe, expect, test } from "bun:test";
import type { Locator, Page } from "playwright-core";
import { noBrowser, startSite, watch } from "../support/browser.ts";
import { waitUntil } from "../support/wait-until.ts";

const site = startSite();
const it = test.serial;

/** Opens a project with tasks, from top to bottom. Spaces before a title make it a subtask of the last one above. */
async function openProject(lines: string[], options: Parameters<typeof site.open>[0] = {}) {
  const page = await site.open(options);
  const project = await (await page.request.post("/api/projects", { data: { name: "Launch" } })).json();
  const above: { id: string }[] = [];
  for (const line of lines) {
    const level = line.search(/\S/) / 2;
    const data = { title: line.trim(), projectId: project.id, parentId: above[level - 1]?.id ?? null };
    const task = await (await page.request.post("/api/tasks", { data })).json();
    const first = level === 0 ? above[0] : undefined;
    if (first) {
      const to = { ids: [task.id], action: "move", after: first.id };
      expect((await page.request.post("/api/tasks/bulk", { data: to })).status()).toBe(200);
    }
    above[level] = task;
  }
  await page.goto(`/projects/${project.id}`);
  await page.locator("html.has-script").waitFor();
  return { page, project };
}

const row = (page: Page, title: string) =>
  page.locator("#task-list > .task", { has: page.locator(".task-title").getByText(title, { exact: true }) });

/** Returns the visible titles, indented below their parents. */
const shown = (page: Page) =>
  page
    .locator("#task-list > .task:not(.leaving, [hidden])")
    .evaluateAll((rows) =>
      rows.map(
        (each) =>
          "  ".repeat(Number((each as HTMLElement).dataset.level ?? 0)) +
          each.querySelector(".task-title")?.textContent?.trim(),
      ),
    );

/** Acts, waits for the response, and expects the same order on the page as the server has after a reload. */
async function expectOrder(page: Page, act: () => Promise<unknown>, lines: string[]) {
  const response = page.waitForResponse((each) => each.request().method() === "POST");
  await act();
  expect(await shown(page)).toEqual(lines);
  expect((await response).status()).toBe(200);
  await page.locator(".toast-note").first().waitFor();
  expect(await shown(page)).toEqual(lines);
  await page.reload();
  await page.locator("html.has-script").waitFor();
  expect(await shown(page)).toEqual(lines);
}

/** Waits until the page shows these rows. */
const showsOrder = (page: Page, lines: string[]) => waitUntil(async () => (await shown(page)).join() === lines.join());

const middle = async (locator: Locator) => {
  const box = await locator.boundingBox();
  return { x: (box?.x ?? 0) + 120, y: (box?.y ?? 0) + (box?.height ?? 0) / 2, height: box?.height ?? 0 };
};

describe.skipIf(noBrowser)("manual order", () => {
  it("is changed by dragging with the mouse, sideways into a subtask", async () => {
    const { page } = await openProject(["one", "two", "  two a", "three", "four"]);
    const wrong = watch(page, site.url);
    /** @param dx how far to the right */
    const drag =
      (title: string, target: string, side: -1 | 1, dx = 0) =>
      async () => {
        const [from, to] = [await middle(row(page, title)), await middle(row(page, target))];
        await page.mouse.move(from.x, from.y);
        await page.mouse.down();
        await page.mouse.move(from.x + dx / 2, (from.y + to.y) / 2, { steps: 4 });
        await page.mouse.move(from.x + dx, to.y + (side * to.height) / 4, { steps: 4 });
        await page.mouse.up();
      };
    await expectOrder(page, drag("two", "three", 1), ["one", "three", "two", "  two a", "four"]);
    await expectOrder(page, drag("four", "one", -1), ["four", "one", "three", "two", "  two a"]);
    await expectOrder(page, drag("one", "three", 1, 30), ["four", "three", "  one", "two", "  two a"]);
    await expectOrder(page, drag("one", "four", -1), ["one", "four", "three", "two", "  two a"]);
    expect(wrong).toEqual([]);
  });

  it("is changed with the keyboard, also for several tasks, and back by Undo", async () => {
    const { page } = await openProject(["one", "two", "three", "four"]);
    const press = (title: string, key: string) => async () => {
      await row(page, title).locator(".task-link").focus();
      await page.keyboard.press(key);
    };
    await expectOrder(page, press("three", "Alt+ArrowUp"), ["one", "three", "two", "four"]);
    await expectOrder(page, press("one", "Alt+ArrowDown"), ["three", "one", "two", "four"]);
    await expectOrder(page, press("one", "Alt+Shift+ArrowRight"), ["three", "  one", "two", "four"]);
    await expectOrder(page, press("one", "Alt+Shift+ArrowLeft"), ["three", "one", "two", "four"]);
    for (const title of ["two", "four"]) await press(title, "x")();
    await expectOrder(page, press("four", "Alt+ArrowUp"), ["three", "two", "four", "one"]);
    await page.keyboard.press("Control+z");
    await page.getByText("Undone").waitFor();
    await showsOrder(page, ["three", "one", "two", "four"]);
  });

  it("has Tab for subtasks while rows are worked on, and Tab moves on otherwise", async () => {
    const { page } = await openProject(["one", "two", "three"]);
    await row(page, "one").locator(".task-link").focus();
    await page.keyboard.press("ArrowDown");
    await expectOrder(page, () => page.keyboard.press("Tab"), ["one", "  two", "three"]);
    await row(page, "one").locator(".task-link").focus();
    await page.keyboard.press("ArrowDown");
    await expectOrder(page, () => page.keyboard.press("Shift+Tab"), ["one", "two", "three"]);
    await row(page, "two").locator(".task-link").focus();
    await page.keyboard.press("Tab");
    expect(await page.locator("#task-list :focus").count()).toBe(0);
    expect(await shown(page)).toEqual(["one", "two", "three"]);
  });

  it("is changed with a finger after a long press", async () => {
    const { page } = await openProject(["one", "two", "three"], {
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
    });
    const touch = await page.context().newCDPSession(page);
    const send = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: { x: number; y: number }[]) =>
      touch.send("Input.dispatchTouchEvent", { type, touchPoints });
    await expectOrder(page, async () => {
      const [from, to] = [await middle(row(page, "one")), await middle(row(page, "three"))];
      await send("touchStart", { x: from.x, y: from.y });
      await row(page, "one").locator("input[name=ids]:checked").waitFor({ state: "attached" });
      for (let step = 1; step <= 6; step++)
        await send("touchMove", { x: from.x, y: from.y + ((to.y + to.height / 4 - from.y) * step) / 6 });
      await send("touchEnd");
      await page.locator(".dragged").waitFor({ state: "detached" });
    }, ["two", "three", "one"]);
    expect(await page.locator("input[name=ids]:checked").count()).toBe(0);
  });

  it("shows at once what was moved in another window", async () => {
    const { page, project } = await openProject(["one", "two", "three"]);
    const { items } = await (await page.request.get(`/api/tasks?project=${project.id}`)).json();
    const data = { ids: [items[2].id], action: "move", before: items[0].id };
    await page.request.post("/api/tasks/bulk", { data });
    await showsOrder(page, ["three", "one", "two"]);
  });
});

describe.skipIf(noBrowser)("subtasks", () => {
  it("are added and completed in the panel of their parent, whose row says how many are done", async () => {
    const { page } = await openProject(["one", "two"]);
    await row(page, "one").locator(".task-link").click();
    for (const title of ["a", "b"]) {
      await page.getByLabel("New subtask").fill(title);
      await page.getByLabel("New subtask").press("Enter");
      await page.locator(".subtask", { hasText: title }).waitFor();
    }
    await showsOrder(page, ["one", "  a", "  b", "two"]);
    await page.locator(".subtask", { hasText: "a" }).getByRole("button").click();
    await row(page, "one").getByText("1/2", { exact: true }).waitFor();
    await page.locator(".subtask[data-completed]", { hasText: "a" }).waitFor();
    await page.locator(".subtask", { hasText: "b" }).getByRole("link").click();
    await page.getByText("Subtask of").waitFor();
    await page.locator("#panel").getByRole("link", { name: "one" }).click();
    await page.getByText("Subtasks 1/2").waitFor();
  });
});
