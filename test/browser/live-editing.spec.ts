import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { deleteOpenTask, deleteTask, noBrowser, save, startSite } from "../support/browser.ts";
import { addTask, expectTitles, twoProcesses } from "../support/two-windows.ts";

const site = startSite();
const twoWindows = twoProcesses(site);
const it = test.serial;

const title = (page: Page) => page.getByLabel("Title", { exact: true });
const description = (page: Page) => page.getByLabel("Notes", { exact: true });
const open = async (page: Page, name: string) => {
  await page.getByRole("link", { name, exact: true }).click();
  await page.locator(".panel-open").waitFor();
};
/** Returns the ID of the task in the URL. */
const idOf = (page: Page) => new URL(page.url()).pathname.split("/").at(-1);
/** Waits until both versions are shown: each field that differs, with yours and theirs. */
const expectVersions = (page: Page, texts: string[]) =>
  page.waitForFunction(
    (wanted) =>
      JSON.stringify([...document.querySelectorAll(".conflict :is(h2, dd)")].map(({ textContent }) => textContent)) ===
      wanted,
    JSON.stringify(texts),
  );
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
    await theirs.getByRole("button", { name: "Edit notes" }).click();
    await description(theirs).fill("Saved without a conflict");
    await save(theirs);
    await theirs.getByText("Saved", { exact: true }).waitFor();
    await deleteOpenTask(mine);
    await expectTitles(theirs, ["Other"]);
    await theirs.locator("#panel").waitFor({ state: "hidden" });
    await theirs.waitForURL("/tasks");
    await theirs.waitForFunction(() => document.activeElement !== document.body);
    expectQuiet();
  });

  it("keeps unsaved text, reports the conflict, and can save over it", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["Plan", "Other"]);
    await open(theirs, "Plan");
    await title(theirs).fill("My half of a sen");
    await open(mine, "Plan");
    await title(mine).fill("Plan B");
    await save(mine);
    await theirs.getByText("Your edits are kept.").waitFor();
    await addTask(mine, "Meanwhile");
    await expectTitles(theirs, ["Meanwhile", "Other", "Plan B"]);
    expect(await title(theirs).inputValue()).toBe("My half of a sen");
    expect(await theirs.locator(":focus").getAttribute("id")).toBe("title");
    await theirs.locator(".panel-note").getByRole("button", { name: "Save" }).click();
    await expectVersions(theirs, ["Title", "My half of a sen", "Plan B"]);
    // Neither Enter nor a second window's change lets a version be overwritten that was not shown.
    await title(theirs).press("Enter");
    await mine.request.patch(`/api/tasks/${idOf(theirs)}`, { data: { title: "Plan C" } });
    await expectTitles(theirs, ["Meanwhile", "Other", "Plan C"]);
    await theirs.getByRole("button", { name: "Overwrite" }).click();
    await expectVersions(theirs, ["Title", "My half of a sen", "Plan C"]);
    await theirs.getByRole("button", { name: "Overwrite" }).click();
    await theirs.getByText("Saved", { exact: true }).waitFor();
    await expectTitles(mine, ["Meanwhile", "Other", "My half of a sen"]);
    expect(await theirs.getByRole("button", { name: "Overwrite" }).count()).toBe(0);
    expectQuiet();
  });

  it("keeps the edits of other fields in two windows, without a question", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["Plan"]);
    await open(theirs, "Plan");
    await description(theirs).fill("In detail");
    await open(mine, "Plan");
    await title(mine).fill("Plan B");
    await save(mine);
    await theirs.getByText("Your edits are kept.").waitFor();
    await save(theirs);
    await theirs.getByText("Saved", { exact: true }).waitFor();
    expect(await title(theirs).inputValue()).toBe("Plan B");
    await mine.locator(".notes-view", { hasText: "In detail" }).waitFor();
    expectQuiet();
  });

  it.each([true, false])(
    "can be given up for the version of the other window: JavaScript %p",
    async (javaScriptEnabled) => {
      const { mine, theirs, expectQuiet } = await twoWindows(["Plan"], { javaScriptEnabled });
      const href = (await mine.getByRole("link", { name: "Plan", exact: true }).getAttribute("href")) ?? "";
      // Without a script each window has the task on its own page.
      for (const page of [mine, theirs]) await (javaScriptEnabled ? open(page, "Plan") : page.goto(href));
      // Unsaved input keeps the live update out of the form.
      await title(theirs).fill("My plan");
      await title(mine).fill("Plan B");
      // Without a script there is a button.
      const submit = (page: Page) =>
        javaScriptEnabled ? save(page) : page.getByRole("button", { name: "Save" }).click();
      await submit(mine);
      await mine.getByText("Saved", { exact: true }).waitFor();
      await submit(theirs);
      await expectVersions(theirs, ["Title", "My plan", "Plan B"]);
      theirs.on("dialog", () => expect().fail("Use theirs asks nothing"));
      await theirs.getByRole("link", { name: "Use theirs" }).click();
      await theirs.getByRole("button", { name: "Overwrite" }).waitFor({ state: "detached" });
      expect(await title(theirs).inputValue()).toBe("Plan B");
      if (!javaScriptEnabled) return;
      expect(await theirs.locator(":focus").getAttribute("id")).toBe("title");
      await theirs.keyboard.press("Escape");
      await theirs.locator("#panel").waitFor({ state: "hidden" });
      expectQuiet();
    },
  );

  it("keeps unsaved text and reports the deletion in another window", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["Plan", "Other"]);
    await open(theirs, "Plan");
    await description(theirs).fill("My half of a sen");
    await deleteTask(mine, "Plan");
    await theirs.getByText("Deleted in another window").waitFor();
    expect(await description(theirs).inputValue()).toBe("My half of a sen");
    await save(theirs);
    await theirs.locator(".toast-problem", { hasText: "restored from the trash" }).waitFor();
    expect(await description(theirs).inputValue()).toBe("My half of a sen");
    await mine.request.post(`/api/trash/${idOf(theirs)}/restore`);
    await theirs.getByText("Your edits are kept.").waitFor();
    await save(theirs);
    await theirs.getByText("Saved", { exact: true }).waitFor();
    expectQuiet();
  });

  it("is up to date in the list after unsaved text is discarded", async () => {
    const { mine, theirs } = await twoWindows(["Plan", "Other"]);
    await open(theirs, "Plan");
    await title(theirs).fill("Never mind");
    await open(mine, "Plan");
    await title(mine).fill("Plan B");
    await save(mine);
    await theirs.getByText("Your edits are kept.").waitFor();
    theirs.on("dialog", (dialog) => dialog.accept());
    // Closing saves, which shows both versions first.
    await theirs.keyboard.press("Escape");
    await theirs.getByRole("region", { name: "Both versions" }).waitFor();
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
    await theirs.getByRole("button", { name: "Reopen this task" }).waitFor();
  });

  it("shows changes after a reload, and closes when it is deleted in another window", async () => {
    const { mine, theirs } = await twoWindows(["Plan"]);
    await theirs.goto((await theirs.getByRole("link", { name: "Plan", exact: true }).getAttribute("href")) ?? "");
    await mine.getByRole("button", { name: "Complete: Plan" }).click();
    await theirs.getByRole("button", { name: "Reopen this task" }).waitFor();
    const id = idOf(theirs);
    await mine.request.patch(`/api/tasks/${id}`, { data: { title: "Plan B" } });
    await theirs.waitForFunction(() => document.title === "Plan B · TaskFlow");
    await mine.request.delete(`/api/tasks/${id}`);
    await theirs.waitForURL("/tasks");
    expect(await theirs.locator("#panel").isVisible()).toBe(false);
    expect(await theirs.title()).toBe("All tasks · TaskFlow");
  });
});
