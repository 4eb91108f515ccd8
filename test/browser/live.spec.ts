import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { deleteTask, noBrowser, save, selectTask, startSite } from "../support/browser.ts";
import { addTask, expectCount, expectTitles, twoProcesses } from "../support/two-windows.ts";

const site = startSite();
const twoWindows = twoProcesses(site);
const it = test.serial;

const undo = (page: Page, message: string) =>
  page.locator(".toast-note", { hasText: message }).getByRole("button", { name: "Undo" }).click();

describe.skipIf(noBrowser)("change in one window", () => {
  it("appears in the other: added, renamed, completed, deleted, in bulk, and undone", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["A", "B"]);
    await addTask(mine, "C");
    await expectTitles(theirs, ["C", "B", "A"]);
    await expectCount(theirs, "3");

    await mine.getByRole("link", { name: "B", exact: true }).click();
    await mine.getByLabel("Title", { exact: true }).fill("Bee");
    await save(mine);
    await expectTitles(theirs, ["C", "Bee", "A"]);

    await mine.getByRole("button", { name: "Complete: C" }).click();
    await expectTitles(theirs, ["Bee", "A"]);
    await expectCount(theirs, "2");
    await undo(mine, "Completed: C");
    await expectTitles(theirs, ["C", "Bee", "A"]);

    await deleteTask(mine, "A");
    await expectTitles(theirs, ["C", "Bee"]);
    await undo(mine, "Deleted: A");
    await expectTitles(theirs, ["C", "Bee", "A"]);

    for (const title of ["C", "A"]) await selectTask(mine, title);
    await mine.locator("#bulk").getByRole("button", { name: "Delete" }).click();
    await expectTitles(theirs, ["Bee"]);
    await undo(mine, "2 tasks deleted.");
    await expectTitles(theirs, ["C", "Bee", "A"]);
    await expectTitles(mine, ["C", "Bee", "A"]);
    expect(await theirs.locator(".toast-note").count()).toBe(0);
    expectQuiet();
  });

  it("appears in the other only if its view includes the task", async () => {
    const { mine, theirs } = await twoWindows(["Milk", "Bread"]);
    await theirs.goto("/completed");
    await mine.getByRole("button", { name: "Complete: Milk" }).click();
    await expectTitles(theirs, ["Milk"]);
    await theirs.goto("/tasks?q=milk&status=all");
    await addTask(mine, "Salt");
    await addTask(mine, "Oat milk");
    await expectTitles(theirs, ["Oat milk", "Milk"]);
    await expectCount(theirs, "3");
  });

  it("appears in the other after a restore from the trash", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["A", "B"]);
    await deleteTask(mine, "A");
    await expectTitles(theirs, ["B"]);
    await mine.goto("/trash");
    await mine.getByRole("button", { name: "Restore: A" }).click();
    await expectTitles(theirs, ["B", "A"]);
    await mine.getByText("The trash is empty.").waitFor();
    expectQuiet();
  });

  it("appears in every window whatever its project, also in one that was created meanwhile", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["A"]);
    const post = (page: Page, path: string, json: object) =>
      page.evaluate(
        async ([path, body]) => {
          const headers = { "content-type": "application/json" };
          return (await fetch(path, { method: "POST", headers, body })).json();
        },
        [path, JSON.stringify(json)] as const,
      );
    const { id: projectId } = await post(mine, "/api/projects", { name: "Launch" });
    await post(mine, "/api/tasks", { title: "B", projectId });
    for (const page of [mine, theirs]) await expectTitles(page, ["B", "A"]);
    // A second window of one browser shares its stream.
    const third = await mine.context().newPage();
    await third.goto("/tasks");
    await expectTitles(third, ["B", "A"]);
    await post(theirs, "/api/tasks", { title: "C" });
    await post(third, "/api/tasks", { title: "D", projectId });
    for (const page of [mine, theirs, third]) await expectTitles(page, ["D", "C", "B", "A"]);
    await expectCount(third, "2", "2");
    expectQuiet();
  });

  it("appears in the other after an offline period", async () => {
    const { mine, theirs } = await twoWindows(["A"]);
    await theirs.context().setOffline(true);
    await addTask(mine, "Meanwhile");
    await theirs.getByText("You're offline").waitFor();
    await theirs.context().setOffline(false);
    await expectTitles(theirs, ["Meanwhile", "A"]);
    await addTask(mine, "And again");
    await expectTitles(theirs, ["And again", "Meanwhile", "A"]);
  });
});

describe.skipIf(noBrowser)("toast", () => {
  it("is replaced by the next one, and disappears when its Undo no longer applies", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["A", "B", "C"], { path: "/tasks?status=all" });
    const toasts = mine.locator(".toast-note");
    for (const title of ["C", "A"]) await mine.getByRole("button", { name: `Complete: ${title}` }).click();
    await toasts.filter({ hasText: "Completed: A" }).waitFor();
    expect(await toasts.count()).toBe(1);
    // A toast with focus stays.
    await toasts.getByRole("button", { name: "Undo" }).focus();
    // The change of another field can't prevent Undo: the page finds out, and keeps the toast.
    const checked = mine.waitForResponse((response) => response.url().endsWith("/undo") && response.status() === 204);
    // Once the row shows when A was completed, so does the name of its link.
    await theirs.getByText("A", { exact: true }).click();
    await theirs.getByLabel("Title", { exact: true }).fill("Renamed");
    await save(theirs);
    await checked;
    expect(await toasts.count()).toBe(1);
    await theirs.getByRole("button", { name: "Reopen: Renamed" }).click();
    await toasts.waitFor({ state: "detached" });
    // The focus goes back to the task.
    expect(await mine.locator(":focus").innerText()).toContain("Renamed");
    expectQuiet();
  });
});

describe.skipIf(noBrowser)("Ctrl+Z", () => {
  it("undoes changes of this window in order, and none of other windows", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows(["A", "B", "C", "D"]);
    for (const [title, ...left] of ["D", "C", "A", "B"].map((_, index, all) => all.slice(index))) {
      await deleteTask(mine, title ?? "");
      await expectTitles(theirs, left.toSorted().reverse());
    }
    await addTask(theirs, "Theirs");
    await expectTitles(mine, ["Theirs"]);
    // A keyboard layout with another script.
    const key = { key: "я", code: "KeyZ", ctrlKey: true };
    const refusal = `<p hx-swap-oob="beforeend:#toasts">Not now.</p>`;
    await mine.route("**/undo", (route) => route.fulfill({ status: 500, body: refusal }), { times: 1 });
    await mine.locator("body").dispatchEvent("keydown", key);
    await mine.getByText("Not now.").waitFor();
    await mine.locator("body").dispatchEvent("keydown", key);
    for (const page of [mine, theirs]) await expectTitles(page, ["Theirs", "B"]);
    // Faster than the responses arrive.
    await mine.evaluate(() => {
      const press = { key: "z", ctrlKey: true, bubbles: true };
      for (let times = 0; times < 4; times++) document.body.dispatchEvent(new KeyboardEvent("keydown", press));
    });
    for (const page of [mine, theirs]) await expectTitles(page, ["Theirs", "D", "C", "B", "A"]);
    await addTask(mine, "Last");
    for (const page of [mine, theirs]) await expectTitles(page, ["Last", "Theirs", "D", "C", "B", "A"]);
    expectQuiet();
  });

  it("undoes an action whose response has arrived but is not shown yet, and keeps the focus", async () => {
    const { mine } = await twoWindows(["A", "B"], { path: "/tasks?status=all" });
    await mine.getByRole("button", { name: "Complete: A" }).click();
    await mine.getByText("Completed: A").waitFor();
    await mine.getByRole("button", { name: "Complete: B" }).focus();
    await mine.evaluate(() => {
      const { port1, port2 } = new MessageChannel();
      let wasStored = false;
      port1.onmessage = () => {
        // An action is stored until its response arrives.
        const isStored = localStorage.length > 0;
        if (isStored || !wasStored) port2.postMessage(null);
        else document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true }));
        wasStored = isStored;
      };
      port2.postMessage(null);
      (document.activeElement as HTMLElement).click();
    });
    await mine.getByText("Undone").waitFor();
    await mine.getByRole("button", { name: "Complete: B" }).waitFor();
    await mine.getByRole("button", { name: "Reopen: A" }).waitFor();
    expect(await mine.evaluate(() => document.activeElement === document.body)).toBe(false);
  });

  it("undoes adding a task, from the empty field", async () => {
    const { mine, theirs } = await twoWindows();
    await addTask(mine, "Too soon");
    await expectTitles(theirs, ["Too soon"]);
    await mine.keyboard.press("Control+z");
    for (const page of [mine, theirs]) await page.getByText("Nothing here yet.").waitFor();
  });

  it("undoes changes made on a task's own page, and leaves it when the task disappears", async () => {
    const { mine, theirs } = await twoWindows(["A"]);
    await addTask(mine, "B");
    await mine.goto((await mine.getByRole("link", { name: "B", exact: true }).getAttribute("href")) ?? "");
    await mine.getByLabel("Title", { exact: true }).fill("Bee");
    await save(mine);
    await expectTitles(theirs, ["Bee", "A"]);
    await mine.getByText("Saved", { exact: true }).waitFor();
    // In the field, the browser would undo the typing.
    await mine.getByLabel("Title", { exact: true }).blur();
    await mine.keyboard.press("Control+z");
    await expectTitles(theirs, ["B", "A"]);
    await mine.waitForFunction(() => document.querySelector<HTMLTextAreaElement>("#title")?.value === "B");
    await mine.keyboard.press("Control+z");
    await mine.waitForURL("/tasks");
    for (const page of [mine, theirs]) await expectTitles(page, ["A"]);
  });

  it("undoes typing while the field has text", async () => {
    const { mine, theirs } = await twoWindows();
    await addTask(mine, "Stays");
    await expectTitles(mine, ["Stays"]);
    await mine.keyboard.type("New words");
    await mine.keyboard.press("Control+z");
    await mine.waitForFunction(() => document.querySelector<HTMLInputElement>("#add-title")?.value !== "New words");
    await expectTitles(theirs, ["Stays"]);
  });

  it("restores cleared text instead of undoing an earlier change", async () => {
    const { mine, theirs } = await twoWindows(["A"]);
    await deleteTask(mine, "A");
    await expectTitles(theirs, []);
    await mine.getByLabel("New task").pressSequentially("Words");
    await mine.keyboard.press("Control+a");
    await mine.keyboard.press("Delete");
    await mine.keyboard.press("Control+z");
    await mine.waitForFunction(() => document.querySelector<HTMLInputElement>("#add-title")?.value === "Words");
    await addTask(mine, "Later");
    await expectTitles(theirs, ["Later"]);
  });

  it("undoes a bulk action, and reports a newer change that prevents it", async () => {
    const { mine, theirs } = await twoWindows(["A", "B"]);
    await selectTask(mine, "A");
    await selectTask(mine, "B");
    await mine.locator("#bulk").getByRole("button", { name: "Complete" }).click();
    await expectTitles(mine, []);
    await mine.keyboard.press("Control+z");
    await expectTitles(theirs, ["B", "A"]);
    await mine.getByRole("button", { name: "Complete: A" }).click();
    await expectTitles(theirs, ["B"]);
    await theirs.goto("/tasks?status=all");
    await theirs.getByRole("button", { name: "Reopen: A" }).click();
    await expectTitles(mine, ["B", "A"]);
    await mine.keyboard.press("Control+z");
    await mine.locator(".toast-problem", { hasText: "changed since" }).waitFor();
    await expectTitles(mine, ["B", "A"]);
  });
});

describe.skipIf(noBrowser)("page whose session ends in another window", () => {
  it("redirects to sign-in", async () => {
    const { mine, theirs } = await twoWindows(["A"]);
    await mine.goto("/account");
    await mine.getByRole("button", { name: "Sign out" }).click();
    await theirs.waitForURL(/\/login\?next=/);
    expect((await theirs.request.get("/api/tasks")).status()).toBe(401);
  });
});
