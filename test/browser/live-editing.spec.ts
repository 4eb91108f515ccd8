import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { noBrowser, startSite } from "../support/browser.ts";
import { addTask, expectTitles, twoProcesses } from "../support/two-windows.ts";

const site = startSite();
const twoWindows = twoProcesses(site);
const it = test.serial;

const title = (page: Page) => page.getByLabel("Title", { exact: true });
const description = (page: Page) => page.getByLabel("Description");
const open = async (page: Page, name: string) => {
  await page.getByRole("link", { name, exact: true }).click();
  await page.locator(".panel-open").waitFor();
};
/** Returns the ID of the task in the URL. */
const idOf = (page: Page) => new URL(page.url()).pathname.split("/").at(-1);
const save = (page: Page) => page.getByRole("button", { name: "Save" }).click();
describe.skipIf(noBrowser)("open task", () => {
  it("shows changes from another window while it has no unsaved text", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["Plan", "Other"]);
    await open(theirs, "Plan");
    await open(mine, "Plan");
    await title(mine).fill("Plan B");
    await description(mine).fill("In detail");
    await save(mine);
    await theirs.waitForFunction(
      () => document.querySelector<HTMLTextAreaElement>("#description")?.value === "In detail",
    );
    expect(await title(theirs).inputValue()).toBe("Plan B");
    expect(await theirs.locator(":focus").getAttribute("id")).toBe("title");
    await description(theirs).fill("Saved without a conflict");
    await save(theirs);
    await theirs.getByText("Saved", { exact: true }).waitFor();
    await mine.locator("#panel").getByRole("button", { name: "Delete" }).click();
    await expectTitles(theirs, ["Other"]);
    await theirs.locator("#panel").waitFor({ state: "hidden" });
    await theirs.waitForURL("/tasks");
    await theirs.waitForFunction(() => document.activeElement !== document.body);
    expectQuiet();
  });

  it("keeps unsaved text, reports the conflict, and can save over it", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["Plan", "Other"]);
    await open(theirs, "Plan");
    await description(theirs).fill("My half of a sen");
    await open(mine, "Plan");
    await title(mine).fill("Plan B");
    await save(mine);
    await theirs.getByText("Your edits are kept.").waitFor();
    await addTask(mine, "Meanwhile");
    await expectTitles(theirs, ["Meanwhile", "Other", "Plan B"]);
    expect(await description(theirs).inputValue()).toBe("My half of a sen");
    expect(await theirs.locator(":focus").getAttribute("id")).toBe("description");
    await save(theirs);
    await theirs.getByText("save again to overwrite").waitFor();
    await save(theirs);
    await theirs.getByText("Saved", { exact: true }).waitFor();
    expectQuiet();
  });

  it("keeps unsaved text and reports the deletion in another window", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["Plan", "Other"]);
    await open(theirs, "Plan");
    await description(theirs).fill("My half of a sen");
    await mine.getByRole("button", { name: "Delete: Plan" }).click();
    await theirs.getByText("Deleted in another window").waitFor();
    expect(await description(theirs).inputValue()).toBe("My half of a sen");
    await save(theirs);
    await theirs.locator(".toast-problem", { hasText: "restored from the trash" }).waitFor();
    expect(await description(theirs).inputValue()).toBe("My half of a sen");
    await mine.request.post(`/api/trash/${idOf(theirs)}/restore`);
    await theirs.getByText("Your edits are kept.").waitFor();
    await save(theirs);
    await theirs.getByText("save again to overwrite").waitFor();
    await save(theirs);
    await theirs.getByText("Saved", { exact: true }).waitFor();
    expectQuiet();
  });

  it("is up to date in the list after unsaved text is discarded", async () => {
    const { mine, theirs } = await twoWindows(["Plan", "Other"]);
    await open(theirs, "Plan");
    await description(theirs).fill("Never mind");
    await open(mine, "Plan");
    await title(mine).fill("Plan B");
    await save(mine);
    await theirs.getByText("Your edits are kept.").waitFor();
    theirs.on("dialog", (dialog) => dialog.accept());
    await theirs.keyboard.press("Escape");
    await theirs.locator("#panel").waitFor({ state: "hidden" });
    await expectTitles(theirs, ["Other", "Plan B"]);
  });

  it("shows a bulk change of many tasks", async () => {
    const names = Array.from({ length: 120 }, (_, number) => `Task ${number}`);
    const { mine, theirs } = await twoWindows(names);
    await open(theirs, "Task 119");
    const { items } = (await (await mine.request.get("/api/tasks?limit=200")).json()) as { items: { id: string }[] };
    await mine.request.post("/api/tasks/bulk", { data: { ids: items.map(({ id }) => id), action: "complete" } });
    await expectTitles(theirs, []);
    await theirs.locator("#panel").getByRole("button", { name: "Reopen" }).waitFor();
  });

  it("shows changes on its own page", async () => {
    const { mine, theirs } = await twoWindows(["Plan"]);
    await theirs.goto((await theirs.getByRole("link", { name: "Plan", exact: true }).getAttribute("href")) ?? "");
    await mine.getByRole("button", { name: "Complete: Plan" }).click();
    await theirs.getByRole("button", { name: "Reopen" }).waitFor();
    const id = idOf(theirs);
    await mine.request.patch(`/api/tasks/${id}`, { data: { title: "Plan B" } });
    await theirs.waitForFunction(() => document.title === "Plan B · TaskFlow");
    await mine.request.delete(`/api/tasks/${id}`);
    await theirs.getByText("This task was deleted in another window.").waitFor();
    expect(
      await theirs.locator("#panel a").evaluateAll((links) => links.map((link) => link.getAttribute("href"))),
    ).toEqual(["/trash", "/tasks"]);
    await mine.request.post(`/api/trash/${id}/restore`);
    await theirs.getByRole("button", { name: "Reopen" }).waitFor();
    expect(await title(theirs).inputValue()).toBe("Plan B");
  });
});
