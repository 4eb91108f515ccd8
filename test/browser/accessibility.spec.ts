import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { addTasks, noBrowser, shownTitles, startSite } from "../support/browser.ts";
import { newCredentials } from "../support/client.ts";

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

    await click(".task-delete button");
    expect(await page.innerText("#toasts")).toContain("Deleted: Salt");
    await click(".toast-action");
    expect(await shownTitles(page)).toEqual(["Salt", "Milk", "Bread"]);
    await click(".tick");
    expect(await shownTitles(page)).toEqual(["Milk", "Bread"]);
    expect(await page.locator(".toast-note .toast-close").isVisible()).toBe(false);
    await page.goto("/tasks");
    expect(await page.locator(".toast-note").count()).toBe(0);

    await page.fill("#q", "milk");
    await click("#filters noscript button");
    expect(await shownTitles(page)).toEqual(["Milk"]);
    await click("#tab-all");
    expect(page.url()).toContain("status=all");
    expect(await shownTitles(page)).toEqual(["Milk"]);
    await page.goto("/tasks?status=all&sort=title.desc");
    expect(await shownTitles(page)).toEqual(["Salt", "Milk", "Bread"]);

    await click('.task-link:has-text("Milk")');
    await page.fill("#title", "Oat milk");
    await page.fill("#description", "Two\nlitres");
    await page.check('input[value="high"]');
    await click("#edit button[type=submit]");
    expect(await page.innerText("#toasts")).toContain("Saved");
    expect(await page.inputValue("#description")).toBe("Two\nlitres");
    await click(".toast-action");
    expect(await page.inputValue("#title")).toBe("Milk");
    await click(".panel-times a");
    await click(".activity-row button");
    expect(await page.innerText(".activity-row")).toStartWith("Undo: Changed Oat milk");
    expect(await page.innerText("#toasts")).toContain("Undone");

    await page.goto("/tasks?status=all");
    for (const box of await page.locator('input[name="ids"]').all()) await box.check({ force: true });
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
  it("reaches the new-task field with the second Tab and never loses focus", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "One" }, { title: "Two" }, { title: "Three" }]);
    await page.goto("/tasks");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Skip to the list");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("add-title");
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

    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Delete: Two more");
    await page.keyboard.press("Enter");
    await page.locator(".toast-note", { hasText: "Deleted" }).waitFor();
    await page.waitForFunction(() => document.activeElement?.matches(".task-link"));
    await page.locator(".toast-action").last().focus();
    await page.keyboard.press("Enter");
    await page.locator(".task-link", { hasText: "Two more" }).waitFor();
    await page.waitForFunction(() => document.activeElement?.matches(".task-link"));
    expect(await focused(page)).toContain("Two more");

    await page.getByLabel("Select: One").focus();
    await page.keyboard.press("Space");
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

const SIZES = {
  phone: { width: 360, height: 740 },
  tablet: { width: 768, height: 900 },
  zoomed: { width: 640, height: 400 },
  desktop: { width: 1440, height: 900 },
};

describe.skipIf(noBrowser)("screen of any size", () => {
  it.each(Object.entries(SIZES))("shows everything without scrolling sideways: %s", async (name, viewport) => {
    const touch = name === "phone";
    const page = await site.open({ viewport, hasTouch: touch, isMobile: touch });
    const wide: string[] = [];
    const measure = async (state: string) => {
      const over = await page.evaluate(
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
    const tick = await page.locator(".tick").first().boundingBox();
    expect(Math.min(tick?.width ?? 0, tick?.height ?? 0)).toBeGreaterThanOrEqual(44);
    await page.locator('input[name="ids"]').first().check({ force: true });
    await measure("a selection");
    await page.getByRole("button", { name: "Clear the selection" }).click();
    await page.locator(".task-link").first().click();
    await page.locator(".panel-open").waitFor();
    await measure("a task");
    await page.reload();
    await measure("a task page");
    await page.context().clearCookies();
    for (const path of ["/", "/login", "/register"]) {
      await page.goto(path);
      await measure(path);
    }
    expect(wide).toEqual([]);
  });
});
