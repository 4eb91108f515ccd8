import { afterAll, beforeAll, expect } from "bun:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { addTasks, noBrowser, type Site, watch } from "./browser.ts";
import { type Program, startProgram } from "./program.ts";

/** The fields of a new task. */
type NewTask = Parameters<typeof addTasks>[1][number];

/**
 * Starts a second process with the same data.
 * @returns a function that opens two windows of one account, one per process: each sees changes of the other only as
 * live updates
 */
export function twoProcesses(site: Site) {
  let other: Program;
  beforeAll(async () => {
    if (!noBrowser) other = await startProgram({ DATA_DIR: site.program.dataDir, LOG_LEVEL: "error" });
  });
  afterAll(() => other?.[Symbol.asyncDispose]());

  return async function twoWindows(
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

/** Waits until exactly these tasks are visible. */
export const expectTitles = (page: Page, titles: string[]) =>
  waitForTexts(page, ".task:not([hidden], .leaving, .pending) .task-title", titles);

/** Waits until the side bar shows these numbers of open tasks; "" for none. */
export const expectCount = (page: Page, ...counts: string[]) =>
  waitForTexts(page, "#navigation .count", counts.filter(Boolean));

/** Waits until the elements of a selector have exactly these texts. */
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

/** Adds a task with the new-task field. */
export async function addTask(page: Page, title: string) {
  await page.getByLabel("New task").fill(title);
  await page.keyboard.press("Enter");
}
