import { afterAll, beforeAll, expect } from "bun:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { addTasks, noBrowser, type Stage, watch } from "./browser.ts";
import { type Program, startProgram } from "./program.ts";

/** What a new task is made of, by the API. */
type NewTask = Parameters<typeof addTasks>[1][number];

/**
 * Two browsers of one person, each with a process of its own over the same data: what shows on one was done with the
 * other.
 */
export function twoProcesses(site: Stage) {
  let other: Program;
  beforeAll(async () => {
    if (!noBrowser) other = await startProgram({ DATA_DIR: site.program.dataDir, LOG_LEVEL: "error" });
  });
  afterAll(() => other?.[Symbol.asyncDispose]());

  return async function twoScreens(
    tasks: readonly (string | NewTask)[] = [],
    { path = "/tasks", ...options }: BrowserContextOptions & { path?: string } = {},
  ) {
    const mine = await site.open(options);
    await addTasks(
      mine,
      tasks.map((task) => (typeof task === "string" ? { title: task } : task)),
    );
    const theirs = await site.open({ ...options, as: mine.context(), baseURL: other.url });
    const wrong = [watch(mine, site.url), watch(theirs, other.url)];
    await Promise.all([mine.goto(path), theirs.goto(path)]);
    return { mine, theirs, expectQuiet: () => expect(wrong.flat()).toEqual([]) };
  };
}

/** Waits until exactly these tasks show. */
export const expectTitles = (page: Page, titles: string[]) =>
  waitForTexts(page, ".task:not([hidden], .leaving) .task-title", titles);

/** Waits until the tabs count so many: open, completed, all. */
export const expectCounts = (page: Page, counts: string[]) => waitForTexts(page, "#tabs .count", counts);

/** Waits until exactly this is written in the elements of a selector. @throws Error with what was there instead */
async function waitForTexts(page: Page, selector: string, wanted: string[]) {
  try {
    await page.waitForFunction(
      ([where = "", texts]) =>
        JSON.stringify([...document.querySelectorAll<HTMLElement>(where)].map((each) => each.innerText)) === texts,
      [selector, JSON.stringify(wanted)],
    );
  } catch {
    expect(await page.locator(selector).allInnerTexts()).toEqual(wanted);
  }
}

/** Adds a task by the line for it. */
export async function addByLine(page: Page, title: string) {
  await page.getByLabel("New task").fill(title);
  await page.keyboard.press("Enter");
}
