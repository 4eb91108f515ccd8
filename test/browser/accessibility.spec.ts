import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { addTasks, deleteTask, noBrowser, save, selectTask, shownTitles, startSite } from "../support/browser.ts";
import { newCredentials } from "../support/client.ts";
import { expectTitles } from "../support/two-windows.ts";

const site = startSite();
const it = test.serial;

const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    return element?.id || element?.getAttribute("aria-label") || element?.textContent?.trim() || element?.tagName;
  });

describe.skipIf(noBrowser)("page without JavaScript", () => {
  it("works with forms and links", async () => {
    const page = await site.open({ visitor: true, javaScriptEnabled: false });
    const person = newCredentials();
    const click = async (selector: string) => {
      await Promise.all([page.waitForEvent("load"), page.locator(selector).first().click()]);
    };
    await page.goto("/register");
    await page.fill("#username", person.username);
    await page.fill("#email", "nowhere");
    await page.fill("#password", person.password);
    await click("#credentials button");
    expect(await page.innerText("#email-issue")).toContain("name@example.org");
    expect(await page.inputValue("#username")).toBe(person.username);
    await page.fill("#email", person.email);
    await page.fill("#password", person.password);
    await click("#credentials button");
    expect(new URL(page.url()).pathname).toBe("/tasks");

    for (const title of ["Bread", "Milk", "Salt"]) {
      await page.fill("#add-title", title);
      await click(".add-button");
    }
    expect(await shownTitles(page)).toEqual(["Salt", "Milk", "Bread"]);
    await page.fill("#add-title", "x".repeat(201));
    await click(".add-button");
    expect(await page.innerText("#add-issue")).toContain("at most 200");
    expect(await page.inputValue("#add-title")).toBe("x".repeat(201));

    await click(".task-link");
    await page.locator("#panel summary").click();
    await click("#panel .btn-danger-quiet");
    expect(await page.innerText("#toasts")).toContain("Deleted: Salt");
    await click(".toast-action");
    expect(await shownTitles(page)).toEqual(["Salt", "Milk", "Bread"]);
    await click(".tick");
    expect(await shownTitles(page)).toEqual(["Milk", "Bread"]);
    expect(await page.locator(".toast-note .toast-close").isVisible()).toBe(false);
    await page.goto("/tasks");
    expect(await page.locator(".toast-note").count()).toBe(0);

    await page.fill("#q", "milk");
    await page.locator(".view-menu summary").click();
    await page.selectOption("#view-status", "all");
    await click("#filters noscript button");
    expect(page.url()).toContain("status=all");
    expect(await shownTitles(page)).toEqual(["Milk"]);
    await page.goto("/tasks?status=all&sort=title.desc");
    expect(await shownTitles(page)).toEqual(["Salt", "Milk", "Bread"]);

    await click('.task-link:has-text("Milk")');
    await page.fill("#title", "Oat milk");
    await page.fill("#description", "Two\nlitres");
    await page.selectOption("#priority", "high");
    await click(".panel-actions button");
    expect(await page.innerText("#toasts")).toContain("Saved");
    expect(await page.inputValue("#description")).toBe("Two\nlitres");
    await click(".toast-action");
    expect(await page.inputValue("#title")).toBe("Milk");
    await click(".panel-times a");
    await click(".activity-row button");
    expect(await page.innerText(".activity-text")).toStartWith("Undo: Changed: title was “");
    expect(await page.innerText("#toasts")).toContain("Undone");

    await page.goto("/tasks?status=all");
    await page.locator(".view-menu summary").click();
    await page.check("#selecting");
    await page.locator(".view-menu summary").click();
    for (const box of await page.locator('input[name="ids"]').all()) await box.check();
    await click('#bulk button[value="delete"]');
    expect(await page.innerText("#toasts")).toContain("3 tasks deleted.");
    await click(".toast-action");
    expect(await page.locator(".task").count()).toBe(3);

    await page.goto("/account");
    await page.check('input[value="dark"]');
    await click("noscript button");
    expect(await page.getAttribute("html", "data-theme")).toBe("dark");
    await click('form[action="/logout"] button');
    expect(new URL(page.url()).pathname).toBe("/");
    await page.goto("/tasks");
    expect(new URL(page.url()).pathname).toBe("/login");
  });

  it("pages through a long list", async () => {
    const page = await site.open({ javaScriptEnabled: false });
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => page.request.post("/api/tasks", { data: { title: `Task ${index}` } })),
    );
    await page.goto("/tasks");
    const first = await shownTitles(page);
    await Promise.all([page.waitForEvent("load"), page.click(".load-more a")]);
    expect(new Set([...first, ...(await shownTitles(page))]).size).toBe(60);
    await Promise.all([page.waitForEvent("load"), page.click(".continued a")]);
    expect(await shownTitles(page)).toEqual(first);
  });
});

describe.skipIf(noBrowser)("keyboard", () => {
  it("has one tab stop for a list of 50 rows, in reading order", async () => {
    const page = await site.open();
    await addTasks(
      page,
      Array.from({ length: 50 }, (_, index) => ({ title: `Task ${index}` })),
    );
    await page.goto("/tasks");
    const stops: string[] = [];
    const tops: number[] = [];
    for (let stop = await pressTab(page); stop !== ""; stop = await pressTab(page)) {
      stops.push(stop);
      tops.push(await page.evaluate(() => document.activeElement?.getBoundingClientRect().top ?? 0));
    }
    const account = await page.locator(".place-name").last().innerText();
    // A date has several parts.
    const different = stops.filter((stop, index) => stop !== stops[index - 1]);
    expect(different.map((stop) => stop.replace(/\s+/g, " "))).toEqual([
      ...["Skip to the list", "TaskFlow", "Search Ctrl K", "Inbox50", "Today", "Upcoming"],
      ...["All tasks", "Projects", "New project", "Completed", "Trash", "Activity", account],
      ...["q", "View", "add-title", "add-date", "add-priority", "Add task", "Task 49"],
    ]);
    const header = await page.evaluate(() => {
      const [first, second] = ["header", "main"].map((name) => document.querySelector(name));
      return Boolean(first && second && first.compareDocumentPosition(second) & Node.DOCUMENT_POSITION_FOLLOWING);
    });
    expect(header).toBe(true);
  });

  it("moves through the list with arrows, j and k, opens with Enter, selects with x and completes with Space", async () => {
    const page = await site.open();
    await addTasks(
      page,
      ["E", "D", "C", "B", "A"].map((title) => ({ title })),
    );
    await page.goto("/tasks");
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
      return focused(page);
    };
    const selected = () =>
      page.evaluate(() =>
        [...document.querySelectorAll(".task:has(:checked) .task-title")].map(({ textContent }) => textContent),
      );
    expect(await press("Tab", "Enter", "ArrowDown")).toBe("A");
    expect(await press("j", "j")).toBe("C");
    expect(await press("k")).toBe("B");
    expect(await press("End")).toBe("E");
    expect(await press("ArrowDown")).toBe("E");
    expect(await press("Home", "ArrowUp")).toBe("A");
    expect(await press("ArrowLeft", "ArrowLeft")).toBe("Complete: A");
    expect(await press("ArrowDown", "x")).toBe("B");
    expect(await selected()).toEqual(["B"]);
    await press("Shift+ArrowDown", "Shift+ArrowDown");
    expect(await selected()).toEqual(["B", "C", "D"]);
    expect(await press("Shift+ArrowUp")).toBe("C");
    expect(await selected()).toEqual(["B", "C"]);
    await press("Escape");
    expect(await selected()).toEqual([]);
    await press("Space");
    await page.locator(".toast-note", { hasText: "Completed: C" }).waitFor();
    await expectTitles(page, ["A", "B", "D", "E"]);
    await page.waitForFunction(() => document.activeElement?.textContent?.trim() === "D");
    await page.getByLabel("New task").focus();
    // The date has four stops, the priority and the button one each.
    expect(await press(...Array(7).fill("Tab"))).toBe("D");
    // The row that Tab led to has gone: another one takes its place.
    const ids = [(await page.locator(".task:has(:focus)").getAttribute("id"))?.slice(5)];
    await page.getByLabel("New task").focus();
    await page.request.post("/api/tasks/bulk", { data: { action: "delete", ids } });
    await expectTitles(page, ["A", "B", "E"]);
    await page.getByLabel("New task").focus();
    expect(await press(...Array(7).fill("Tab"))).toBe("A");
    await press("Enter");
    await page.locator(".panel-open").waitFor();
    expect(await page.getByLabel("Title", { exact: true }).inputValue()).toBe("A");
    await page.getByLabel("Title", { exact: true }).press("j");
    expect(await page.getByLabel("Title", { exact: true }).inputValue()).toContain("j");
  });

  it.each(["/trash", "/activity"])("has one tab stop for the rows of %s", async (path) => {
    const page = await site.open();
    for (const title of ["One", "Two", "Three"]) {
      const { id } = await (await page.request.post("/api/tasks", { data: { title } })).json();
      await page.request.delete(`/api/tasks/${id}`);
    }
    await page.goto(path);
    const rows = page.locator("main li");
    const names = await rows.evaluateAll((all) =>
      all.map((row) => {
        const control = row.querySelector("summary, a, button");
        return control?.getAttribute("aria-label") ?? control?.textContent ?? "";
      }),
    );
    expect(names.length).toBeGreaterThanOrEqual(3);
    const stops: string[] = [];
    for (let stop = await pressTab(page); stop !== ""; stop = await pressTab(page)) stops.push(stop);
    expect(stops.filter((stop) => names.includes(stop))).toEqual(names.slice(0, 1));
    await rows.first().locator("a, button").first().focus();
    for (const name of names.slice(1)) {
      await page.keyboard.press("ArrowDown");
      expect(await focused(page)).toBe(name);
    }
  });

  it("closes the View menu when focus leaves it", async () => {
    const page = await site.open();
    await page.goto("/tasks");
    const menu = page.locator(".view-menu[open]");
    await page.locator(".view-menu summary").focus();
    for (const key of ["Enter", "Tab", "Tab", "Tab", "Tab", "Tab"]) await page.keyboard.press(key);
    expect([await focused(page), await menu.count()]).toEqual(["Print", 1]);
    await page.keyboard.press("Tab");
    expect([await focused(page), await menu.count()]).toEqual(["add-title", 0]);
  });

  it("never loses focus", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "One" }, { title: "Two" }, { title: "Three" }]);
    await page.goto("/tasks");
    await page.getByLabel("New task").focus();
    await page.keyboard.type("Four");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Four" }).waitFor();
    expect(await focused(page)).toBe("add-title");

    await page.getByRole("button", { name: "Complete: Three" }).focus();
    await page.keyboard.press("Space");
    await page.locator(".task", { hasText: "Three" }).waitFor({ state: "hidden" });
    await page.waitForFunction(() => document.activeElement?.matches(".task-link"));
    expect(await focused(page)).toContain("Two");

    await page.keyboard.press("Enter");
    await page.locator(".panel-open").waitFor();
    expect(await focused(page)).toBe("title");
    await page.keyboard.press("End");
    await page.keyboard.type(" more");
    await page.keyboard.press("Enter");
    await page.getByText("Saved", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    expect(await focused(page)).toContain("Two more");

    await page.keyboard.press("Delete");
    await page.locator(".toast-note", { hasText: "Deleted" }).waitFor();
    await page.waitForFunction(() => document.activeElement?.matches(".task-link"));
    await page.locator(".toast-action").last().focus();
    await page.keyboard.press("Enter");
    await page.locator(".task-link", { hasText: "Two more" }).waitFor();
    await page.waitForFunction(() => document.activeElement?.matches(".task-link"));
    expect(await focused(page)).toContain("Two more");

    await selectTask(page, "One");
    await page.locator("#bulk").waitFor({ state: "visible" });
    await page.keyboard.press("Escape");
    await page.locator("#bulk").waitFor({ state: "hidden" });
  });

  it("keeps focus in the task sheet on a narrow screen, which a click outside closes", async () => {
    const page = await site.open({ viewport: SIZES.zoomed });
    await addTasks(page, [{ title: "One" }]);
    await page.goto("/tasks");
    await page.locator(".task-link").click();
    await page.locator(".panel-open").waitFor();
    for (let step = 0; step < 14; step++) {
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.matches("body, #panel *"))).toBe(true);
    }
    await page.mouse.click(20, 20);
    await page.locator("#panel").waitFor({ state: "hidden" });
    expect(await focused(page)).toContain("One");
  });

  it("always shows which element has focus", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "One" }]);
    await page.goto("/tasks");
    const bare: string[] = [];
    for (let step = 0; step < 14; step++) {
      await page.keyboard.press("Tab");
      const seen = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const shows = (node: Element | null) => {
          if (!node) return false;
          const { outlineStyle, boxShadow } = getComputedStyle(node);
          return outlineStyle !== "none" || boxShadow !== "none";
        };
        const around = element.closest(".add-line, .task, .choice");
        return shows(element) || shows(around) ? "" : element.outerHTML.slice(0, 100);
      });
      if (seen) bare.push(seen);
    }
    expect(bare).toEqual([]);
  });
});

/** Presses Tab. @returns what has focus then; "" once it has left the page */
async function pressTab(page: Page) {
  await page.keyboard.press("Tab");
  return (await page.evaluate(() => document.activeElement === document.body)) ? "" : ((await focused(page)) ?? "");
}

/** Collects what a screen reader announces: text that is added to a live region. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    const before = new WeakMap<Element, string>();
    const regions = "[role=status], [role=alert], [aria-live]";
    for (const region of document.querySelectorAll(regions)) before.set(region, region.textContent ?? "");
    new MutationObserver((mutations) => {
      const added = mutations.filter(({ type, addedNodes }) => type === "characterData" || addedNodes.length > 0);
      const changed = added.map(({ target }) => (target instanceof Element ? target : target.parentElement));
      for (const region of new Set(changed.map((element) => element?.closest(regions)))) {
        const text = region?.textContent?.trim().replace(/\s+/g, " ");
        if (!region || !text || !region.checkVisibility() || before.get(region) === text) continue;
        before.set(region, text);
        heard.push(text);
      }
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
  });
  return () => page.evaluate(() => (window as unknown as { heard: string[] }).heard.splice(0));
}

describe.skipIf(noBrowser)("screen reader", () => {
  it("hears one announcement for each action, and none for a live update", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "One" }, { title: "Two" }, { title: "Three" }]);
    await page.goto("/tasks");
    const heard = await listen(page);
    const once = async (expected: RegExp, act: () => Promise<unknown>) => {
      await act();
      await page.waitForFunction(() => (window as unknown as { heard: string[] }).heard.length > 0);
      expect(await heard()).toEqual([expect.stringMatching(expected)]);
      for (const toast of await page.locator("[data-dismiss]").all()) await toast.click();
      expect(await heard()).toEqual([]);
    };
    await once(/^Added: Four\. 4 tasks in this list$/, async () => {
      await page.getByLabel("New task").fill("Four");
      await page.keyboard.press("Enter");
    });
    await once(/^1 task found$/, () => page.getByLabel("Search tasks").fill("four"));
    await once(/^4 tasks in this list$/, () => page.getByLabel("Search tasks").fill(""));
    await once(/^Completed: One/, () => page.getByRole("button", { name: "Complete: One" }).click());
    await once(/^Deleted: Two/, () => deleteTask(page, "Two"));
    await once(/^Undone/, () => page.keyboard.press("Control+z"));
    await page.locator(".task-link", { hasText: "Three" }).focus();
    await page.keyboard.press("x");
    expect(await heard()).toEqual(["1 selected"]);
    await once(/^1 task completed/, () => page.locator("#bulk").getByRole("button", { name: "Complete" }).click());
    await page.locator(".task-link", { hasText: "Four" }).click();
    await page.locator(".panel-open").waitFor();
    await heard();
    await once(/^Saved/, async () => {
      await page.getByLabel("Title", { exact: true }).fill("Fourth");
      await save(page);
    });
    await addTasks(page, [{ title: "Elsewhere" }]);
    await page.mouse.move(5, 5);
    await page.locator(".task", { hasText: "Elsewhere" }).waitFor();
    expect(await heard()).toEqual([]);
  });
});

const SIZES = {
  phone: { width: 360, height: 740 },
  tablet: { width: 768, height: 900 },
  zoomed: { width: 640, height: 400 },
  desktop: { width: 1440, height: 900 },
};

describe.skipIf(noBrowser)("screen of any size", () => {
  it.each(Object.entries(SIZES))("shows everything without scrolling sideways: %s", async (name, viewport) => {
    const touch = name === "phone";
    const options = { viewport, hasTouch: touch, isMobile: touch };
    const [page, visitors] = [await site.open(options), await site.open({ ...options, visitor: true })];
    const wide: string[] = [];
    const measure = async (state: string, shown = page) => {
      const over = await shown.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (over > 0) wide.push(`${state}: ${over}`);
    };
    for (const path of ["/tasks", "/account", "/nowhere"]) {
      await page.goto(path);
      await measure(path);
    }
    await addTasks(page, [{ title: "W".repeat(200), description: "w".repeat(500), priority: "high" }]);
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => page.request.post("/api/tasks", { data: { title: `Task ${index}` } })),
    );
    await page.goto("/tasks?sort=title&order=desc");
    await measure("a list");
    await page.locator(".count").evaluateAll((counts) => {
      for (const count of counts) count.textContent = "12,345";
    });
    await measure("a long list");
    const tick = await page.locator(".tick").first().boundingBox();
    expect(Math.min(tick?.width ?? 0, tick?.height ?? 0)).toBeGreaterThanOrEqual(44);
    await page.locator(".task-link").first().focus();
    await page.keyboard.press("x");
    await measure("a selection");
    await page.getByRole("button", { name: "Clear the selection" }).click();
    await page.locator(".task-link").first().click();
    await page.locator(".panel-open").waitFor();
    await measure("a task");
    await page.reload();
    await measure("a task page");
    for (const path of ["/", "/login", "/register"]) {
      await visitors.goto(path);
      await measure(path, visitors);
    }
    expect(wide).toEqual([]);
  });
});
