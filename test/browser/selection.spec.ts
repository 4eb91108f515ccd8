import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { addTasks, noBrowser, selectTask, startSite } from "../support/browser.ts";
import { expectCount, expectTitles } from "../support/two-windows.ts";

const site = startSite();
const it = test.serial;

const undo = (page: Page) => page.locator(".toast-action").last().click();
const count = (page: Page) => page.locator("#bulk-count").innerText();
const selected = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll(".task:has(:checked) .task-title")].map(({ textContent }) => textContent).join(""),
  );

/** Adds tasks with one request. */
async function addMany(page: Page, titles: string[]) {
  for (let start = 0; start < titles.length; start += 200)
    await page.request.post("/tasks/lines", { form: { lines: titles.slice(start, start + 200).join("\n") } });
}
const numbered = (length: number) => Array.from({ length }, (_, index) => `Task ${index}`);

describe.skipIf(noBrowser)("selection", () => {
  it("changes several tasks at once, and undoes it", async () => {
    const page = await site.open();
    await addTasks(
      page,
      ["A", "B", "C", "D"].map((title) => ({ title })),
    );
    await page.goto("/tasks");
    const select = async (...titles: string[]) => {
      for (const title of titles) await selectTask(page, title);
    };
    await select("A", "C");
    expect(await page.locator("#bulk-count").innerText()).toBe("2 selected");
    await page.locator("#bulk").getByRole("button", { name: "Complete" }).click();
    await expectTitles(page, ["D", "B"]);
    await undo(page);
    await expectTitles(page, ["D", "C", "B", "A"]);
    await select("B");
    await page.locator(".bulk-more summary").click();
    await page.getByLabel("Priority for the selected").selectOption("High priority");
    await page.getByRole("button", { name: "Set priority" }).click();
    await page.locator(".task", { hasText: "B" }).getByText("High priority").waitFor();
    await select("A", "B", "C", "D");
    await page.locator("#bulk").getByRole("button", { name: "Delete" }).click();
    await page.getByText("Nothing here yet.").waitFor();
    await undo(page);
    await expectTitles(page, ["D", "C", "B", "A"]);
    for (const title of ["D", "C", "B", "A"]) await page.getByRole("button", { name: `Complete: ${title}` }).click();
    await page.getByText("All done.").waitFor();
  });

  it("is what the keys of a row act on", async () => {
    const page = await site.open();
    await addMany(page, numbered(4));
    await page.goto("/tasks");
    const selectTwo = async () => {
      await page.locator(".task-link").first().focus();
      for (const key of ["x", "j", "x"]) await page.keyboard.press(key);
    };
    await selectTwo();
    await page.keyboard.press("d");
    await page.locator("#bulk input[type=date]:focus").fill("2026-12-24");
    await page.getByRole("button", { name: "Set date" }).click();
    await page.locator(".toast-note", { hasText: "2 tasks" }).waitFor();
    expect(await page.locator(".task-due").count()).toBe(2);
    await page.goto("/tasks");
    await selectTwo();
    await page.keyboard.press("Delete");
    await page.locator(".toast-note", { hasText: "2 tasks" }).waitFor();
    await page.locator(".task:not(.leaving):visible").nth(2).waitFor({ state: "detached" });
    expect(await page.locator(".task:not(.leaving):visible").count()).toBe(2);
  });

  it("selects at most as many tasks as a bulk action accepts, and shows the limit", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "A" }, { title: "B" }, { title: "C" }]);
    await page.goto("/tasks");
    await page.evaluate(() => document.querySelector("#bulk")?.setAttribute("data-most", "2"));
    await selectTask(page, "A");
    await page.getByRole("button", { name: "Select all" }).click();
    expect(await page.locator("#bulk-count").innerText()).toBe("2 selected (the most at once)");
  });

  it("selects the rows between two clicks with Shift, on the box and beside it", async () => {
    const page = await site.open();
    await addMany(page, ["A", "B", "C", "D", "E", "F"]);
    await page.goto("/tasks");
    const box = (title: string) => page.getByLabel(`Select: ${title}`);
    expect(await box("B").isVisible()).toBe(false);
    await page.locator(".view-menu summary").click();
    await page.getByLabel("Select tasks").check();
    await box("B").click();
    await box("D").click({ modifiers: ["Shift"] });
    expect(await selected(page)).toBe("BCD");
    // The label around the box, on the way up, and to the opposite.
    const beside = page.locator(".task", { has: page.getByText("F", { exact: true }) }).locator(".task-select");
    await beside.click({ position: { x: 4, y: 4 } });
    await box("E").click({ modifiers: ["Shift"] });
    expect(await selected(page)).toBe("BCDEF");
    await box("C").click();
    const first = page.locator(".task-select").first();
    await first.click({ position: { x: 4, y: 4 }, modifiers: ["Shift"] });
    expect([await selected(page), await count(page)]).toEqual(["ABCDEF", "6 selected"]);
    expect(await page.evaluate(() => String(getSelection()))).toBe("");
  });

  it("offers every task that matches, changes all of them on the server, and undoes it as one action", async () => {
    const page = await site.open();
    await addMany(page, [...numbered(101), "Other"]);
    await page.goto("/tasks?q=task");
    await selectTask(page, "Task 3");
    const all = page.getByLabel("Select all 101 that match");
    expect(await all.isVisible()).toBe(false);
    await page.getByRole("button", { name: "Select all", exact: true }).click();
    expect(await count(page)).toBe("50 selected");
    await all.check();
    expect(await count(page)).toBe("101 selected");
    // It ends with one that is left out and with another list. Rows that are loaded later are selected as well.
    await page.getByLabel("Search tasks").fill("other");
    await expectTitles(page, ["Other"]);
    await page.getByLabel("Search tasks").fill("task");
    await page.getByRole("link", { name: "Task 3", exact: true }).waitFor();
    expect(await selected(page)).toBe("");
    await selectTask(page, "Task 0");
    await page.getByRole("button", { name: "Select all", exact: true }).click();
    await all.check();
    await page.getByLabel("Select: Task 3", { exact: true }).uncheck({ force: true });
    expect([await count(page), await all.isVisible()]).toEqual(["49 selected", false]);
    await page.getByRole("button", { name: "Select all", exact: true }).click();
    await all.check();
    await page.locator(".load-more").scrollIntoViewIfNeeded();
    await page.getByLabel("Select: Task 60", { exact: true }).waitFor();
    await page.waitForFunction(() => document.querySelectorAll(".task :checked").length === 100);
    expect(await count(page)).toBe("101 selected");
    await page.locator("#bulk").getByRole("button", { name: "Complete" }).click();
    await page.getByText("101 tasks completed.").waitFor();
    await page.getByText("No open task matches “task”.").waitFor();
    await expectCount(page, "1");
    await undo(page);
    await expectCount(page, "102");
    await page.getByRole("link", { name: "Task 7", exact: true }).waitFor();
    expect((await (await page.request.get("/api/tasks?status=open&limit=1")).json()).totals.open).toBe(102);
  });

  it("works on every task that matches without JavaScript", async () => {
    const page = await site.open({ javaScriptEnabled: false });
    await addMany(page, numbered(60));
    await page.goto("/tasks?sort=title");
    await page.locator(".view-menu summary").click();
    await page.getByLabel("Select tasks").check();
    await page.locator(".view-menu summary").click();
    await page.locator('input[name="ids"]').first().check();
    await page.getByLabel("Select all 60 that match").check();
    await Promise.all([page.waitForEvent("load"), page.locator("#bulk").getByText("Delete").click()]);
    expect(await page.innerText("#toasts")).toContain("60 tasks deleted.");
    await Promise.all([page.waitForEvent("load"), page.click(".toast-action")]);
    expect(await page.locator(".task").count()).toBe(50);
  });

  it("counts only the tasks that changed", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "Open" }, { title: "Done", completed: true }]);
    await page.goto("/tasks?status=all");
    await selectTask(page, "Open");
    await page.getByRole("button", { name: "Select all", exact: true }).click();
    await page.locator("#bulk").getByRole("button", { name: "Reopen" }).click();
    await page.getByText("1 task reopened.").waitFor();
  });

  it("does not run an action when Enter is pressed on a box", async () => {
    const page = await site.open();
    await addMany(page, ["A"]);
    await page.goto("/tasks");
    await selectTask(page, "A");
    await page.getByLabel("Select: A").focus();
    await page.keyboard.press("Enter");
    expect(await selected(page)).toBe("");
    await selectTask(page, "A");
    await page.getByLabel("Select: A").focus();
    expect([await selected(page), await count(page)]).toEqual(["A", "1 selected"]);
    await page.keyboard.press("Enter");
    expect(await selected(page)).toBe("");
    await page.reload();
    await expectTitles(page, ["A"]);
  });

  it.each([
    [1440, 900, 120],
    [360, 740, 240],
    [320, 256, 60],
  ])("shows a bar as wide as the list, which leaves the list in view: %d × %d", async (width, height, most) => {
    const page = await site.open({ viewport: { width, height }, reducedMotion: "reduce" });
    await addMany(page, numbered(60));
    await page.goto("/tasks");
    await selectTask(page, "Task 1");
    await page.getByRole("button", { name: "Select all", exact: true }).click();
    const [bar, list] = await Promise.all(
      ["#bulk", "#task-list"].map((selector) => page.locator(selector).boundingBox()),
    );
    expect([bar?.x, bar?.width]).toEqual([list?.x, list?.width]);
    expect(bar?.height).toBeLessThan(most);
    // Focus in the bar moves nothing, and a focused row is not behind the bar.
    const scroll = () => page.evaluate(() => scrollY);
    const before = await scroll();
    await page.locator("#bulk").getByText("Complete").focus();
    expect(await scroll()).toBe(before);
    for (const key of ["End", "ArrowUp", "ArrowUp"]) {
      await page.locator("#task-list [tabindex='0']").focus();
      await page.keyboard.press(key);
    }
    const row = await page.locator(".task:has(:focus)").boundingBox();
    expect((row?.y ?? 0) + (row?.height ?? 0)).toBeLessThanOrEqual((await page.locator("#bulk").boundingBox())?.y ?? 0);
  });
});
