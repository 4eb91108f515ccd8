import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { noBrowser, startSite, watch } from "../support/browser.ts";
import { twoPeople } from "../support/members.ts";
import { type Program, startProgram } from "../support/program.ts";

const site = startSite();
const it = test.serial;

const TASKS = 300;
const OPTIONS = { timezoneId: "UTC" };

/** A second process with the same data: whatever one person does reaches the other through the database. */
let other: Program;
beforeAll(async () => {
  if (!noBrowser) other = await startProgram({ DATA_DIR: site.program.dataDir, LOG_LEVEL: "error" });
});
afterAll(() => other?.[Symbol.asyncDispose]());

const row = (page: Page, title: string) => page.locator(".task:not(.leaving)", { hasText: title });
const count = (page: Page, name: string) => page.locator("#navigation .place", { hasText: name }).locator(".count");
const expectCount = (page: Page, name: string, open: number) =>
  count(page, name).getByText(`${open}`, { exact: true }).waitFor();

/** Opens the project of two people with many tasks for both, each at another process. */
async function openProject() {
  const { ada, bob: atFirst, project, ...users } = await twoPeople(site, OPTIONS);
  const bob = await site.open({ ...OPTIONS, as: atFirst.context(), baseURL: other.url });
  const titles = Array.from({ length: TASKS }, (_, index) => `Step ${TASKS - index} of the launch`);
  for (let start = 0; start < TASKS; start += 50)
    await Promise.all(
      titles
        .slice(start, start + 50)
        .map((title) => ada.request.post("/api/tasks", { data: { title, projectId: project.id } })),
    );
  const wrong = [watch(ada, site.url), watch(bob, other.url)];
  await Promise.all([ada, bob].map((page) => page.goto(`/projects/${project.id}?sort=title&order=asc`)));
  await Promise.all([ada, bob].map((page) => row(page, "Step 1 of").waitFor()));
  return { ada, bob, project, ...users, expectQuiet: () => expect(wrong.flat()).toEqual([]) };
}

describe.skipIf(noBrowser)("two people, each at another process", () => {
  it("date, assign, discuss and complete the tasks of a project, and see each other's work", async () => {
    const { ada, bob, project, adaUser, bobUser, expectQuiet } = await openProject();
    await Promise.all([ada, bob].map((page) => expectCount(page, "Launch", TASKS)));

    // Ada plans with the keyboard: a date and an assignee.
    await row(ada, "Step 1 of").locator(".task-link").focus();
    await ada.keyboard.press("d");
    await ada.locator("#date-menu[open]").getByRole("button", { name: "Tomorrow" }).click();
    await row(bob, "Step 1 of").getByText("tomorrow").waitFor();
    await row(ada, "Step 1 of").locator(".task-link").focus();
    await ada.keyboard.press("a");
    await ada.locator("#assignee:focus").selectOption({ label: bobUser.username });
    await row(bob, "Step 1 of").getByTitle(bobUser.username).waitFor();

    // Both discuss it in the open task.
    await row(bob, "Step 1 of").locator(".task-link").click();
    await Promise.all([ada, bob].map((page) => page.getByLabel("New comment").waitFor()));
    await bob.getByLabel("New comment").fill(`Is tomorrow early enough, @${adaUser.username}?`);
    await bob.keyboard.press("Control+Enter");
    await ada.locator(".comment", { hasText: "early enough" }).waitFor();
    await ada.getByLabel("New comment").fill("It is.");
    await ada.keyboard.press("Control+Enter");
    await bob.locator(".comment", { hasText: "It is." }).waitFor();
    await ada.locator("#panel #priority").selectOption("high");
    await bob.locator(".task[data-priority=high]", { hasText: "Step 1 of" }).waitFor();
    await bob.locator("#panel #repeat").selectOption("FREQ=DAILY");
    await row(ada, "Step 1 of").getByText("every day").waitFor();

    // A repeating task stays open, the others leave the list and the counts of both.
    await ada.keyboard.press("Escape");
    await bob.keyboard.press("Escape");
    await ada.getByRole("button", { name: "Complete: Step 2 of the launch" }).click();
    await bob.getByRole("button", { name: "Complete: Step 3 of the launch" }).click();
    await Promise.all([ada, bob].map((page) => expectCount(page, "Launch", TASKS - 2)));
    await bob.getByRole("button", { name: "Complete: Step 1 of the launch" }).click();
    await bob.locator(".toast-note", { hasText: "due again" }).waitFor();
    await bob.locator(".toast-action").last().click();
    await row(ada, "Step 1 of").getByText("tomorrow").waitFor();
    await Promise.all([ada, bob].map((page) => expectCount(page, "Launch", TASKS - 2)));

    // Who was mentioned finds it, and the activity says who did what.
    await ada.goto("/activity/mentions");
    await ada.getByText("early enough").waitFor();
    await ada.goto(`/activity?project=${project.id}`);
    await ada.getByText(`Completed Step 3 of the launch by ${bobUser.username}`).waitFor();
    await ada.getByText("Completed Step 2 of the launch by you").waitFor();
    expectQuiet();
  });

  it("lose nothing when a process is killed in the middle of their work", async () => {
    const { ada, bob, project } = await openProject();
    const answered: string[] = [];
    const write = async (page: Page, title: string) => {
      const response = await page.request
        .post("/api/tasks", { data: { title, projectId: project.id } })
        .catch(() => {});
      if (response?.status() === 201) answered.push(title);
    };
    const writes = Array.from({ length: 40 }, (_, index) => write(index % 2 ? ada : bob, `Late idea ${index}`));
    await Promise.race(writes.slice(4));
    other.process.kill("SIGKILL");
    await Promise.all(writes);
    other = await startProgram({
      DATA_DIR: site.program.dataDir,
      LOG_LEVEL: "error",
      PORT: new URL(other.url).port,
    });
    // The open page of the killed process reconnects and shows the work of the other.
    await ada.request.post("/api/tasks", { data: { title: "Afterwards", projectId: project.id } });
    await row(bob, "Afterwards").waitFor();
    const found = await bob.request.get(`/api/tasks?project=${project.id}&q=Late+idea&limit=100`);
    const titles = ((await found.json()) as { items: { title: string }[] }).items.map(({ title }) => title);
    expect(titles).toEqual(expect.arrayContaining(answered));
    expect(new Set(titles).size).toBe(titles.length);
  });
});
