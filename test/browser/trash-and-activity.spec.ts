import { describe, expect, test } from "bun:test";
import { addTasks, deleteTask, noBrowser, startSite, violations } from "../support/browser.ts";
import { freePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { twoProcesses } from "../support/two-windows.ts";

const site = startSite();
const twoWindows = twoProcesses(site);
const it = test.serial;

/** Returns the time of day in a time zone, such as 15:30. */
const timeIn = (timeZone: string, at: string) =>
  Temporal.Instant.from(at).toZonedDateTimeISO(timeZone).toPlainTime().toString({ smallestUnit: "minute" });

describe.skipIf(noBrowser)("trash and activity pages", () => {
  it("show changes from another window", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["A", "B"]);
    await theirs.goto("/trash");
    await theirs.getByText("The trash is empty.").waitFor();
    await deleteTask(mine, "A");
    await theirs.getByRole("button", { name: "Restore: A" }).waitFor();
    await mine.locator(".toast-action").last().click();
    await theirs.getByText("The trash is empty.").waitFor();
    await theirs.goto("/activity");
    const lines = await theirs.locator(".activity-row").count();
    await mine.getByRole("button", { name: "Complete: A" }).click();
    await theirs.locator(".activity-row").nth(lines).waitFor();
    expect(await theirs.locator(".activity-row").first().innerText()).toMatch(/Completed A/);
    await theirs.getByRole("button", { name: "Undo: Completed A" }).press("Enter");
    await theirs.getByText("Undo: Reopened A").waitFor();
    await theirs.waitForFunction(() => document.activeElement?.matches(".activity-row button"));
    await mine.getByRole("button", { name: "Complete: A" }).waitFor();
    expectQuiet();
  });

  it.each(["/activity", "/trash"])("catch up after missing too many changes: %s", async (path) => {
    const environment = { DATA_DIR: site.program.dataDir, LOG_LEVEL: "error", PORT: String(freePort()) };
    await using first = await startProgram(environment);
    const { mine } = await twoWindows(Array.from({ length: 160 }, (_, number) => `Task ${number}`));
    const theirs = await site.open({ as: mine.context(), baseURL: first.url });
    await theirs.goto(path);
    const { items } = (await (await mine.request.get("/api/tasks?limit=200")).json()) as { items: { id: string }[] };
    const ids = items.map(({ id }) => id);
    // Another process replaces the one of the second window at the same address.
    await first.stop();
    for (const action of ["complete", "reopen", "complete", "delete"])
      await mine.request.post("/api/tasks/bulk", { data: { ids, action } });
    await using _second = await startProgram(environment);
    await theirs.locator(".activity-row, .trash-row", { hasText: "Deleted" }).first().waitFor();
  });

  it.each(["light", "dark"] as const)("are accessible in %s mode", async (colorScheme) => {
    const { mine } = await twoWindows(["A", "B", "C"], { colorScheme });
    await mine.getByRole("button", { name: "Complete: A" }).click();
    await deleteTask(mine, "B");
    await mine.locator(".task", { hasText: "B" }).waitFor({ state: "hidden" });
    for (const path of ["/trash", "/activity"]) {
      await mine.goto(path);
      expect(await violations(mine, colorScheme)).toEqual([]);
    }
    await mine.goto("/trash");
    await mine.getByRole("button", { name: "Restore: B" }).click();
    await mine.getByText("The trash is empty.").waitFor();
    expect(await mine.evaluate(() => document.activeElement?.id)).toBe("main");
    expect(await violations(mine, colorScheme)).toEqual([]);
  });

  it("group the activity by day, link its tasks and show an action on many tasks as one line", async () => {
    const { mine: page, theirs } = await twoWindows(["A", "B", "C", "D"], { timezoneId: "Pacific/Auckland" });
    const { items } = (await (await page.request.get("/api/tasks")).json()) as { items: { id: string }[] };
    const ids = items.map(({ id }) => id);
    await page.request.post("/api/tasks/bulk", { data: { ids: ids.slice(1), action: "complete" } });
    await page.goto("/activity");
    expect(await page.locator("#main").getByRole("heading", { level: 2 }).allInnerTexts()).toEqual([
      expect.stringMatching(/^today$/i),
    ]);
    const rows = page.locator(".activity-row");
    expect(await page.locator(".activity-text").allInnerTexts()).toEqual([
      "Completed 3 tasks",
      "Added D",
      "Added C",
      "Added B",
      "Added A",
    ]);
    const time = await rows.first().locator("time").innerText();
    expect(time).toBe(timeIn("Pacific/Auckland", (await rows.first().locator("time").getAttribute("datetime")) ?? ""));
    // A live update leaves the line expanded.
    await page.getByText("Completed 3 tasks").click();
    await theirs.request.post("/api/tasks", { data: { title: "E" } });
    await page.getByText("Added E").waitFor();
    expect(await rows.nth(1).getByRole("link").allInnerTexts()).toEqual(["A", "B", "C"]);
    await page.getByRole("button", { name: "Undo all: Completed 3 tasks" }).click();
    await page.getByText("Undo: Reopened 3 tasks").waitFor();
    await page.goto(`/activity?task=${ids[1]}`);
    expect(await page.locator(".activity-text").nth(1).innerText()).toBe("Completed, with 2 other tasks");
    await page.getByRole("link", { name: "C", exact: true }).first().click();
    await page.waitForURL(`**/tasks/${ids[1]}`);
  });

  it("update their dates at midnight and when the time zone changes", async () => {
    const page = await site.open({ timezoneId: "Pacific/Auckland" });
    await addTasks(page, [{ title: "A", completed: true }]);
    const midnight = Temporal.Now.zonedDateTimeISO("Pacific/Auckland").add({ days: 1 }).startOfDay();
    await page.clock.install({ time: midnight.subtract({ minutes: 5 }).epochMilliseconds });
    const date = page.locator("time[data-relative]").first();
    // The first page of a browser learns its time zone, and groups by its days then.
    await page.goto("/completed");
    await date.getByText(/^today/i).waitFor();
    for (const path of ["/activity", "/account"]) {
      await page.clock.setSystemTime(midnight.subtract({ minutes: 5 }).epochMilliseconds);
      await page.goto(path);
      await date.getByText(/^today/i).waitFor();
      await page.clock.fastForward("05:01");
      expect(await date.innerText()).toMatch(/^yesterday$/i);
    }
    const time = async () => /\d\d:\d\d/.exec((await date.getAttribute("title")) ?? "")?.[0];
    const at = (await date.getAttribute("datetime")) ?? "";
    expect(await time()).toBe(timeIn("Pacific/Auckland", at));
    await page.getByLabel("Time zone").focus();
    for (const zone of ["America/Los_Angeles", ""]) {
      await page.getByLabel("Time zone").selectOption(zone);
      expect(await time()).toBe(timeIn(zone || "Pacific/Auckland", at));
      expect(await page.locator(":focus").getAttribute("name")).toBe("timeZone");
    }
  });

  it("work without JavaScript and page through long lists", async () => {
    const { mine: page } = await twoWindows(
      Array.from({ length: 60 }, (_, number) => `Task ${number}`),
      { javaScriptEnabled: false },
    );
    const { items } = (await (await page.request.get("/api/tasks?limit=200")).json()) as { items: { id: string }[] };
    await page.request.post("/api/tasks/bulk", { data: { ids: items.map(({ id }) => id), action: "delete" } });
    const click = (selector: string) =>
      Promise.all([page.waitForEvent("load"), page.locator(selector).first().click()]);
    await page.goto("/trash");
    expect(await page.locator(".trash-row").count()).toBe(50);
    await click(".load-more a");
    expect(await page.locator(".trash-row").count()).toBe(10);
    const gone = await page.locator(".trash-title").first().innerText();
    await click(".trash-row button");
    expect(await page.locator("#toasts").innerText()).toContain(`Restored: ${gone}`);
    await page.goto("/activity");
    expect(await page.locator(".activity-row").first().innerText()).toContain(gone);
    await click(".load-more a");
    expect(await page.locator(".activity-row").count()).toBe(12);
    await page.goto("/trash");
    await page.goto("/tasks");
    expect(await page.locator(".task").count()).toBe(1);
  });
});
