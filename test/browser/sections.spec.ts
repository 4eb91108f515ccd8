import { describe, expect, test } from "bun:test";
import type { Locator, Page } from "playwright-core";
import { noBrowser, startSite, violations, watch } from "../support/browser.ts";
import { waitUntil } from "../support/wait-until.ts";

const site = startSite();
const it = test.serial;

/** Opens a new project. */
async function openProject(options: Parameters<typeof site.open>[0] = {}) {
  const page = await site.open(options);
  const project = await (await page.request.post("/api/projects", { data: { name: "Launch" } })).json();
  await page.goto(`/projects/${project.id}`);
  return { page, project };
}

/** Waits until the page shows these headings and tasks; headings end with a colon. */
const shows = (page: Page, lines: string[]) =>
  waitUntil(async () => {
    const items = await page
      .locator("#task-list > :is(.task:not(.leaving, .pending, [hidden], [data-folded]), .section-head)")
      .evaluateAll((all) =>
        all.map((each) => {
          const name = each.querySelector<HTMLInputElement>("input.section-name");
          return name ? `${name.value}:` : each.querySelector(".task-title")?.textContent?.trim();
        }),
      );
    return items.join() === lines.join();
  });

const head = (page: Page, name: string) =>
  page.locator(".section-head", { has: page.getByRole("button", { name: `Tasks in ${name}` }) });
const row = (page: Page, title: string) => page.locator("#task-list > .task", { hasText: title });

async function addSection(page: Page, name: string) {
  await page.getByLabel("New section").fill(name);
  await page.getByLabel("New section").press("Enter");
  await head(page, name).waitFor();
}

async function addTask(page: Page, section: string, title: string) {
  const line = page.getByLabel(`New task in ${section}`);
  if (!(await line.isVisible())) await page.getByRole("button", { name: `Add a task to ${section}` }).click();
  await line.fill(title);
  await line.press("Enter");
  await row(page, title).waitFor();
}

describe.skipIf(noBrowser)("sections", () => {
  it("leave the order of tasks to the keys, above and within them", async () => {
    const { page, project } = await openProject();
    for (const title of ["Cake", "Bread", "Apples"])
      await page.request.post("/api/tasks", { data: { title, projectId: project.id } });
    await addSection(page, "Later");
    for (const title of ["Eggs", "Dates"]) await addTask(page, "Later", title);
    await page.reload();
    await shows(page, ["Apples", "Bread", "Cake", "Later:", "Dates", "Eggs"]);
    for (const title of ["Bread", "Eggs"]) {
      await row(page, title).locator(".task-link").focus();
      await page.keyboard.press("Alt+ArrowUp");
    }
    await shows(page, ["Bread", "Apples", "Cake", "Later:", "Eggs", "Dates"]);
    // A former parent no longer counts its subtask.
    await row(page, "Apples").locator(".task-link").focus();
    await page.keyboard.press("Alt+Shift+ArrowRight");
    await row(page, "Bread").getByText("0/1").waitFor();
    await page.keyboard.press("Alt+Shift+ArrowLeft");
    await row(page, "Bread").getByText("0/1").waitFor({ state: "detached" });
    await page.reload();
    await shows(page, ["Bread", "Apples", "Cake", "Later:", "Eggs", "Dates"]);
  });

  it("are added with tasks, renamed in place, reordered, collapsed and deleted", async () => {
    const { page } = await openProject();
    const wrong = watch(page, site.url);
    for (const name of ["Before", "After"]) await addSection(page, name);
    await addTask(page, "Before", "Print badges");
    await addTask(page, "Before", "Order food");
    await addTask(page, "After", "Say thanks");
    await shows(page, ["Before:", "Order food", "Print badges", "After:", "Say thanks"]);
    await page.reload();
    await shows(page, ["Before:", "Order food", "Print badges", "After:", "Say thanks"]);

    await head(page, "After").getByLabel("Section name").fill("Later");
    await head(page, "After").getByLabel("Section name").press("Enter");
    await page.getByText("Renamed: Later").waitFor();
    await head(page, "Later").locator(".section-fold").press("Alt+ArrowUp");
    await shows(page, ["Later:", "Say thanks", "Before:", "Order food", "Print badges"]);

    await head(page, "Later").locator(".section-fold").click();
    await shows(page, ["Later:", "Before:", "Order food", "Print badges"]);
    await page.reload();
    await shows(page, ["Later:", "Before:", "Order food", "Print badges"]);
    await head(page, "Later").locator(".section-fold").click();

    await head(page, "Before").locator(".section-menu summary").click();
    await head(page, "Before").getByRole("button", { name: "Delete" }).click();
    await shows(page, ["Later:", "Say thanks"]);
    await page.locator("#toasts").getByRole("button", { name: "Undo" }).click();
    await shows(page, ["Later:", "Say thanks", "Before:", "Order food", "Print badges"]);
    expect(wrong).toEqual([]);
  });

  it("get tasks from other sections by dragging, by the keyboard, and in the panel", async () => {
    const { page } = await openProject();
    for (const name of ["Before", "After"]) await addSection(page, name);
    await addTask(page, "Before", "One");
    await addTask(page, "Before", "Two");
    await shows(page, ["Before:", "Two", "One", "After:"]);
    const [from, to] = [await row(page, "Two").boundingBox(), await head(page, "After").boundingBox()];
    await page.mouse.move((from?.x ?? 0) + 120, (from?.y ?? 0) + 20);
    await page.mouse.down();
    await page.mouse.move((from?.x ?? 0) + 120, (to?.y ?? 0) + (to?.height ?? 0) - 4, { steps: 8 });
    await page.mouse.up();
    await page.getByText("Moved: Two").or(page.getByText("1 task moved.")).first().waitFor();
    await shows(page, ["Before:", "One", "After:", "Two"]);
    await row(page, "Two").locator(".task-link").focus();
    await page.keyboard.press("Alt+ArrowUp");
    await page.getByText("Moved: Two").last().waitFor();
    await page.reload();
    await shows(page, ["Before:", "One", "Two", "After:"]);
    await row(page, "One").locator(".task-link").click();
    await page.locator("#panel").getByLabel("Section").selectOption("After");
    await page.locator("#panel").getByText("Saved").waitFor();
    await shows(page, ["Before:", "Two", "After:", "One"]);
  });

  it("are dragged with the mouse and a finger, archived and restored, and get selected tasks", async () => {
    const { page } = await openProject({ hasTouch: true });
    for (const name of ["Before", "During", "After"]) await addSection(page, name);
    for (const title of ["One", "Two"]) await addTask(page, "During", title);
    await shows(page, ["Before:", "During:", "Two", "One", "After:"]);
    const drag = async (from: Locator, to: Locator) => {
      await from.hover();
      const [start, end] = [await from.boundingBox(), await to.boundingBox()];
      await page.mouse.move((start?.x ?? 0) + 8, (start?.y ?? 0) + 8);
      await page.mouse.down();
      await page.mouse.move((start?.x ?? 0) + 8, (end?.y ?? 0) + 4, { steps: 5 });
      await page.mouse.up();
    };
    const grip = (name: string) => head(page, name).locator(".section-grip");
    await drag(grip("During"), head(page, "Before"));
    await page.getByText("Moved: During").waitFor();
    await shows(page, ["During:", "Two", "One", "Before:", "After:"]);
    // A finger on the grip neither scrolls nor waits.
    expect(await grip("After").evaluate((each) => getComputedStyle(each).touchAction)).toBe("none");
    const [start, end] = [await grip("After").boundingBox(), await head(page, "Before").boundingBox()];
    const touch = await page.context().newCDPSession(page);
    const at = (y: number) => [{ x: (start?.x ?? 0) + 8, y }];
    const [from, to] = [(start?.y ?? 0) + 8, (end?.y ?? 0) + 4];
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(from) });
    for (const y of [(from + to) / 2, to])
      await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(y) });
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await page.getByText("Moved: After").waitFor();
    await shows(page, ["During:", "Two", "One", "After:", "Before:"]);

    for (const title of ["One", "Two"]) {
      await row(page, title).locator(".task-link").focus();
      await page.keyboard.press("x");
    }
    await page.locator(".bulk-more summary").click();
    await page.getByLabel("Section for the selected").selectOption("Before");
    await page.getByRole("button", { name: "Set section" }).click();
    await page.getByText("2 tasks moved.").waitFor();
    await shows(page, ["During:", "After:", "Before:", "Two", "One"]);

    await head(page, "After").locator(".section-menu summary").click();
    await head(page, "After").getByRole("button", { name: "Archive" }).click();
    await shows(page, ["During:", "Before:", "Two", "One"]);
    await page.getByText("Archived sections").click();
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Restore: After" }).click();
    await page.getByText("Restored: After").waitFor();
    await shows(page, ["During:", "After:", "Before:", "Two", "One"]);
    await page.reload();
    await shows(page, ["During:", "After:", "Before:", "Two", "One"]);
  });

  it("work without JavaScript", async () => {
    const { page, project } = await openProject({ javaScriptEnabled: false });
    await page.getByLabel("New section").fill("Before");
    await page.getByLabel("New section").press("Enter");
    await page.getByLabel("New task in Before").fill("Print badges");
    await page.getByLabel("New task in Before").press("Enter");
    await page.getByLabel("New task in Before").fill("Order food");
    await page.getByLabel("New task in Before").press("Enter");
    await row(page, "Order food").locator(".task-link").click();
    await page.locator("#panel summary").click();
    await page.locator("#panel").getByRole("button", { name: "Move down" }).click();
    await page.getByText("Moved down: Order food").waitFor();
    await page.goto(`/projects/${project.id}`);
    expect(await page.locator("#task-list > .task .task-title").allInnerTexts()).toEqual([
      "Print badges",
      "Order food",
    ]);
    await page.locator(".section-menu summary").click();
    await page.getByRole("button", { name: "Archive" }).click();
    await page.getByText("Archived sections").click();
    await page.getByRole("button", { name: "Restore: Before" }).click();
    await page.getByText("Restored: Before").waitFor();
    await page.getByLabel("New task in Before").waitFor();
  });
});
