import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { addTasks, deleteTask, noBrowser, startSite } from "../support/browser.ts";
import { expectTitles } from "../support/two-windows.ts";
import { waitUntil } from "../support/wait-until.ts";

const site = startSite();
const it = test.serial;

/** Opens a task in the panel. */
async function openTask() {
  const page = await site.open();
  await addTasks(page, [{ title: "Plan" }]);
  await page.goto("/tasks");
  await page.getByRole("link", { name: "Plan" }).click();
  await page.locator("#panel .panel-title").waitFor();
  return page;
}

/** Fields that the form has or may get: the markup, and how to change the value. */
const FIELDS: [string, (page: Page) => Promise<unknown>][] = [
  ['<input id="new" type="date">', (page) => page.fill("#new", "2030-01-31")],
  // A date that is only partly typed has an empty value.
  ['<input id="new" type="date">', (page) => page.locator("#new").pressSequentially("01")],
  ['<input id="new" name="dueOn" type="date" value="2030-01-31">', (page) => page.fill("#new", "")],
  ['<input id="new" type="number" value="1">', (page) => page.fill("#new", "2")],
  ['<input id="new" type="checkbox" checked>', (page) => page.click("#new")],
  ['<input id="new" type="color">', (page) => page.fill("#new", "#ff0000")],
  ['<input id="new" type="range">', (page) => page.fill("#new", "60")],
  [
    '<input id="new" type="file">',
    (page) => page.setInputFiles("#new", { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") }),
  ],
  ['<textarea id="new">Before</textarea>', (page) => page.fill("#new", "After")],
  ['<select id="new"><option>One<option>Two</select>', (page) => page.selectOption("#new", "Two")],
  [
    '<select id="new" multiple><option selected>One<option>Two</select>',
    (page) => page.selectOption("#new", ["One", "Two"]),
  ],
  ['<i id="new"></i>', (page) => page.locator("#priority").selectOption("High")],
];

const insert = (page: Page, html: string) =>
  page.evaluate((markup) => {
    document.querySelector("#edit .panel-actions")?.insertAdjacentHTML("beforebegin", markup);
  }, html);

describe.skipIf(noBrowser)("unsaved input", () => {
  it("is saved when the task is closed, in any kind of field, and when the page is", async () => {
    const page = await openTask();
    const address = page.url();
    for (const [html, change] of FIELDS) {
      await page.goto(address);
      await insert(page, html);
      // The next page would send again what has not been answered.
      const saved = page.waitForResponse((each) => each.request().method() === "POST" && each.url() === address);
      await change(page);
      await page.keyboard.press("Escape");
      await saved;
    }
    await page.goto(address);
    await page.getByLabel("Notes", { exact: true }).fill("Typed last");
    await page.close({ runBeforeUnload: true });
    const next = await page.context().newPage();
    await next.goto(address);
    await next.waitForFunction(
      () => document.querySelector<HTMLTextAreaElement>("#description")?.value === "Typed last",
    );
    const saved = () => next.request.get(address.replace("/tasks/", "/api/tasks/"));
    await waitUntil(async () => (await (await saved()).json()).description === "Typed last");
  });

  it("does not include unchanged fields", async () => {
    const page = await openTask();
    for (const [html] of FIELDS) await insert(page, html);
    await page.keyboard.press("Escape");
    await page.locator("#panel").waitFor({ state: "hidden" });
  });
});

describe.skipIf(noBrowser)("pasted lines", () => {
  /** Pastes text into the line for new tasks, as Ctrl+V does. */
  async function paste(page: Page, text: string) {
    await page.getByLabel("New task").focus();
    await page.evaluate(async (pasted) => {
      const field = document.activeElement as HTMLInputElement;
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", pasted);
      const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
      if (!field.dispatchEvent(event)) return;
      // A script can't paste: the field replaces line breaks with spaces, as the browser would.
      field.setRangeText(pasted.replaceAll("\n", " "), field.selectionStart ?? 0, field.selectionEnd ?? 0, "end");
      field.dispatchEvent(new InputEvent("input", { inputType: "insertFromPaste", bubbles: true }));
    }, text);
  }
  const offer = (page: Page) => page.locator("#add-lines");

  it("can become a task each, as one action", async () => {
    const page = await site.open();
    await page.goto("/tasks");
    await page.getByLabel("New task").focus();
    await page.locator("#add-priority").selectOption("high");
    await paste(page, "Bread\nMilk\n\nSalt\n");
    await page.getByRole("button", { name: "Add 3 tasks" }).click();
    await page.getByText("3 tasks added.").waitFor();
    await expectTitles(page, ["Bread", "Milk", "Salt"]);
    expect(await page.locator(".task-flag:visible").allInnerTexts()).toEqual(Array(3).fill("High priority"));
    expect([await page.getByLabel("New task").inputValue(), await offer(page).isVisible()]).toEqual(["", false]);
    expect(await page.locator(":focus").getAttribute("id")).toBe("add-title");
    await page.keyboard.press("Control+z");
    await page.getByText("Nothing here yet.").waitFor();
  });

  it("are one task with Enter, and offer nothing once they were edited or there is only one", async () => {
    const page = await site.open();
    await page.goto("/tasks");
    await paste(page, "Bread\nMilk");
    expect(await page.getByRole("button", { name: "Add 2 tasks" }).isVisible()).toBe(true);
    await page.keyboard.press("Enter");
    await expectTitles(page, ["Bread Milk"]);
    expect(await offer(page).isVisible()).toBe(false);
    for (const end of ["x", "Escape"]) {
      await page.getByLabel("New task").fill("");
      await paste(page, "Bread\nMilk");
      expect(await offer(page).isVisible()).toBe(true);
      await page.keyboard.press(end);
      expect(await offer(page).isVisible()).toBe(false);
    }
    expect(await page.getByLabel("New task").inputValue()).toBe("Bread Milk");
    await page.getByLabel("New task").fill("");
    await paste(page, "\nOnly one\n");
    expect(await offer(page).isVisible()).toBe(false);
  });

  it("stay in the field when they can't be added", async () => {
    const page = await site.open();
    await page.goto("/tasks");
    await paste(page, "Bread\nRing\u0007");
    await page.getByRole("button", { name: "Add 2 tasks" }).click();
    await page.locator(".toast-problem", { hasText: "Shorten the line" }).waitFor();
    expect(await page.getByLabel("New task").inputValue()).toStartWith("Bread R");
    expect(await offer(page).isVisible()).toBe(true);
  });
});

describe.skipIf(noBrowser)("key that ends a composition", () => {
  /** Presses a key like Safari: after `compositionend`, and recognizable only by its key code. */
  const pressAsSafari = (page: Page, key: string, options: { ctrlKey?: boolean } = {}) =>
    page.evaluate(
      ([pressed, init]) => {
        const event = new KeyboardEvent("keydown", {
          ...init,
          key: pressed,
          keyCode: 229,
          bubbles: true,
          cancelable: true,
        });
        return document.activeElement?.dispatchEvent(event);
      },
      [key, options] as const,
    );

  it.each([
    ["Escape closes nothing", "Escape", {}],
    ["Enter saves nothing", "Enter", {}],
    ["Ctrl+Enter saves nothing", "Enter", { ctrlKey: true }],
  ] as const)("%s", async (_, key, options) => {
    const page = await openTask();
    const seen: string[] = [];
    page.on("request", (request) => seen.push(request.method()));
    page.on("dialog", (dialog) => {
      seen.push(dialog.type());
      return dialog.dismiss();
    });
    await page.getByLabel("Title", { exact: true }).fill("Half a");
    expect(await pressAsSafari(page, key, options)).toBe(true);
    expect(await page.getByLabel("Title", { exact: true }).inputValue()).toBe("Half a");
    expect(seen).toEqual([]);
  });

  it("Ctrl+Z undoes nothing", async () => {
    const page = await openTask();
    await page.keyboard.press("Escape");
    await deleteTask(page, "Plan");
    await page.locator(".toast-note").waitFor();
    await page.locator("#task-list").focus();
    expect(await pressAsSafari(page, "z", { ctrlKey: true })).toBe(true);
    expect((await (await page.request.get("/api/tasks")).json()).items).toEqual([]);
  });
});
