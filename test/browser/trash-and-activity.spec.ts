import { describe, expect, test } from "bun:test";
import { noBrowser, startSite, violations } from "../support/browser.ts";
import { startProgram } from "../support/program.ts";
import { twoProcesses } from "../support/two-windows.ts";

const site = startSite();
const twoWindows = twoProcesses(site);
const it = test.serial;

describe.skipIf(noBrowser)("trash and activity pages", () => {
  it("show changes from another window", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["A", "B"]);
    await theirs.goto("/trash");
    await theirs.getByText("The trash is empty.").waitFor();
    await mine.getByRole("button", { name: "Delete: A" }).click();
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
    await using first = await startProgram({ DATA_DIR: site.program.dataDir, LOG_LEVEL: "error" });
    const { mine } = await twoWindows(Array.from({ length: 160 }, (_, number) => `Task ${number}`));
    const theirs = await site.open({ as: mine.context(), baseURL: first.url });
    await theirs.goto(path);
    const { items } = (await (await mine.request.get("/api/tasks?limit=200")).json()) as { items: { id: string }[] };
    const ids = items.map(({ id }) => id);
    // Another process replaces the one of the second window at the same address.
    await first.stop();
    for (const action of ["complete", "reopen", "complete", "delete"])
      await mine.request.post("/api/tasks/bulk", { data: { ids, action } });
    await using _second = await startProgram({
      DATA_DIR: site.program.dataDir,
      LOG_LEVEL: "error",
      PORT: new URL(first.url).port,
    });
    await theirs.locator(".activity-row, .trash-row", { hasText: "Deleted" }).first().waitFor();
  });

  it.each(["light", "dark"] as const)("are accessible in %s mode", async (colorScheme) => {
    const { mine } = await twoWindows(["A", "B", "C"], { colorScheme });
    await mine.getByRole("button", { name: "Complete: A" }).click();
    await mine.getByRole("button", { name: "Delete: B" }).click();
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
    expect(await page.locator(".activity-row").count()).toBe(50);
    await page.goto("/trash");
    await page.goto("/tasks");
    expect(await page.locator(".task").count()).toBe(1);
  });
});
