import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { noBrowser, startSite, watch } from "../support/browser.ts";
import { waitUntil } from "../support/wait-until.ts";

const site = startSite();
const it = test.serial;

/** Opens a project with a task, its subtask, and another task below. */
async function openProject(options: Parameters<typeof site.open>[0] = {}) {
  const page = await site.open(options);
  const post = async (path: string, data: object) => (await page.request.post(path, { data })).json();
  const project = await post("/api/projects", { name: "Launch" });
  await post("/api/tasks", { title: "Order food", projectId: project.id });
  const task = await post("/api/tasks", { title: "Print badges", projectId: project.id });
  await post("/api/tasks", { title: "Buy paper", parentId: task.id });
  await page.goto(`/projects/${project.id}`);
  return { page, project, task };
}

const ONCE = ["Print badges", "Buy paper", "Order food"];
const TWICE = ["Print badges", "Buy paper", ...ONCE];

/** Waits until the list shows these tasks. */
const shows = (page: Page, titles: string[]) =>
  waitUntil(async () => {
    const rows = page.locator("#task-list > .task:not(.leaving, [hidden]) .task-title");
    return (await rows.allTextContents()).map((title) => title.trim()).join() === titles.join();
  });

async function duplicateTask(page: Page) {
  await page.locator("#panel").getByLabel("More", { exact: true }).click();
  await page.getByRole("button", { name: "Duplicate" }).click();
}

describe.skipIf(noBrowser)("Duplicate", () => {
  it("copies the open task below it, with a link to the copy and Undo", async () => {
    const { page, task } = await openProject();
    const wrong = watch(page, site.url);
    await page.getByRole("link", { name: "Print badges" }).click();
    await duplicateTask(page);
    await shows(page, TWICE);
    expect(await page.locator("#panel .menu").getAttribute("open")).toBeNull();
    const toast = page.locator(".toast-note", { hasText: "Duplicated: Print badges" });
    await toast.getByRole("button", { name: "Undo" }).click();
    await shows(page, ONCE);
    await duplicateTask(page);
    await shows(page, TWICE);
    await toast.getByRole("link", { name: "Open" }).click();
    await page.waitForURL((url) => /\/tasks\/[^/]+$/.test(url.pathname) && !url.pathname.endsWith(task.id));
    await page.locator("#panel").getByText("Buy paper").waitFor();
    expect(wrong).toEqual([]);
  });

  it("opens the copy of a task without JavaScript", async () => {
    const { page, project, task } = await openProject({ javaScriptEnabled: false });
    await page.getByRole("link", { name: "Print badges" }).click();
    await duplicateTask(page);
    await page.waitForURL((url) => /\/tasks\/[^/]+$/.test(url.pathname) && !url.pathname.endsWith(task.id));
    await page.locator("#panel").getByText("Buy paper").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.goto(`/projects/${project.id}`);
    await shows(page, ONCE);
  });

  it("opens the copy of a project, which Undo deletes", async () => {
    const { page, project } = await openProject();
    await page.getByLabel("Project menu").click();
    await page.getByRole("button", { name: "Duplicate" }).click();
    await page.getByRole("heading", { name: "Launch (copy)" }).waitFor();
    await shows(page, ONCE);
    expect(page.url()).not.toContain(project.id);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.waitForURL("**/projects");
    expect(await page.locator(".project-row").allTextContents()).toEqual([
      expect.stringMatching(/Launch(?! \(copy\))/),
    ]);
  });
});
