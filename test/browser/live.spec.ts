import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { noBrowser, stage } from "../support/browser.ts";
import { addByLine, expectCounts, expectTitles, twoProcesses } from "../support/screens.ts";

const site = stage();
const twoScreens = twoProcesses(site);
const it = test.serial;

const undo = (page: Page, what: string) =>
  page.locator(".toast-note", { hasText: what }).getByRole("button", { name: "Undo" }).click();

describe.skipIf(noBrowser)("what is done on one screen", () => {
  it("shows on the other: added, renamed, ticked, deleted, many at once, and undone", async () => {
    const { mine, theirs, expectQuiet } = await twoScreens(["A", "B"]);
    await addByLine(mine, "C");
    await expectTitles(theirs, ["C", "B", "A"]);
    await expectCounts(theirs, ["3", "0", "3"]);

    await mine.getByRole("link", { name: "B", exact: true }).click();
    await mine.getByLabel("Title", { exact: true }).fill("Bee");
    await mine.getByRole("button", { name: "Save" }).click();
    await expectTitles(theirs, ["C", "Bee", "A"]);

    await mine.getByRole("button", { name: "Complete: C" }).click();
    await expectTitles(theirs, ["Bee", "A"]);
    await expectCounts(theirs, ["2", "1", "3"]);
    await undo(mine, "Completed: C");
    await expectTitles(theirs, ["C", "Bee", "A"]);

    await mine.getByRole("button", { name: "Delete: A" }).click();
    await expectTitles(theirs, ["C", "Bee"]);
    await undo(mine, "Deleted: A");
    await expectTitles(theirs, ["C", "Bee", "A"]);

    for (const title of ["C", "A"]) await mine.getByLabel(`Select: ${title}`).check({ force: true });
    await mine.locator("#bulk").getByRole("button", { name: "Delete" }).click();
    await expectTitles(theirs, ["Bee"]);
    await undo(mine, "2 tasks deleted.");
    await expectTitles(theirs, ["C", "Bee", "A"]);
    await expectTitles(mine, ["C", "Bee", "A"]);
    expect(await theirs.locator(".toast-note").count()).toBe(0);
    expectQuiet();
  });

  it("shows where it belongs: in the view that the other has, and nowhere else", async () => {
    const { mine, theirs } = await twoScreens(["Milk", "Bread"]);
    await theirs.goto("/tasks?status=completed");
    await mine.getByRole("button", { name: "Complete: Milk" }).click();
    await expectTitles(theirs, ["Milk"]);
    await theirs.goto("/tasks?q=milk&status=all");
    await addByLine(mine, "Salt");
    await addByLine(mine, "Oat milk");
    await expectTitles(theirs, ["Oat milk", "Milk"]);
    await expectCounts(theirs, ["1", "1", "2"]);
  });

  it("comes back from the trash on the other", async () => {
    const { mine, theirs, expectQuiet } = await twoScreens(["A", "B"]);
    await mine.getByRole("button", { name: "Delete: A" }).click();
    await expectTitles(theirs, ["B"]);
    await mine.goto("/trash");
    await mine.getByRole("button", { name: "Restore: A" }).click();
    await expectTitles(theirs, ["B", "A"]);
    await mine.getByText("The trash is empty.").waitFor();
    expectQuiet();
  });

  it("shows after a while in the background, too", async () => {
    const { mine, theirs } = await twoScreens(["A"]);
    await theirs.context().setOffline(true);
    await addByLine(mine, "Meanwhile");
    await theirs.getByText("You're offline").waitFor();
    await theirs.context().setOffline(false);
    await expectTitles(theirs, ["Meanwhile", "A"]);
    await addByLine(mine, "And again");
    await expectTitles(theirs, ["And again", "Meanwhile", "A"]);
  });
});

describe.skipIf(noBrowser)("Ctrl+Z", () => {
  it("takes back what was done on this screen, one after the other, and leaves what was done on others", async () => {
    const { mine, theirs, expectQuiet } = await twoScreens(["A", "B", "C", "D"]);
    for (const [title, ...left] of ["D", "C", "A", "B"].map((_, index, all) => all.slice(index))) {
      await mine.getByRole("button", { name: `Delete: ${title}` }).click();
      await expectTitles(theirs, left.toSorted().reverse());
    }
    await addByLine(theirs, "Theirs");
    await expectTitles(mine, ["Theirs"]);
    // As on a keyboard of another script.
    const key = { key: "я", code: "KeyZ", ctrlKey: true };
    const refusal = `<p hx-swap-oob="beforeend:#toasts">Not now.</p>`;
    await mine.route("**/undo", (route) => route.fulfill({ status: 503, body: refusal }), { times: 1 });
    await mine.locator("body").dispatchEvent("keydown", key);
    await mine.getByText("Not now.").waitFor();
    await mine.locator("body").dispatchEvent("keydown", key);
    for (const page of [mine, theirs]) await expectTitles(page, ["Theirs", "B"]);
    // Faster than the answers come.
    await mine.evaluate(() => {
      const press = { key: "z", ctrlKey: true, bubbles: true };
      for (let times = 0; times < 4; times++) document.body.dispatchEvent(new KeyboardEvent("keydown", press));
    });
    for (const page of [mine, theirs]) await expectTitles(page, ["Theirs", "D", "C", "B", "A"]);
    await addByLine(mine, "Last");
    for (const page of [mine, theirs]) await expectTitles(page, ["Last", "Theirs", "D", "C", "B", "A"]);
    expectQuiet();
  });

  it("takes back the task just added, from the empty line", async () => {
    const { mine, theirs } = await twoScreens();
    await addByLine(mine, "Too soon");
    await expectTitles(theirs, ["Too soon"]);
    await mine.keyboard.press("Control+z");
    for (const page of [mine, theirs]) await page.getByText("Nothing here yet.").waitFor();
  });

  it("takes back what a task's own page did, too, and leaves the page with the task", async () => {
    const { mine, theirs } = await twoScreens(["A"]);
    await addByLine(mine, "B");
    await mine.goto((await mine.getByRole("link", { name: "B", exact: true }).getAttribute("href")) ?? "");
    await mine.getByLabel("Title", { exact: true }).fill("Bee");
    await mine.getByRole("button", { name: "Save" }).click();
    await expectTitles(theirs, ["Bee", "A"]);
    await mine.getByText("Saved", { exact: true }).waitFor();
    await mine.keyboard.press("Control+z");
    await expectTitles(theirs, ["B", "A"]);
    await mine.waitForFunction(() => document.querySelector<HTMLTextAreaElement>("#title")?.value === "B");
    await mine.keyboard.press("Control+z");
    await mine.waitForURL("/tasks");
    for (const page of [mine, theirs]) await expectTitles(page, ["A"]);
  });

  it("is the words' own while some are written in the line", async () => {
    const { mine, theirs } = await twoScreens();
    await addByLine(mine, "Stays");
    await expectTitles(mine, ["Stays"]);
    await mine.keyboard.type("New words");
    await mine.keyboard.press("Control+z");
    await mine.waitForFunction(() => document.querySelector<HTMLInputElement>("#add-title")?.value !== "New words");
    await expectTitles(theirs, ["Stays"]);
  });

  it("brings back words that were cleared, and not what was done before them", async () => {
    const { mine, theirs } = await twoScreens(["A"]);
    await mine.getByRole("button", { name: "Delete: A" }).click();
    await expectTitles(theirs, []);
    await mine.getByLabel("New task").pressSequentially("Words");
    await mine.keyboard.press("Control+a");
    await mine.keyboard.press("Delete");
    await mine.keyboard.press("Control+z");
    await mine.waitForFunction(() => document.querySelector<HTMLInputElement>("#add-title")?.value === "Words");
    await addByLine(mine, "Later");
    await expectTitles(theirs, ["Later"]);
  });

  it("takes back a bulk action, and says so when something newer is in the way", async () => {
    const { mine, theirs } = await twoScreens(["A", "B"]);
    await mine.getByLabel("Select: A").check({ force: true });
    await mine.getByLabel("Select: B").check({ force: true });
    await mine.locator("#bulk").getByRole("button", { name: "Complete" }).click();
    await expectTitles(mine, []);
    await mine.keyboard.press("Control+z");
    await expectTitles(theirs, ["B", "A"]);
    await mine.getByRole("button", { name: "Complete: A" }).click();
    await expectTitles(theirs, ["B"]);
    await theirs.goto("/tasks?status=all");
    await theirs.getByRole("button", { name: "Reopen: A" }).click();
    await expectTitles(mine, ["B", "A"]);
    await mine.keyboard.press("Control+z");
    await mine.locator(".toast-problem", { hasText: "changed since" }).waitFor();
    await expectTitles(mine, ["B", "A"]);
  });
});

describe.skipIf(noBrowser)("a page whose session is ended elsewhere", () => {
  it("leads to sign in", async () => {
    const { mine, theirs } = await twoScreens(["A"]);
    await mine.goto("/account");
    await mine.getByRole("button", { name: "Sign out" }).click();
    await theirs.waitForURL(/\/login\?next=/);
    expect((await theirs.request.get("/api/tasks")).status()).toBe(401);
  });
});
