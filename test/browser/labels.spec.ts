import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { addTasks, noBrowser, startSite, violations } from "../support/browser.ts";
import { addTask, expectTitles, twoProcesses } from "../support/two-windows.ts";

const site = startSite();
const twoWindows = twoProcesses(site);
const it = test.serial;

const place = (page: Page, name: string) => page.locator("#navigation .place", { hasText: name });
const saved = (page: Page) => page.locator("#panel").getByText("Saved", { exact: true }).waitFor();
const labelsOn = (page: Page) => page.locator(".task-labels .label").allInnerTexts();
const undo = (page: Page) => page.locator(".toast-action").last().click();

/** Gives the task of the first row labels. */
async function label(page: Page, names: string) {
  await page.locator(".task-link").first().focus();
  await page.keyboard.press("l");
  await page.locator("#labels:focus").waitFor();
  await page.keyboard.type(names);
  await page.keyboard.press("Tab");
  await saved(page);
}

describe.skipIf(noBrowser)("labels", () => {
  it("are typed with completion, show on rows and in the side bar, and in another window", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["Buy paint", "Mow"]);
    await label(mine, "Garden, summer");
    await theirs.locator(".label", { hasText: "summer" }).waitFor();
    await place(theirs, "Garden").locator(".count", { hasText: "1" }).waitFor();
    await mine.keyboard.press("Escape");
    // Another task: by the first letters, chosen with the keyboard, and after the labels that it has.
    await mine.locator(".task-link").last().focus();
    await mine.keyboard.press("l");
    await mine.locator("#labels:focus").waitFor();
    await mine.keyboard.type("gar");
    await mine.getByRole("option", { name: "Garden" }).waitFor();
    await mine.keyboard.press("ArrowDown");
    await mine.keyboard.press("Enter");
    await mine.keyboard.type("sum");
    await mine.getByRole("option", { name: "summer" }).click();
    expect(await mine.locator("#labels").inputValue()).toBe("Garden, summer, ");
    await mine.keyboard.press("Tab");
    await saved(mine);
    expect(await mine.locator("#labels").inputValue()).toBe("Garden, summer");
    expect(await labelsOn(mine)).toEqual(["Garden", "summer", "Garden", "summer"]);
    await place(theirs, "Garden").locator(".count", { hasText: "2" }).waitFor();
    await mine.locator("#panel").getByRole("button", { name: "Undo" }).click();
    await place(theirs, "Garden").locator(".count", { hasText: "1" }).waitFor();
    // Escape closes the list of options, not the task.
    await mine.locator("#labels").click();
    await mine.getByRole("option", { name: "Garden" }).waitFor();
    await mine.keyboard.press("Escape");
    expect(await mine.locator(".label-options").count()).toBe(0);
    await mine.locator("#panel.panel-open").waitFor();
    expectQuiet();
  });

  it("have a page each, whose line for new tasks gives them the label", async () => {
    const { mine, theirs } = await twoWindows(["Buy paint", "Mow"]);
    await label(mine, "Garden");
    await mine.keyboard.press("Escape");
    await mine.locator(".label").click();
    await mine.waitForURL("**/labels/Garden");
    await expectTitles(mine, [await mine.locator(".task-title").innerText()]);
    await theirs.goto("/labels/garden");
    await theirs.waitForURL("**/labels/Garden");
    await addTask(mine, "Plant tulips");
    await theirs.locator(".task-title", { hasText: "Plant tulips" }).waitFor();
    // Opened, reloaded and closed, the list is the same.
    await theirs.locator(".task-title", { hasText: "Plant tulips" }).click();
    await theirs.waitForURL(/label=Garden/);
    await theirs.reload();
    await theirs.getByRole("heading", { name: "Garden" }).waitFor();
    expect(await theirs.locator("#labels").inputValue()).toBe("Garden");
    await theirs.locator("[data-close-panel]").click();
    await theirs.waitForURL("**/labels/Garden");
    // Without its label the task leaves the list.
    await mine.locator(".task-title", { hasText: "Plant tulips" }).click();
    await mine.locator(".panel-title:focus").waitFor();
    await mine.locator("#labels").press("Control+a");
    await mine.keyboard.press("Delete");
    await mine.keyboard.press("Tab");
    await saved(mine);
    await theirs.locator(".task-title", { hasText: "Plant tulips" }).waitFor({ state: "hidden" });
  });

  it("are added to and removed from a selection", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "A" }, { title: "B" }]);
    await page.goto("/tasks");
    for (const title of ["A", "B"]) {
      await page.locator(".task", { hasText: title }).locator(".task-link").focus();
      await page.keyboard.press("x");
    }
    const choose = async (action: string) => {
      await page.locator(".bulk-more summary").click();
      await page.getByLabel("Label for the selected").fill("errand");
      await page.getByRole("button", { name: action }).click();
      await page.getByText("2 tasks changed.").last().waitFor();
    };
    await choose("Add label");
    await page.locator(".label").nth(1).waitFor();
    expect(await labelsOn(page)).toEqual(["errand", "errand"]);
    await undo(page);
    await page.locator(".label").first().waitFor({ state: "detached" });
  });

  it("are renamed, merged and removed everywhere, each with Undo and live", async () => {
    const { mine, theirs } = await twoWindows(["Buy paint", "Mow"]);
    await label(mine, "Garden, home");
    await place(mine, "All labels").click();
    await mine.waitForURL("**/labels");
    const change = (name: string) => mine.getByLabel(`Change: ${name}`).click();
    await change("Garden");
    await mine.getByLabel("New name").first().fill("Outside");
    await mine.getByRole("button", { name: "Rename" }).first().click();
    await mine.getByText("Outside: 1 task changed").waitFor();
    await theirs.locator(".label", { hasText: "Outside" }).waitFor();
    await undo(mine);
    await theirs.locator(".label", { hasText: "Garden" }).waitFor();
    await mine.getByLabel("Change: Garden").waitFor();
    expect(await violations(mine)).toEqual([]);
    await change("Garden");
    await mine.getByRole("button", { name: "Remove: Garden" }).click();
    await mine.getByText("Garden: removed from 1 task").waitFor();
    await theirs.locator(".label", { hasText: "Garden" }).waitFor({ state: "detached" });
    expect(await labelsOn(theirs)).toEqual(["home"]);
  });

  it("work without JavaScript", async () => {
    const page = await site.open({ javaScriptEnabled: false });
    await addTasks(page, [{ title: "Buy paint" }]);
    await page.goto("/tasks");
    await page.locator(".task-link").click();
    await page.getByLabel("Labels").fill("Garden, a/b & c?, ");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved", { exact: true }).waitFor();
    expect(await labelsOn(page)).toEqual(["Garden", "a/b & c?"]);
    await page.locator(".label", { hasText: "a/b" }).click();
    await page.getByRole("heading", { name: "a/b & c?" }).waitFor();
    await page.getByLabel("New task").fill("Sand the door");
    await page.getByLabel("New task").press("Enter");
    await page.locator(".task-title", { hasText: "Sand the door" }).waitFor();
    expect(await page.locator(".task-title").allInnerTexts()).toEqual(["Sand the door", "Buy paint"]);
    await page.goto("/labels");
    await page.getByLabel("Change: a/b & c?").click();
    await page.locator("details[open]").getByLabel("New name").fill("garden");
    await page.locator("details[open]").getByRole("button", { name: "Rename" }).click();
    await page.getByText("Garden: 2 tasks changed").waitFor();
  });
});
