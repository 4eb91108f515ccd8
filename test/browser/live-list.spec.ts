import { describe, expect, test } from "bun:test";
import { noBrowser, stage } from "../support/browser.ts";
import { addByLine, expectTitles, twoProcesses } from "../support/screens.ts";

const site = stage();
const twoScreens = twoProcesses(site);
const it = test.serial;

describe.skipIf(noBrowser)("a list that is being read", () => {
  it.each([120, 260])("stays where it is, with all that was loaded and selected: of %d tasks", async (count) => {
    const { mine, theirs, expectQuiet } = await twoScreens();
    for (let number = 0; number < count; number++)
      await mine.request.post("/api/tasks", { data: { title: `Task ${number}` } });
    await Promise.all([mine.reload(), theirs.reload()]);
    await theirs.waitForFunction((wanted) => {
      // At once: a smooth scroll would still be on its way, and go on over what the next focus scrolls to.
      window.scrollTo({ top: document.body.scrollHeight, behavior: "instant" });
      return document.querySelectorAll(".task").length === wanted;
    }, count);
    await theirs.getByLabel("Select: Task 31", { exact: true }).focus();
    await theirs.keyboard.press("Space");
    await theirs.getByRole("button", { name: "Complete: Task 30", exact: true }).focus();
    const row = theirs.locator(".task", { has: theirs.getByRole("link", { name: "Task 30", exact: true }) });
    // The browser scrolls to what gets the focus in its own time: ten frames at the same place are the end of it.
    await theirs.evaluate(async () => {
      const frame = () => new Promise(requestAnimationFrame);
      let [last, same] = [Number.NaN, 0];
      while (same < 10) {
        await frame();
        const { top = -1, bottom = -1 } = document.activeElement?.getBoundingClientRect() ?? {};
        same = top === last && top > 0 && bottom < innerHeight ? same + 1 : 0;
        last = top;
      }
    });
    const before = (await row.boundingBox())?.y ?? Number.NaN;
    expect(await theirs.evaluate(() => window.scrollY)).toBeGreaterThan(1000);
    await mine.getByRole("button", { name: `Complete: Task ${count - 2}` }).click();
    await theirs.getByRole("link", { name: `Task ${count - 2}`, exact: true }).waitFor({ state: "hidden" });
    await addByLine(mine, "New at the top");
    await theirs.getByRole("link", { name: "New at the top" }).waitFor();
    expect(Math.abs(((await row.boundingBox())?.y ?? Number.NaN) - before)).toBeLessThanOrEqual(2);
    expect(await theirs.getByLabel("Select: Task 31", { exact: true }).isChecked()).toBe(true);
    expect(await theirs.locator(":focus").getAttribute("aria-label")).toBe("Complete: Task 30");
    expectQuiet();
  });

  it("hands the focus on when the row that has it goes elsewhere, and keeps what is being written in the line", async () => {
    const { mine, theirs } = await twoScreens(["A", "B", "C"]);
    await theirs.getByRole("button", { name: "Complete: B" }).focus();
    await mine.getByRole("button", { name: "Delete: B" }).click();
    await expectTitles(theirs, ["C", "A"]);
    await theirs.waitForFunction(() => document.activeElement?.matches(".task-link"));
    await theirs.getByLabel("New task").pressSequentially("Half a th");
    await mine.getByRole("button", { name: "Complete: C" }).click();
    await addByLine(mine, "D");
    await expectTitles(theirs, ["D", "A"]);
    await theirs.keyboard.type("ought");
    expect(await theirs.getByLabel("New task").inputValue()).toBe("Half a thought");
  });

  it("stays in the order that it is sorted by, whatever is changed elsewhere", async () => {
    const { mine, theirs } = await twoScreens(["B", "C", "D"], { path: "/tasks?sort=title" });
    await expectTitles(theirs, ["B", "C", "D"]);
    const { items } = await (await mine.request.get("/api/tasks?q=d")).json();
    await mine.request.patch(`/api/tasks/${items[0].id}`, { data: { title: "A" } });
    await expectTitles(theirs, ["A", "B", "C"]);
  });

  it("hands the focus on when Ctrl+Z draws the row anew", async () => {
    const { mine } = await twoScreens(["A", "B"], { path: "/tasks?status=all" });
    await mine.getByRole("button", { name: "Complete: B" }).click();
    await mine.getByRole("button", { name: "Reopen: B" }).waitFor();
    await mine.keyboard.press("Control+z");
    await mine.getByRole("button", { name: "Complete: B" }).waitFor();
    expect(await mine.evaluate(() => document.activeElement === document.body)).toBe(false);
  });
});
