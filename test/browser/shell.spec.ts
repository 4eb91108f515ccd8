import { describe, expect, test } from "bun:test";
import { addTasks, noBrowser, selectTask, startSite, violations, watch } from "../support/browser.ts";
import { addTask, expectCount, expectTitles, twoProcesses } from "../support/two-windows.ts";

const site = startSite();
const twoWindows = twoProcesses(site);
const it = test.serial;

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

describe.skipIf(noBrowser)("side bar", () => {
  it("leads to every place, and its count follows each action and live update on every page", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["A", "B", "C"]);
    const place = (name: string) => theirs.getByRole("navigation", { name: "Main" }).getByRole("link", { name });
    let open = 3;
    for (const [name, path] of [
      ["Completed", "/completed"],
      ["Trash", "/trash"],
      ["Activity", "/activity"],
    ] as const) {
      await place(name).click();
      await theirs.waitForURL(path);
      expect(await theirs.locator(".place[aria-current=page]").innerText()).toBe(name);
      await theirs.locator(".has-script").waitFor();
      await addTask(mine, `For ${name}`);
      open += 1;
      for (const page of [mine, theirs]) await expectCount(page, String(open));
      expect(await theirs.locator(".place[aria-current=page]").innerText()).toBe(name);
    }
    await theirs.goto("/account");
    await theirs.locator(".has-script").waitFor();
    await mine.getByRole("button", { name: "Complete: A" }).click();
    for (const page of [mine, theirs]) await expectCount(page, "5");
    expectQuiet();
  });
});

describe.skipIf(noBrowser)("completed tasks", () => {
  it("are grouped by the reader's day, also in further pages and live, and go back with a tick", async () => {
    const { mine, theirs } = await twoWindows(
      Array.from({ length: 60 }, (_, number) => ({ title: `Task ${number}`, completed: true })),
      { timezoneId: "Pacific/Auckland" },
    );
    await theirs.goto("/completed");
    const headings = () => theirs.locator(".group-head:visible time").allInnerTexts();
    expect(await headings()).toEqual(["Today"]);
    await theirs.locator(".load-more").scrollIntoViewIfNeeded();
    await theirs.waitForFunction(() => document.querySelectorAll(".task").length === 60);
    expect(await headings()).toEqual(["Today"]);
    await addTask(mine, "Last");
    await mine.getByRole("button", { name: "Complete: Last" }).click();
    await theirs.locator(".task .task-title").first().getByText("Last").waitFor();
    const { items } = (await (await mine.request.get("/api/tasks?limit=200")).json()) as { items: { id: string }[] };
    const ids = items.slice(1).map(({ id }) => id);
    await mine.request.post("/api/tasks/bulk", { data: { ids, action: "reopen" } });
    await expectTitles(theirs, ["Last"]);
    await theirs.getByRole("link", { name: "Last" }).click();
    await theirs.waitForURL(/\/tasks\/[^/]+\?status=completed$/);
    await theirs.reload();
    await expectTitles(theirs, ["Last"]);
    await theirs.getByRole("button", { name: "Reopen this task" }).click();
    await theirs.getByText("Nothing completed yet.").waitFor();
    expect(await headings()).toEqual([]);
  });
});

describe.skipIf(noBrowser)("keys", () => {
  it("add, search, edit and list themselves from anywhere", async () => {
    const page = await site.open();
    const wrong = watch(page, site.url);
    await addTasks(page, [{ title: "One" }, { title: "Two" }]);
    await page.goto("/activity");
    const focused = page.locator(":focus");
    await page.keyboard.press("q");
    await page.waitForURL("/tasks");
    await page.locator("#add-title:focus").waitFor();
    await page.keyboard.type("q / ? j");
    expect(await focused.inputValue()).toBe("q / ? j");
    await page.keyboard.press("Enter");
    await expectTitles(page, ["q / ? j", "Two", "One"]);
    await page.keyboard.press("Control+k");
    expect(await focused.getAttribute("id")).toBe("q");
    await page.keyboard.press("Escape");
    await page.keyboard.press("j");
    expect(await focused.innerText()).toBe("Two");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focused.innerText()).toBe("Two");
    await page.keyboard.press("e");
    await page.locator("#title:focus").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#panel").waitFor({ state: "hidden" });
    await page.keyboard.press("/");
    expect(await focused.getAttribute("id")).toBe("q");
    expect(wrong).toEqual([]);
  });
});

describe.skipIf(noBrowser)("phone", () => {
  it("has the first row in the top quarter, a bar, a drawer, a sheet and an add button", async () => {
    const page = await site.open(PHONE);
    await addTasks(page, [{ title: "A title that has more than one line on a phone, but not more than two" }]);
    await page.goto("/tasks");
    const row = await page.locator(".task").boundingBox();
    expect(row?.y).toBeLessThan(740 / 4);
    expect(row?.height).toBeGreaterThan(60);
    expect(await page.locator(".task-select").isVisible()).toBe(false);
    await page.getByRole("button", { name: "Browse" }).tap();
    expect(await page.locator("#browse").isVisible()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await page.locator("#browse").getByRole("link", { name: "Trash" }).tap();
    await page.waitForURL("/trash");
    await page.getByRole("link", { name: "Add a task" }).tap();
    await page.locator("#add-title:focus").waitFor();
    await page.keyboard.type("Second");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Second" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Second" }).tap();
    await page.locator("#panel").getByRole("heading", { name: "Task" }).waitFor();
    expect(await page.locator("textarea:focus, input:focus").count()).toBe(0);
    await page.getByRole("link", { name: "Close" }).tap();
    await page.locator("#panel").waitFor({ state: "hidden" });
  });

  it("selects with a long press, which opens nothing", async () => {
    const page = await site.open(PHONE);
    await addTasks(page, [{ title: "One" }, { title: "Two" }]);
    await page.goto("/tasks");
    const box = await page.getByRole("link", { name: "One" }).boundingBox();
    const touch = await page.context().newCDPSession(page);
    const point = { x: (box?.x ?? 0) + 20, y: (box?.y ?? 0) + 10 };
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [point] });
    await page.locator("#bulk-count").getByText("1 selected").waitFor();
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    expect(await page.locator("#panel").isVisible()).toBe(false);
    await page.getByLabel("Select: Two").check();
    await page.locator("#bulk-count").getByText("2 selected").waitFor();
    await page.getByRole("button", { name: "Clear the selection" }).tap();
    await selectTask(page, "Two");
    await page.locator("#bulk-count").getByText("1 selected").waitFor();
  });
});

describe.skipIf(noBrowser)("open task", () => {
  it("saves each field when it is left, one after the other, and offers Undo", async () => {
    const page = await site.open();
    const wrong = watch(page, site.url);
    await addTasks(page, [{ title: "Draft" }]);
    await page.goto("/tasks");
    await page.getByRole("link", { name: "Draft" }).click();
    await page.getByLabel("Title", { exact: true }).fill("Final");
    // The second edit needs the version that the first one makes.
    await page.locator("#priority").selectOption("High");
    await page.getByLabel("Notes", { exact: true }).fill("With a note");
    await page.getByLabel("Notes", { exact: true }).blur();
    await page.locator(".task", { hasText: "With a note" }).waitFor();
    await page.locator(".panel-status", { hasText: "Saved" }).waitFor();
    const { items } = (await (await page.request.get("/api/tasks")).json()) as { items: object[] };
    expect(items).toMatchObject([{ title: "Final", priority: "high", description: "With a note" }]);
    await page.locator(".panel-status").getByRole("button", { name: "Undo" }).click();
    await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>("#description")?.value === "");
    expect(await page.getByLabel("Title", { exact: true }).inputValue()).toBe("Final");
    await page.locator("#panel-activity").getByRole("link", { name: "Activity" }).click();
    await page.locator("#panel-activity").getByText("Undo: Changed").waitFor();
    expect(await violations(page)).toEqual([]);
    expect(wrong).toEqual([]);
  });
});
