import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { noBrowser, startSite, violations } from "../support/browser.ts";
import { addTask, expectTitles, twoProcesses } from "../support/two-windows.ts";

const site = startSite();
const twoWindows = twoProcesses(site);
const it = test.serial;

const place = (page: Page, name: string) => page.locator("#navigation .place", { hasText: name });
const undo = (page: Page) => page.locator(".toast-action").last().click();

/** Creates a project with the form. */
async function createProject(page: Page, name: string) {
  await page.goto("/projects/new");
  await page.getByLabel("Name").fill(name);
  await page.getByRole("radio", { name: "Purple" }).check({ force: true });
  await page.getByRole("radio", { name: "Travel" }).check({ force: true });
  await page.getByRole("button", { name: "Create project" }).click();
  await page.waitForURL(/\/projects\/[\w-]{36}$/);
}

const openMenu = (page: Page) => page.getByLabel("Project menu").click();

describe.skipIf(noBrowser)("projects", () => {
  it("get tasks, by the keyboard as well, and show in another window", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["Buy milk"]);
    await createProject(mine, "Trip to Lyon");
    await place(theirs, "Trip to Lyon").waitFor();
    await addTask(mine, "Book the train");
    await expectTitles(mine, ["Book the train"]);
    await place(mine, "Trip to Lyon").locator(".count", { hasText: "1" }).waitFor();
    await place(theirs, "Trip to Lyon").locator(".count", { hasText: "1" }).waitFor();
    // Their list has both, each with its project.
    await expectTitles(theirs, ["Book the train", "Buy milk"]);
    expect(await theirs.locator(".task-project").allInnerTexts()).toEqual(["Trip to Lyon"]);

    // The row with the focus, by the first letters of a project.
    await place(mine, "Inbox").click();
    await expectTitles(mine, ["Buy milk"]);
    await mine.locator(".task-link").focus();
    await mine.keyboard.press("p");
    await mine.keyboard.press("t");
    await mine.keyboard.press("Enter");
    await expectTitles(mine, []);
    await place(theirs, "Trip to Lyon").locator(".count", { hasText: "2" }).waitFor();
    await undo(mine);
    await expectTitles(mine, ["Buy milk"]);

    // The field of the open task.
    await mine.locator(".task-link").click();
    await mine.locator("#panel").getByLabel("Project").selectOption({ label: "Trip to Lyon" });
    await mine.locator("#panel").getByText("Saved").waitFor();
    await expectTitles(mine, []);

    // A selection.
    await theirs.goto(new URL((await place(theirs, "Trip to Lyon").getAttribute("href")) ?? "", theirs.url()).href);
    await expectTitles(theirs, ["Buy milk", "Book the train"]);
    await theirs.locator(".task-link").first().focus();
    await theirs.keyboard.press("x");
    await theirs.locator(".bulk-more summary").click();
    await theirs.getByLabel("Project for the selected").selectOption({ label: "Inbox" });
    await theirs.getByRole("button", { name: "Move", exact: true }).click();
    await expectTitles(theirs, ["Book the train"]);
    await expectTitles(mine, ["Buy milk"]);
    expectQuiet();
  });

  it("are renamed, archived, deleted and restored, each with Undo and live", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows();
    await createProject(mine, "Garden");
    await addTask(mine, "Plant tulips");
    await expectTitles(mine, ["Plant tulips"]);
    await openMenu(mine);
    await mine.getByRole("link", { name: "Edit" }).click();
    await mine.getByLabel("Name").fill("Balcony");
    await mine.getByRole("button", { name: "Save" }).click();
    await mine.getByRole("heading", { name: "Balcony" }).waitFor();
    await theirs.locator(".task-project", { hasText: "Balcony" }).waitFor();
    await undo(mine);
    await mine.getByRole("heading", { name: "Garden" }).waitFor();
    await place(theirs, "Garden").waitFor();

    await openMenu(mine);
    await mine.getByRole("button", { name: "Archive: Garden" }).click();
    await mine.getByText("Archived: Garden").waitFor();
    await place(theirs, "Garden").waitFor({ state: "detached" });
    await expectTitles(theirs, []);
    await undo(mine);
    await place(theirs, "Garden").waitFor();

    await openMenu(mine);
    await mine.getByRole("button", { name: "Delete", exact: true }).click();
    await mine.waitForURL("**/projects");
    await place(theirs, "Garden").waitFor({ state: "detached" });
    await mine.goto("/trash");
    await mine.getByRole("button", { name: "Restore: Garden" }).click();
    await mine.getByText("Restored: Garden").waitFor();
    await place(theirs, "Garden").waitFor();
    await expectTitles(theirs, ["Plant tulips"]);
    expectQuiet();
  });

  it("work without JavaScript", async () => {
    const page = await site.open({ javaScriptEnabled: false });
    await createProject(page, "Garden");
    await page.getByText("Created: Garden").waitFor();
    await page.getByLabel("New task").fill("Plant tulips");
    await page.getByLabel("New task").press("Enter");
    await page.locator(".task-title", { hasText: "Plant tulips" }).click();
    await page.waitForURL(/\/tasks\/[\w-]{36}/);
    await page.getByRole("heading", { name: "Garden" }).waitFor();
    await page.locator("#panel").getByLabel("Project").selectOption({ label: "Inbox" });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved", { exact: true }).waitFor();
    await place(page, "Garden").click();
    await openMenu(page);
    await page.getByRole("button", { name: "Archive: Garden" }).click();
    await page.getByText("Archived: Garden").waitFor();
    await undo(page);
    await page.getByText("Undone").waitFor();
    await openMenu(page);
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("Deleted: Garden").waitFor();
    await place(page, "Garden").waitFor({ state: "detached" });
    await undo(page);
    await place(page, "Garden").waitFor();
    await page.goto("/tasks");
    await page.locator(".view-menu summary").click();
    await page.getByLabel("Select tasks").check();
    await page.locator(".view-menu summary").click();
    await page.getByRole("checkbox", { name: "Select: Plant tulips" }).check();
    await page.locator(".bulk-more summary").click();
    await page.getByLabel("Project for the selected").selectOption({ label: "Garden" });
    await page.getByRole("button", { name: "Move", exact: true }).click();
    await page.getByText("1 task moved.").waitFor();
    expect(await page.locator(".task-project").allInnerTexts()).toEqual(["Garden"]);
  });

  it("keep the reader's order, which the keyboard changes, and are accessible", async () => {
    const page = await site.open();
    for (const name of ["One", "Two", "Three"]) await page.request.post("/api/projects", { data: { name } });
    await page.goto("/projects");
    await page.getByRole("button", { name: "Move up: Three" }).press("Enter");
    await page.waitForFunction(() => document.querySelectorAll(".project-name")[1]?.textContent === "Three");
    // The button keeps the focus, also where there is no further place.
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll(".project-name")[0]?.textContent === "Three");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Move up: Three");
    expect(await page.locator("#navigation a[href^='/projects/'] .place-name").allInnerTexts()).toEqual([
      expect.stringContaining("Inbox"),
      ...["Three", "One", "Two", "New project"],
    ]);
    expect(await violations(page)).toEqual([]);
    for (const path of ["/projects/new", (await place(page, "One").getAttribute("href")) ?? ""]) {
      await page.goto(path);
      for (const scheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        expect(await violations(page, scheme)).toEqual([]);
      }
    }
  });
});
