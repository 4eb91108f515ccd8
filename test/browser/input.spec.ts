import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { addTasks, noBrowser, stage } from "../support/browser.ts";

const site = stage();
const it = test.serial;

/** Opens a task beside the list. */
async function openTask() {
  const page = await site.open();
  await addTasks(page, [{ title: "Plan" }]);
  await page.goto("/tasks");
  await page.getByRole("link", { name: "Plan" }).click();
  await page.locator("#panel .panel-title").waitFor();
  return page;
}

/** Field types that the form has today or may get, each as markup with the way to change it. */
const FIELDS: [string, string, (page: Page) => Promise<unknown>][] = [
  ["a date", '<input id="new" type="date">', (page) => page.fill("#new", "2030-01-31")],
  [
    "a date that is only partly typed",
    '<input id="new" type="date">',
    (page) => page.locator("#new").pressSequentially("01"),
  ],
  ["a cleared date", '<input id="new" name="dueOn" type="date" value="2030-01-31">', (page) => page.fill("#new", "")],
  ["a number", '<input id="new" type="number" value="1">', (page) => page.fill("#new", "2")],
  [
    "a choice in a menu",
    '<select id="new"><option>One</option><option>Two</option></select>',
    (page) => page.selectOption("#new", "Two"),
  ],
  [
    "several choices in a menu",
    '<select id="new" multiple><option selected>One</option><option>Two</option></select>',
    (page) => page.selectOption("#new", ["One", "Two"]),
  ],
  ["a checkbox", '<input id="new" type="checkbox" checked>', (page) => page.uncheck("#new")],
  ["a radio button", "", (page) => page.getByLabel("High").check()],
  ["a colour", '<input id="new" type="color">', (page) => page.fill("#new", "#ff0000")],
  ["a slider", '<input id="new" type="range">', (page) => page.fill("#new", "60")],
  [
    "a file",
    '<input id="new" type="file">',
    (page) => page.setInputFiles("#new", { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") }),
  ],
  ["a text", '<textarea id="new">Before</textarea>', (page) => page.fill("#new", "After")],
];

describe.skipIf(noBrowser)("unsaved input", () => {
  it.each(FIELDS)("is not lost unasked: %s", async (_, markup, change) => {
    const page = await openTask();
    await page.evaluate(
      (html) => document.querySelector("#edit .panel-actions")?.insertAdjacentHTML("beforebegin", html),
      markup,
    );
    const questions: string[] = [];
    page.on("dialog", (dialog) => {
      questions.push(dialog.type());
      return dialog.dismiss();
    });
    await change(page);
    await page.keyboard.press("Escape");
    expect(questions).toEqual(["confirm"]);
    expect(await page.locator("#panel").isVisible()).toBe(true);
    const question = page.waitForEvent("dialog");
    await page.close({ runBeforeUnload: true });
    await question;
    expect(questions).toEqual(["confirm", "beforeunload"]);
  });

  it.each(FIELDS.filter(([, markup]) => markup))("is only what was changed: %s", async (_, markup) => {
    const page = await openTask();
    await page.evaluate(
      (html) => document.querySelector("#edit .panel-actions")?.insertAdjacentHTML("beforebegin", html),
      markup,
    );
    await page.keyboard.press("Escape");
    await page.locator("#panel").waitFor({ state: "hidden" });
  });
});

describe.skipIf(noBrowser)("the key that ends a composition", () => {
  /** As Safari sends it: after `compositionend`, told apart by its key code only. */
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
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.method()));
    page.on("dialog", (dialog) => requests.push(dialog.type()));
    await page.getByLabel("Title", { exact: true }).fill("Half a");
    expect(await pressAsSafari(page, key, options)).toBe(true);
    expect(await page.getByLabel("Title", { exact: true }).inputValue()).toBe("Half a");
    expect(requests).toEqual([]);
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
