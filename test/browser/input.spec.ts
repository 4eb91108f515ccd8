import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { addTasks, noBrowser, startSite } from "../support/browser.ts";

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
  ['<input id="new" type="checkbox" checked>', (page) => page.uncheck("#new")],
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
  ['<i id="new"></i>', (page) => page.getByLabel("High").check()],
];

const insert = (page: Page, html: string) =>
  page.evaluate((markup) => {
    document.querySelector("#edit .panel-actions")?.insertAdjacentHTML("beforebegin", markup);
  }, html);

describe.skipIf(noBrowser)("unsaved input", () => {
  it("is not discarded without confirmation, in any kind of field", async () => {
    const page = await openTask();
    const questions: string[] = [];
    page.on("dialog", (dialog) => {
      questions.push(dialog.type());
      return dialog.dismiss();
    });
    for (const [html, change] of FIELDS) {
      await insert(page, html);
      await change(page);
      await page.keyboard.press("Escape");
      expect({ html, questions: questions.splice(0) }).toEqual({ html, questions: ["confirm"] });
      await page.evaluate(() => document.querySelector("#new")?.remove());
    }
    const question = page.waitForEvent("dialog");
    await page.close({ runBeforeUnload: true });
    expect((await question).type()).toBe("beforeunload");
  });

  it("does not include unchanged fields", async () => {
    const page = await openTask();
    for (const [html] of FIELDS) await insert(page, html);
    await page.keyboard.press("Escape");
    await page.locator("#panel").waitFor({ state: "hidden" });
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
    await page.getByRole("button", { name: "Delete: Plan" }).click();
    await page.locator(".toast-note").waitFor();
    await page.locator("#task-list").focus();
    expect(await pressAsSafari(page, "z", { ctrlKey: true })).toBe(true);
    expect((await (await page.request.get("/api/tasks")).json()).items).toEqual([]);
  });
});
