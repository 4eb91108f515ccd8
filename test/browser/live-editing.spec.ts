import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { noBrowser, stage } from "../support/browser.ts";
import { addByLine, expectTitles, twoProcesses } from "../support/screens.ts";

const site = stage();
const twoScreens = twoProcesses(site);
const it = test.serial;

const title = (page: Page) => page.getByLabel("Title", { exact: true });
const description = (page: Page) => page.getByLabel("Description");
const open = async (page: Page, name: string) => {
  await page.getByRole("link", { name, exact: true }).click();
  await page.locator(".panel-open").waitFor();
};
/** Of the task that the address is about. */
const idOf = (page: Page) => new URL(page.url()).pathname.split("/").at(-1);
const save = (page: Page) => page.getByRole("button", { name: "Save" }).click();
describe.skipIf(noBrowser)("a task that is open", () => {
  it("follows what is done to it elsewhere while nothing is being written", async () => {
    const { mine, theirs, expectQuiet } = await twoScreens(["Plan", "Other"]);
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

  it("keeps the words that are being written, says that it was changed, and lets them be saved", async () => {
    const { mine, theirs, expectQuiet } = await twoScreens(["Plan", "Other"]);
    await open(theirs, "Plan");
    await description(theirs).fill("My half of a sen");
    await open(mine, "Plan");
    await title(mine).fill("Plan B");
    await save(mine);
    await theirs.getByText("Your edits are kept.").waitFor();
    await addByLine(mine, "Meanwhile");
    await expectTitles(theirs, ["Meanwhile", "Other", "Plan B"]);
    expect(await description(theirs).inputValue()).toBe("My half of a sen");
    expect(await theirs.locator(":focus").getAttribute("id")).toBe("description");
    await save(theirs);
    await theirs.getByText("save again to overwrite").waitFor();
    await save(theirs);
    await theirs.getByText("Saved", { exact: true }).waitFor();
    expectQuiet();
  });

  it("keeps the words that are being written when it is deleted, and says so", async () => {
    const { mine, theirs, expectQuiet } = await twoScreens(["Plan", "Other"]);
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

  it("is in the list what it is by now, also when the words that were being written are given up", async () => {
    const { mine, theirs } = await twoScreens(["Plan", "Other"]);
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

  it("follows when very many are changed with it", async () => {
    const names = Array.from({ length: 120 }, (_, number) => `Task ${number}`);
    const { mine, theirs } = await twoScreens(names);
    await open(theirs, "Task 119");
    const { items } = (await (await mine.request.get("/api/tasks?limit=200")).json()) as { items: { id: string }[] };
    await mine.request.post("/api/tasks/bulk", { data: { ids: items.map(({ id }) => id), action: "complete" } });
    await expectTitles(theirs, []);
    await theirs.locator("#panel").getByRole("button", { name: "Reopen" }).waitFor();
  });

  it("follows on a page of its own as well", async () => {
    const { mine, theirs } = await twoScreens(["Plan"]);
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
