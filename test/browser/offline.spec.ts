import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import {
  addTasks,
  deleteTask,
  noBrowser,
  save,
  shownTitles,
  startSite,
  violations,
  watch,
} from "../support/browser.ts";
import { newCredentials } from "../support/client.ts";
import { freePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { addTask, expectTitles, twoProcesses } from "../support/two-windows.ts";
import { waitUntil } from "../support/wait-until.ts";

const site = startSite();
const twoWindows = twoProcesses(site);
const it = test.serial;

/** Opens the list with a service worker that has a copy of it. */
async function openList(tasks: string[] = [], options: Parameters<typeof site.open>[0] = {}) {
  const page = await site.open({ serviceWorkers: "allow", ...options });
  const wrong = watch(page, site.url);
  await addTasks(
    page,
    tasks.map((title) => ({ title })),
  );
  await page.goto("/tasks");
  for (const title of tasks) await savedCopy(page, title);
  return { page, expectQuiet: () => expect(wrong).toEqual([]) };
}

/** Returns the copy of a page that the browser has. */
const copyOf = (page: Page, path = "/tasks") =>
  page.evaluate(async (url) => (await caches.match(url, { ignoreVary: true }))?.text(), path);
/** Waits until the browser has a copy of the list that contains a title. */
const savedCopy = (page: Page, title: string) =>
  waitUntil(async () => (await copyOf(page))?.includes(`>${title}</span>`) ?? false);

const pending = (page: Page) => page.locator(".task.pending .task-title").allInnerTexts();
const storedTitles = async (page: Page) =>
  (await (await page.request.get("/api/tasks?status=all")).json()).items.map(({ title }: { title: string }) => title);
const storedActions = (page: Page) => page.evaluate(() => Object.keys(localStorage).length);

describe.skipIf(noBrowser)("action without a connection", () => {
  it("waits in a visible queue, and is sent once and in order after a reload", async () => {
    // The server is down: Playwright's offline mode leaves out shared workers, and the start of a reload.
    const PORT = String(freePort());
    await using program = await startProgram({ PORT, LOG_LEVEL: "error" });
    const page = await site.open({ serviceWorkers: "allow", visitor: true, baseURL: program.url });
    const wrong = watch(page, program.url);
    await page.request.post("/register", { form: { ...newCredentials() }, maxRedirects: 0 });
    await addTasks(page, [{ title: "Old" }, { title: "First" }]);
    await page.goto("/tasks");
    await savedCopy(page, "First");
    const sent: string[] = [];
    page.on("requestfinished", (request) => {
      if (request.method() === "POST") sent.push(request.postData() ?? request.url());
    });
    await program.stop("SIGKILL");
    await addTask(page, "Second");
    await addTask(page, "Third");
    await page.getByText("You're offline · 2 changes waiting").waitFor();
    expect(await pending(page)).toEqual(["Third", "Second"]);
    await page.getByRole("button", { name: "Complete: Old" }).click();
    await deleteTask(page, "First");
    await page.getByText("4 changes waiting").waitFor();

    await page.reload();
    await page.getByText("4 changes waiting").click();
    expect(await page.locator("#waiting-list p").allInnerTexts()).toEqual([
      "Add task: Second",
      "Add task: Third",
      "Complete: Old",
      "Delete: First",
    ]);
    expect(await violations(page)).toEqual([]);
    expect(await pending(page)).toEqual(["Third", "Second"]);
    expect(await page.locator(".pending-mark").allInnerTexts()).toEqual(["Waiting", "Waiting"]);
    await page.getByRole("button", { name: "Reopen: Old" }).waitFor();
    expect(await page.locator(".task[inert]").innerText()).toContain("First");
    await page.getByRole("button", { name: "Discard: Delete: First" }).click();
    await page.getByText("3 changes waiting").waitFor();
    await page.locator(".task:not([inert])", { hasText: "First" }).waitFor();

    await using _ = await startProgram({ PORT, DATA_DIR: program.dataDir, LOG_LEVEL: "error" });
    await expectTitles(page, ["Third", "Second", "First"]);
    await page.locator("#waiting").waitFor({ state: "hidden" });
    expect(await storedTitles(page)).toEqual(["Third", "Second", "First", "Old"]);
    await waitUntil(() => sent.length >= 3);
    expect(sent.map((body) => new URLSearchParams(body).get("title"))).toEqual(["Second", "Third", null]);
    expect(await storedActions(page)).toBe(0);
    await page.reload();
    await expectTitles(page, ["Third", "Second", "First"]);
    expect(wrong).toEqual([]);
  });

  it("is sent once if only its response was lost", async () => {
    const { mine, theirs } = await twoWindows(["A"]);
    await mine.route(
      "**/tasks",
      async (route) => {
        await route.fetch();
        await expectTitles(theirs, ["Once", "A"]);
        await route.abort();
      },
      { times: 1 },
    );
    await addTask(mine, "Once");
    await expectTitles(mine, ["Once", "A"]);
    await mine.locator("#connection").waitFor({ state: "hidden" });
    expect(await storedTitles(mine)).toEqual(["Once", "A"]);
    expect(await shownTitles(mine)).toEqual(["Once", "A"]);
  });

  it("is undone before it is sent by Ctrl+Z", async () => {
    const { page } = await openList(["Task"]);
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Complete: Task" }).click();
    await page.getByText("1 change waiting").waitFor();
    await page.keyboard.press("Control+z");
    await page.getByRole("button", { name: "Complete: Task" }).waitFor();
    await page.locator("#waiting").waitFor({ state: "hidden" });
    expect(await storedActions(page)).toBe(0);
  });

  it("shows an edit that waits after a reload, and the saved task once it is sent", async () => {
    const { page } = await openList(["Draft"]);
    await page.getByRole("link", { name: "Draft" }).click();
    await page.getByLabel("Title", { exact: true }).fill("Written on the train");
    await waitUntil(async () => Boolean(await copyOf(page, page.url())));
    await page.context().setOffline(true);
    await save(page);
    await page.getByText("1 change waiting").waitFor();
    await page.reload();
    expect(await page.getByLabel("Title", { exact: true }).inputValue()).toBe("Written on the train");
    await page.context().setOffline(false);
    await page.locator('#edit input[name=version][value="2"]').waitFor({ state: "attached" });
    expect(await page.getByLabel("Title", { exact: true }).inputValue()).toBe("Written on the train");
    expect(await page.locator(".panel-note").allInnerTexts()).toEqual([""]);
    await page.getByLabel("Title", { exact: true }).fill("Arrived");
    await save(page);
    await page.getByText("Saved", { exact: true }).waitFor();
    expect(await storedTitles(page)).toEqual(["Arrived"]);
  });

  it("keeps its text and reports why, if the server rejects it after a reload", async () => {
    const { page } = await openList(["Draft"]);
    await page.getByRole("link", { name: "Draft" }).click();
    await page.getByLabel("Notes", { exact: true }).fill("Written on the train");
    await waitUntil(async () => Boolean(await copyOf(page, page.url())));
    await page.context().setOffline(true);
    await save(page);
    await page.getByText("1 change waiting").waitFor();
    await page.request.patch(page.url().replace("/tasks/", "/api/tasks/"), { data: { description: "Theirs" } });
    await page.reload();
    await page.context().setOffline(false);
    await page.locator(".toast-problem", { hasText: "Not saved: Save: Draft." }).waitFor();
    await page.reload();
    await page.getByText("1 change not saved").click();
    await page.locator("#waiting-list").getByText("Written on the train").waitFor();
    await page.getByRole("button", { name: "Discard: Save: Draft" }).click();
    await page.locator("#waiting").waitFor({ state: "hidden" });
  });

  it("is not stored if it contains a password", async () => {
    const { page } = await openList();
    await page.goto("/account");
    await page.context().setOffline(true);
    for (const field of await page.locator("input[type=password]").all()) await field.fill("correct horse battery");
    await page.locator("input[type=password]").last().press("Enter");
    await page.getByText("You're offline").waitFor();
    expect(await storedActions(page)).toBe(0);
  });

  it("does not replace a page with plain forms by the browser's error page", async () => {
    const { page } = await openList();
    await page.goto("/account");
    await page.getByLabel("New password").fill("Not lost");
    await page.context().setOffline(true);
    await page.locator("#connection").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("Try again when you are connected.").waitFor();
    expect(await page.getByLabel("New password").inputValue()).toBe("Not lost");
  });

  it("sends a plain form although the page still shows that the connection was lost", async () => {
    const { page } = await openList();
    await page.goto("/account");
    await page.evaluate(() => {
      dispatchEvent(new Event("offline"));
      document.querySelector<HTMLFormElement>('form[action="/logout"]')?.requestSubmit();
    });
    await page.waitForURL("/");
  });
});

describe.skipIf(noBrowser)("page without a connection", () => {
  it("shows the last list, also of another tab of it, and says so for a page that was not saved", async () => {
    const { page, expectQuiet } = await openList(["Open"]);
    await addTask(page, "Added");
    await savedCopy(page, "Added");
    await page.getByRole("link", { name: "Completed" }).click();
    await page.getByText("Nothing completed yet.").waitFor();
    await waitUntil(async () => Boolean(await copyOf(page, "/completed")));
    await page.context().setOffline(true);
    await page.reload();
    await page.getByText("Nothing completed yet.").waitFor();
    await page.getByRole("link", { name: "All tasks" }).click();
    await expectTitles(page, ["Added", "Open"]);
    await page.goto("/activity");
    await page.getByText("This page is not saved on this device.").waitFor();
    await page.getByRole("link", { name: "Go to your tasks" }).click();
    await expectTitles(page, ["Added", "Open"]);
    expect(await page.locator(".task .icon").first().isVisible()).toBe(true);
    // Later, a request may fail: Playwright connects the page before the service worker.
    expectQuiet();
    await page.context().setOffline(false);
    await page.locator("#connection").waitFor({ state: "hidden" });
  });

  it("says so when a task can't be opened, or a search can't be made", async () => {
    const { page } = await openList(["Unread"]);
    await page.context().setOffline(true);
    await page.getByRole("link", { name: "Unread" }).click();
    const problem = page.getByText("Try again when you are connected.");
    await problem.waitFor();
    await page.reload();
    await problem.waitFor({ state: "detached" });
    await page.getByLabel("Search tasks").fill("read");
    await problem.waitFor();
    await expectTitles(page, ["Unread"]);
  });

  it("is deleted when the account signs out, with what was waiting", async () => {
    const page = await site.open({ serviceWorkers: "allow", visitor: true });
    const people = [newCredentials(), newCredentials()];
    const [ada, bob] = people;
    for (const person of people) await page.request.post("/register", { form: { ...person }, maxRedirects: 0 });
    await addTasks(page, [{ title: "Of Bob" }]);
    await page.goto("/tasks");
    await savedCopy(page, "Of Bob");
    await page.route("**/completion", (route) => route.fulfill({ status: 503 }));
    await page.getByRole("button", { name: "Complete: Of Bob" }).click();
    await page.getByText("1 change waiting").waitFor();
    await page.goto("/account");
    await page.getByText("1 change waiting").waitFor();
    page.once("dialog", (dialog) => dialog.accept());
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("/");
    expect(await storedActions(page)).toBe(0);
    await waitUntil(async () => !(await copyOf(page)));
    await page.context().setOffline(true);
    await page.goto("/tasks");
    await page.getByText("This page is not saved on this device.").waitFor();
    await page.context().setOffline(false);
    await page.request.post("/login", { form: { ...bob }, maxRedirects: 0 });
    await page.goto("/tasks");
    await savedCopy(page, "Of Bob");
    // Another account signs in without a visit to the sign-in page.
    await page.request.post("/login", { form: { ...ada }, maxRedirects: 0 });
    await page.goto("/account");
    await waitUntil(async () => !(await copyOf(page)));
  });
});

describe.skipIf(noBrowser)("service worker", () => {
  it("does not get in the way of live updates, and is replaced by that of a new version", async () => {
    const { page, expectQuiet } = await openList(["A"]);
    const other = await site.open({ as: page.context(), serviceWorkers: "allow" });
    await other.goto("/tasks");
    await addTask(other, "B");
    await expectTitles(page, ["B", "A"]);
    await savedCopy(page, "B");
    // An older version has left its files and pages.
    await page.evaluate(async () => {
      const [assets = "", pages = ""] = (await caches.keys()).toSorted();
      await (await caches.open(assets)).put("/static/app-000000000000.js", new Response("old"));
      await (await caches.open(pages)).put("/old", new Response("old"));
      await (await navigator.serviceWorker.getRegistration())?.unregister();
    });
    await page.reload();
    for (const path of ["/static/app-000000000000.js", "/old"])
      await waitUntil(async () => !(await copyOf(page, path)));
    await savedCopy(page, "B");
    expectQuiet();
  });
});

describe.skipIf(noBrowser)("action on a slow connection", () => {
  /** Holds back the responses to what a page posts. @returns a function that lets them through */
  async function hold(page: Page, status?: number) {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await page.route("**/*", async (route) => {
      if (route.request().method() === "GET") return route.continue();
      const response = status === undefined ? await route.fetch() : undefined;
      await released;
      return route.fulfill(response ? { response } : { status, body: "" });
    });
    return release;
  }

  it("shows a new task at once, and replaces it in place when its live update arrives first", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["A"]);
    const release = await hold(mine);
    await mine.evaluate(() => {
      Object.assign(window, { heights: new Set(), rows: new Set() });
      new MutationObserver(() => {
        const rows = [...document.querySelectorAll<HTMLElement>("#task-list > .task:not([hidden])")];
        const seen = window as unknown as { heights: Set<string>; rows: Set<string> };
        seen.rows.add(rows.map((row) => row.querySelector(".task-title")?.textContent).join());
        seen.heights.add(rows.map((row) => row.getBoundingClientRect().top).join());
      }).observe(document.querySelector("#task-list") as Element, { childList: true, subtree: true });
    });
    await addTask(mine, "B");
    await mine.locator(".task.pending").waitFor();
    expect(await pending(mine)).toEqual(["B"]);
    await expectTitles(theirs, ["B", "A"]);
    release();
    await expectTitles(mine, ["B", "A"]);
    expect(await pending(mine)).toEqual([]);
    const seen = await mine.evaluate(() => {
      const { heights, rows } = window as unknown as { heights: Set<string>; rows: Set<string> };
      return { heights: heights.size, rows: [...rows] };
    });
    expect(seen).toEqual({ heights: 1, rows: ["B,A"] });
    expectQuiet();
  });

  it("shows a tick at once, and takes it back with a message if it fails", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "Task" }]);
    await page.goto("/tasks");
    const release = await hold(page, 500);
    await page.getByRole("button", { name: "Complete: Task" }).click();
    await page.locator(".task[data-completed][data-pending]").waitFor();
    release();
    await page.locator(".toast-problem", { hasText: "Not saved: Complete: Task." }).waitFor();
    await page.getByRole("button", { name: "Complete: Task" }).waitFor();
    expect(await page.locator(".task[data-completed], .task[data-pending]").count()).toBe(0);
  });

  it("can be undone before its response arrives", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["A", "B"]);
    const release = await hold(mine);
    for (const title of ["A", "B"]) await deleteTask(mine, title);
    await mine.keyboard.press("Control+z");
    await mine.keyboard.press("Control+z");
    release();
    await mine.getByText("Undone").waitFor();
    await expectTitles(mine, ["B", "A"]);
    await expectTitles(theirs, ["B", "A"]);
    expect(await storedTitles(mine)).toEqual(["B", "A"]);
    expectQuiet();
  });

  it("keeps the input of a new task that fails", async () => {
    const page = await site.open();
    await page.goto("/tasks");
    const release = await hold(page, 500);
    await addTask(page, "Keep me");
    await addTask(page, "And me");
    await page.getByLabel("New task").fill("Typing");
    await page.locator(".task.pending").nth(1).waitFor();
    expect(await pending(page)).toEqual(["And me", "Keep me"]);
    release();
    await page.locator(".toast-problem", { hasText: "Not saved: Add task: And me." }).waitFor();
    expect(await pending(page)).toEqual([]);
    expect(await page.getByLabel("New task").inputValue()).toBe("Typing");
    await page.getByText("Not added yet: Keep me · And me").waitFor();
    await page.unrouteAll();
    for (const title of ["Typing", "Keep me", "And me"]) {
      expect(await page.getByLabel("New task").inputValue()).toBe(title);
      await page.keyboard.press("Enter");
    }
    await expectTitles(page, ["And me", "Keep me", "Typing"]);
  });
});
