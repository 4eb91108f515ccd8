import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { addTasks, deleteTask, noBrowser, selectTask, startSite, violations } from "../support/browser.ts";

const site = startSite();
const it = test.serial;

const noPdf = noBrowser || (Bun.which("pdftotext") === null && !process.env.CI);
if (noPdf) console.log("skipped: pdftotext is missing (Debian: apt-get install poppler-utils)");

/** Returns what a page prints. */
async function printedText(page: Page): Promise<string> {
  const child = Bun.spawn(["pdftotext", "-layout", "-", "-"], { stdin: await page.pdf(), stdout: "pipe" });
  return new Response(child.stdout).text();
}

/** Creates more tasks than a list loads at first. */
const manyTasks = Array.from({ length: 60 }, (_, number) => ({ title: `Task ${number} of many` }));
const note = Array.from({ length: 60 }, (_, line) => `Line ${line + 1}.`).join("\n");

/** Returns computed styles of the first element that matches. */
const styles = <Name extends string>(page: Page, selector: string, ...names: Name[]) =>
  page
    .locator(selector)
    .first()
    .evaluate(
      (element, names) =>
        Object.fromEntries(names.map((name) => [name, getComputedStyle(element).getPropertyValue(name)])),
      names,
    ) as Promise<Record<Name, string>>;

describe.skipIf(noPdf)("print", () => {
  it("has every row of a list and every line of a note, but no controls", async () => {
    const page = await site.open({ colorScheme: "dark" });
    await addTasks(page, [...manyTasks, { title: "Write the launch note", description: note, priority: "high" }]);
    await page.goto("/tasks");
    const text = await printedText(page);
    for (const each of ["Open: 61 tasks", ...manyTasks.map(({ title }) => title), "High priority", ...note.split("\n")])
      expect(text).toContain(each);
    expect(text).not.toMatch(/Search|Add a task|Load more|Trash|Print/);
    // The page is as before.
    expect(await page.locator("#printed-list").count()).toBe(0);
    expect(await page.getByLabel("New task").isVisible()).toBe(true);
  });

  it("has the open task as a document, with unsaved edits", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "Another task" }, { title: "Write the launch note", description: note }]);
    await page.goto("/tasks");
    await page.getByRole("link", { name: "Write the launch note" }).click();
    await page.getByRole("button", { name: "Edit notes" }).click();
    await page.getByLabel("Notes", { exact: true }).fill(`An unsaved line.\n${note}`);
    const text = await printedText(page);
    for (const line of ["Write the launch note", "An unsaved line.", ...note.split("\n")]) expect(text).toContain(line);
    expect(text).not.toMatch(/Another task|Save|Close|Delete|Priority/);
  });

  it("has what a page says, but none of its controls", async () => {
    const page = await site.open();
    for (const [path, shown, controls] of [
      ["/account", /Profile.*Sessions.*History/s, /Appearance|Match|Password\n|Apply|Sign out/],
      ["/nowhere", /Not found/, /Go to your tasks/],
    ] as const) {
      await page.goto(path);
      const text = await printedText(page);
      expect(text).toMatch(shown);
      expect(text).not.toMatch(controls);
    }
  });

  it("has the date of a deleted task below its title", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "A deleted task" }]);
    await page.goto("/tasks");
    await deleteTask(page, "A deleted task");
    await page.locator(".toast-note").waitFor();
    await page.goto("/trash");
    expect(await printedText(page)).toMatch(/A deleted task\n+ *Deleted today/);
  });

  it("has a note about missing rows, and a page with all of them, without JavaScript", async () => {
    const page = await site.open({ javaScriptEnabled: false });
    await addTasks(page, manyTasks);
    await page.goto("/tasks");
    expect(await printedText(page)).toContain("More tasks follow. To print all of them, use Print in the View menu.");
    await page.locator(".view-menu summary").click();
    await Promise.all([page.waitForEvent("load"), page.getByRole("link", { name: "Print" }).click()]);
    const text = await printedText(page);
    for (const { title } of manyTasks) expect(text).toContain(title);
    await page.goto("/activity");
    expect(await printedText(page)).toContain("Older activity is on the next page.");
  });
});

describe.skipIf(noBrowser)("forced colours", () => {
  it("show which tasks are done, which are selected and where the focus is", async () => {
    const page = await site.open({ forcedColors: "active", reducedMotion: "reduce" });
    await addTasks(page, [{ title: "Open" }, { title: "Done", completed: true }]);
    await page.goto("/tasks?status=all");
    const isTicked = async (title: string) => {
      const icon = page.locator(".task", { hasText: title }).locator(".tick-circle .icon");
      return (await icon.evaluate((element) => getComputedStyle(element).opacity)) === "1";
    };
    expect([await isTicked("Open"), await isTicked("Done")]).toEqual([false, true]);
    await selectTask(page, "Open");
    expect((await styles(page, ".task:has(:checked)", "outline-style"))["outline-style"]).toBe("solid");
    // The browser draws the box itself.
    expect((await styles(page, ".task-select input", "appearance")).appearance).toBe("auto");
    for (const [label, edge] of [
      ["New task", ".add-line"],
      ["Search tasks", "#q"],
    ] as const) {
      await page.getByLabel(label).focus();
      expect((await styles(page, edge, "outline-style"))["outline-style"]).toBe("solid");
    }
    expect((await styles(page, ".place[aria-current]", "outline-style"))["outline-style"]).toBe("solid");
  });
});

describe.skipIf(noBrowser)("checkbox", () => {
  it("has the focus ring of every other control", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "A" }]);
    await page.goto("/tasks");
    await selectTask(page, "A");
    await page.keyboard.press("ArrowRight");
    const ring = ["outline-style", "outline-width", "outline-color", "box-shadow"] as const;
    const ours = await styles(page, ".task-select input:focus", ...ring);
    for (const key of ["ArrowLeft", "ArrowLeft"]) await page.keyboard.press(key);
    expect(ours).toEqual(await styles(page, ".tick:focus", ...ring));
    expect([ours["outline-style"], ours["outline-width"], ours["box-shadow"]]).toEqual(["solid", "2px", "none"]);
  });
});

describe.skipIf(noBrowser)("browser without light-dark()", () => {
  it.each(["light", "dark"] as const)("shows circles and opaque menus in %s mode", async (colorScheme) => {
    const page = await site.open({ colorScheme });
    await addTasks(page, [{ title: "A" }, { title: "B", priority: "high" }]);
    await page.route(/\/static\/app-\w+\.css/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replaceAll("light-dark(", "unknown-function(") });
    });
    await page.goto("/tasks");
    await page.locator(".view-menu summary").click();
    const transparent = "rgba(0, 0, 0, 0)";
    const ink = (await styles(page, "body", "color")).color;
    for (const selector of [".view-menu .menu-sheet", ".task-list", ".fab, .brand-mark"]) {
      const { "background-color": background, color } = await styles(page, selector, "background-color", "color");
      expect([selector, background]).not.toEqual([selector, transparent]);
      expect(background).not.toBe(color);
    }
    const borders = await page
      .locator(".tick-circle")
      .evaluateAll((circles) => circles.map((circle) => getComputedStyle(circle).borderTopColor));
    expect(new Set([...borders, ink, transparent]).size).toBe(4);
    expect(await violations(page, "dark")).toEqual([]);
  });
});

describe.skipIf(noBrowser)("a reader's font size of 32 px", () => {
  it("enlarges all text and needs no horizontal scrolling on a phone", async () => {
    const page = await site.open({ viewport: { width: 360, height: 740 } });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Page.setFontSizes", { fontSizes: { standard: 32 } });
    await addTasks(page, [
      { title: "x".repeat(200), priority: "high", description: "A note" },
      { title: "Done", completed: true },
    ]);
    const deleted = await page.request.post("/api/tasks", { data: { title: "Deleted" } });
    await page.request.delete(`/api/tasks/${(await deleted.json()).id}`);
    for (const path of ["/tasks?status=all", "/tasks", "/activity", "/trash", "/account", "/tasks/print"]) {
      await page.goto(path);
      if (path === "/tasks") {
        await page.locator(".has-script").waitFor();
        await page.locator(".task-link").first().click();
        await page.locator(".panel-open").waitFor();
      }
      const { scroll, cut, smallest } = await page.evaluate(() => ({
        scroll: document.documentElement.scrollWidth - innerWidth,
        cut: [...document.querySelectorAll("main *, header *")]
          .filter(({ clientWidth, scrollWidth }) => clientWidth > 1 && scrollWidth > clientWidth)
          .filter((element) => getComputedStyle(element).overflowX === "hidden")
          .filter((element) => getComputedStyle(element).textOverflow !== "ellipsis" || element.clientWidth < 48)
          .map(({ className }) => className),
        smallest: Math.min(
          ...[...document.querySelectorAll("main *, header *")]
            .filter((element) => element.checkVisibility() && element.textContent)
            .map((element) => Number.parseFloat(getComputedStyle(element).fontSize)),
        ),
      }));
      expect([path, Math.max(scroll, 0), cut, smallest >= 24]).toEqual([path, 0, [], true]);
    }
    await page.context().clearCookies();
    for (const path of ["/", "/login", "/register", "/nowhere"]) {
      await page.goto(path);
      const scroll = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect([path, Math.max(scroll, 0)]).toEqual([path, 0]);
    }
  });
});

describe.skipIf(noBrowser)("fields on a touch screen", () => {
  it("have at least 16 px, so that iOS does not zoom in, and get no focus when a task opens", async () => {
    const page = await site.open({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 740 } });
    await addTasks(page, [{ title: "A" }]);
    await page.goto("/tasks");
    await page.locator(".task-link").tap();
    await page.locator(".panel-open").waitFor();
    expect(await page.locator("#panel :focus").getAttribute("aria-label")).toBe("Close");
    const small = await page.evaluate(() =>
      [...document.querySelectorAll("input:not([type=radio], [type=checkbox], [type=hidden]), select, textarea")]
        .filter((field) => Number.parseFloat(getComputedStyle(field).fontSize) < 16)
        .map((field) => field.id || field.className),
    );
    expect(small).toEqual([]);
  });
});

describe.skipIf(noBrowser)("API documentation page", () => {
  it("has the side bar of every page and follows the theme", async () => {
    const page = await site.open({ colorScheme: "dark" });
    await page.goto("/docs");
    await page.locator("#operations-Accounts-getApiMe").waitFor();
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "All tasks" }).waitFor();
    expect(await violations(page, "dark")).toEqual([]);
    const dark = await styles(page, "body", "background-color");
    await page.emulateMedia({ colorScheme: "light" });
    await page.locator("html:not(.dark-mode)").waitFor();
    expect(await styles(page, "body", "background-color")).not.toEqual(dark);
    await page.getByRole("navigation", { name: "Main" }).getByRole("link").last().click();
    await Promise.all([page.waitForResponse("**/account/theme"), page.getByLabel("Dark").check()]);
    await page.goto("/docs");
    expect(await styles(page, "body", "background-color")).toEqual(dark);
    expect(await page.locator("html.dark-mode").count()).toBe(1);
  });
});
