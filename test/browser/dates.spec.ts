import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { addTasks, noBrowser, shownTitles, startSite, violations, watch } from "../support/browser.ts";
import { expectTitles } from "../support/two-windows.ts";

const site = startSite();
const it = test.serial;

const ZONE = { timezoneId: "UTC" };
const day = (offset: number) => Temporal.Now.plainDateISO("UTC").add({ days: offset }).toString();
const row = (page: Page, title: string) => page.locator(".task", { hasText: title });
const countOf = (page: Page, place: string) => page.locator(`#navigation .place:has-text("${place}") .count`);
const undo = (page: Page) => page.locator(".toast-action").last().click();
/** Waits until the page shows what a response brought. */
const expectText = (page: Page, selector: string, text: string) =>
  page.locator(selector, { hasText: text }).first().waitFor();

describe.skipIf(noBrowser)("dates", () => {
  it("plan a day: add for today, move with the date menu, complete a repeating task, and undo", async () => {
    const page = await site.open(ZONE);
    const wrong = watch(page, site.url);
    await addTasks(page, [
      { title: "Late", dueDate: day(-2) },
      { title: "Water", dueDate: day(0), repeat: "FREQ=DAILY" },
      { title: "Someday" },
    ]);
    await page.goto("/today");
    await expectTitles(page, ["Late", "Water"]);
    expect(await row(page, "Late").locator(".task-due").innerText()).toStartWith("Overdue, ");
    expect(await countOf(page, "Today").innerText()).toBe("2");
    expect(await violations(page)).toEqual([]);

    await page.locator("#add-title").fill("Call Marta");
    await page.locator("#add-title").press("Enter");
    await expectTitles(page, ["Late", "Water", "Call Marta"]);
    expect(await countOf(page, "Today").innerText()).toBe("3");

    await row(page, "Late").locator(".task-link").focus();
    await page.keyboard.press("d");
    await page.locator("#date-menu[open]").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.locator("#date-menu").getByRole("button", { name: "Tomorrow" }).click();
    await expectText(page, ".toast-note", "Due tomorrow: Late");
    await expectTitles(page, ["Water", "Call Marta"]);
    await undo(page);
    await expectTitles(page, ["Late", "Water", "Call Marta"]);

    await row(page, "Water").locator(".tick").click();
    await expectText(page, ".toast-note", "Completed, due again tomorrow: Water");
    await expectTitles(page, ["Late", "Call Marta"]);
    await undo(page);
    await expectTitles(page, ["Late", "Water", "Call Marta"]);
    expect(wrong).toEqual([]);
  });

  it("move between the days of Upcoming by dragging, and live", async () => {
    const page = await site.open(ZONE);
    await addTasks(page, [
      { title: "One", dueDate: day(1) },
      { title: "Two", dueDate: day(2) },
      { title: "Three", dueDate: day(2) },
    ]);
    await page.goto("/upcoming");
    await expectTitles(page, ["One", "Two", "Three"]);
    const heads = () =>
      page.locator(".group-head:visible").evaluateAll((all) => all.map(({ id }) => id.replace("group-", "")));
    expect(await heads()).toEqual([day(1), day(2)]);
    await row(page, "Two").dragTo(row(page, "One"));
    await expectText(page, ".toast-note", "Due tomorrow: Two");
    await page.mouse.move(0, 0);
    await expectTitles(page, ["One", "Two", "Three"]);
    const { items } = await (await page.request.get(`/api/tasks?due=upcoming`)).json();
    expect(items.map(({ dueDate }: { dueDate: string }) => dueDate)).toEqual([day(1), day(1), day(2)]);

    const other = await site.open({ ...ZONE, as: page.context() });
    await other.goto("/today");
    await page.request.patch(`/api/tasks/${items[2].id}`, { data: { dueDate: day(0) } });
    await expectTitles(other, ["Three"]);
    await expectTitles(page, ["One", "Two"]);
    expect(await heads()).toEqual([day(1)]);
  });

  it("are set in the panel with time and repeat, and for a selection", async () => {
    const page = await site.open(ZONE);
    await addTasks(page, [{ title: "Report" }, { title: "Plan" }]);
    await page.goto("/tasks");
    await row(page, "Report").locator(".task-link").click();
    await page.locator("#panel #repeat").selectOption({ label: "Every day" });
    await expectText(page, "#repeat-issue", "Repeat needs a due date.");
    await page.locator("#dueDate").fill(day(1));
    await page.locator("#dueTime").fill("15:30");
    await page.locator("#dueTime").blur();
    await row(page, "Report")
      .filter({ hasText: /tomorrow 15:30.*every day/ })
      .waitFor();
    await page.locator("#panel .quick-dates").getByRole("button", { name: "No date" }).click();
    await expectText(page, ".toast-note", "No due date: Report");
    expect(await page.locator("#dueDate").inputValue()).toBe("");
    await page.locator("[data-close-panel]").click();

    for (const title of ["Report", "Plan"]) {
      await row(page, title).locator(".task-link").focus();
      await page.keyboard.press("x");
    }
    await page.locator(".bulk-more summary").click();
    await page.locator("#bulk input[type=date]").fill(day(3));
    await page.locator("#bulk").getByRole("button", { name: "Set date" }).click();
    await expectText(page, ".toast-note", "2 tasks changed.");
    await page.goto("/upcoming");
    expect((await shownTitles(page)).sort()).toEqual(["Plan", "Report"]);
  });
});
