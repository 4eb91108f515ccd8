import { describe, expect, test } from "bun:test";
import { deleteTask, noBrowser, save, selectTask, startSite } from "../support/browser.ts";
import { addTask, expectTitles, twoProcesses } from "../support/two-windows.ts";

const site = startSite();
const twoWindows = twoProcesses(site);
const it = test.serial;

describe.skipIf(noBrowser)("list that changes in another window", () => {
  it.each([120, 260])("keeps its scroll position, loaded pages and selection: %d tasks", async (count) => {
    const { mine, theirs, expectQuiet } = await twoWindows();
    for (let number = 0; number < count; number++)
      await mine.request.post("/api/tasks", { data: { title: `Task ${number}` } });
    await Promise.all([mine.reload(), theirs.reload()]);
    await theirs.waitForFunction((wanted) => {
      // A smooth scroll would continue and override the scroll to the focused element.
      window.scrollTo({ top: document.body.scrollHeight, behavior: "instant" });
      return document.querySelectorAll(".task").length === wanted;
    }, count);
    await selectTask(theirs, "Task 31");
    const row = theirs.locator(".task", { has: theirs.getByRole("link", { name: "Task 30", exact: true }) });
    // The browser scrolls to a focused element gradually: wait until it stays in place for ten frames.
    await theirs.getByRole("button", { name: "Complete: Task 30", exact: true }).evaluate(async (button) => {
      button.focus({ preventScroll: true });
      button.scrollIntoView({ block: "center", behavior: "instant" });
      let [last, same] = [Number.NaN, 0];
      for (let frames = 0; same < 10 && frames < 600; frames++) {
        await new Promise(requestAnimationFrame);
        const { top } = button.getBoundingClientRect();
        same = top === last ? same + 1 : 0;
        last = top;
      }
    });
    const before = (await row.boundingBox())?.y ?? Number.NaN;
    expect(await theirs.evaluate(() => window.scrollY)).toBeGreaterThan(1000);
    await mine.getByRole("button", { name: `Complete: Task ${count - 2}` }).click();
    await theirs.getByRole("link", { name: `Task ${count - 2}`, exact: true }).waitFor({ state: "hidden" });
    await addTask(mine, "New at the top");
    await theirs.getByRole("link", { name: "New at the top" }).waitFor();
    expect(Math.abs(((await row.boundingBox())?.y ?? Number.NaN) - before)).toBeLessThanOrEqual(2);
    expect(await theirs.getByLabel("Select: Task 31", { exact: true }).isChecked()).toBe(true);
    expect(await theirs.locator(":focus").getAttribute("aria-label")).toBe("Complete: Task 30");
    expectQuiet();
  });

  it("moves focus when the focused row disappears, and keeps text in the new-task field", async () => {
    const { mine, theirs } = await twoWindows(["A", "B", "C"]);
    await theirs.getByRole("button", { name: "Complete: B" }).focus();
    await deleteTask(mine, "B");
    await expectTitles(theirs, ["C", "A"]);
    await theirs.waitForFunction(() => document.activeElement?.matches(".task-link"));
    await theirs.getByLabel("New task").pressSequentially("Half a th");
    await mine.getByRole("button", { name: "Complete: C" }).click();
    await addTask(mine, "D");
    await expectTitles(theirs, ["D", "A"]);
    await theirs.keyboard.type("ought");
    expect(await theirs.getByLabel("New task").inputValue()).toBe("Half a thought");
  });

  it("has new rows in their place, here and in the other window", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["Beta", "Yak"], { path: "/tasks?sort=title" });
    const titles = ["Alpha", "Beta", "Mango", "Yak", "Zebra"];
    for (const title of ["Zebra", "Alpha", "Mango"]) await addTask(mine, title);
    for (const page of [mine, theirs]) await expectTitles(page, titles);
    await mine.locator(".toast-note", { hasText: "Added: Mango" }).getByRole("link", { name: "Show" }).waitFor();
    // An edit that belongs elsewhere moves its row, once the pointer is away.
    await mine.getByRole("link", { name: "Alpha" }).click();
    await mine.getByLabel("Title", { exact: true }).fill("Xylophone");
    await save(mine);
    for (const page of [mine, theirs]) await expectTitles(page, ["Beta", "Mango", "Xylophone", "Yak", "Zebra"]);
    expectQuiet();
  });

  it("gives a new task the priority of the filter, but neither its text nor over a choice", async () => {
    const { mine, theirs } = await twoWindows(["First"]);
    await mine.locator(".view-menu summary").click();
    await mine.locator("#view-priority").selectOption("High");
    await mine.getByText("No task has this priority.").waitFor();
    for (const title of ["Urgent", "Urgent too"]) await addTask(mine, title);
    await expectTitles(mine, ["Urgent too", "Urgent"]);
    await mine.getByLabel("New task").fill("Some day");
    await mine.locator("#add-priority").selectOption("low");
    await mine.keyboard.press("Enter");
    const hidden = mine.locator(".toast-note", { hasText: "Added, but hidden by your filter." });
    await hidden.getByRole("link", { name: "Show" }).waitFor();
    expect(await mine.locator("#add-priority").inputValue()).toBe("high");
    await theirs.goto("/tasks?q=urgent&priority=high");
    await addTask(theirs, "Elsewhere");
    await theirs.locator(".toast-note", { hasText: "hidden by your filter" }).waitFor();
    await expectTitles(mine, ["Elsewhere", "Urgent too", "Urgent"]);
  });

  it("stays sorted", async () => {
    const { mine, theirs } = await twoWindows(["B", "C", "D"], { path: "/tasks?sort=title" });
    await expectTitles(theirs, ["B", "C", "D"]);
    const { items } = await (await mine.request.get("/api/tasks?q=d")).json();
    await mine.request.patch(`/api/tasks/${items[0].id}`, { data: { title: "A" } });
    await expectTitles(theirs, ["A", "B", "C"]);
  });
});
