import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import {
  addTasks,
  deleteOpenTask,
  deleteTask,
  noBrowser,
  save,
  showAll,
  shownTitles,
  startSite,
  watch,
} from "../support/browser.ts";
import { newCredentials } from "../support/client.ts";
import { query, runProgram } from "../support/program.ts";
import { expectCount, expectTitles } from "../support/two-windows.ts";

const site = startSite();
const it = test.serial;

const undo = (page: Page) => page.locator(".toast-action").last().click();

describe.skipIf(noBrowser)("new user", () => {
  it("signs up from the home page, adds a task, signs out and signs in again", async () => {
    const page = await site.open({ visitor: true });
    const person = newCredentials();
    await page.goto("/");
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByLabel("Username").fill(person.username);
    await page.getByLabel("Email").fill(person.email);
    await page.getByLabel("Password").fill(person.password);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.waitForURL("/tasks");
    await page.getByText("Nothing here yet.").waitFor();
    await page.getByLabel("New task").fill("Call Marta");
    await page.keyboard.press("Enter");
    await expectTitles(page, ["Call Marta"]);
    await page.goto("/");
    await page.waitForURL("/tasks");
    await page.getByRole("link", { name: person.username }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.goto("/tasks?status=all");
    await page.getByLabel("Username or email").fill(person.email);
    await page.getByLabel("Password").fill(person.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("/tasks?status=all");
    await expectTitles(page, ["Call Marta"]);
  });

  it("sees an error beside each invalid field, keeps the input, and has focus in the first invalid field", async () => {
    const page = await site.open({ visitor: true });
    await page.goto("/register");
    await page.getByLabel("Username").fill("newcomer");
    await page.getByLabel("Email").fill("nowhere");
    await page.getByLabel("Password").fill("short one");
    await page.getByRole("button", { name: "Create account" }).click();
    await page.locator("#email-issue:not(:empty)").waitFor();
    expect(await page.locator("#password-issue").innerText()).toContain("10 characters");
    expect(await page.locator("#username-issue").innerText()).toBe("");
    expect(await page.locator(":focus").getAttribute("id")).toBe("email");
    expect(await page.getByLabel("Username").inputValue()).toBe("newcomer");
    expect(await page.getByLabel("Password").inputValue()).toBe("short one");
  });
});

describe.skipIf(noBrowser)("account", () => {
  it("changes its password, ends another session, and gets a new password with a link", async () => {
    const page = await site.open({ visitor: true });
    const wrong = watch(page, site.url);
    const person = newCredentials();
    await page.request.post("/register", { form: { ...person }, maxRedirects: 0 });
    const other = await site.open({ visitor: true });
    await other.request.post("/login", { form: { ...person }, maxRedirects: 0 });
    await other.goto("/tasks");

    await page.goto("/account");
    await page.getByLabel("Current password").fill("not the phrase");
    await page.getByLabel("New password").fill("another long phrase");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByText("This is not your current password.").waitFor();
    expect(await page.locator(":focus").getAttribute("id")).toBe("currentPassword");
    expect(await page.getByLabel("New password").inputValue()).toBe("another long phrase");
    await page.getByRole("button", { name: /^End: / }).click();
    await page.getByText("Session ended.", { exact: true }).waitFor();
    await other.waitForURL(/\/login\?next=/);
    await page.getByLabel("Current password").fill(person.password);
    await page.getByLabel("New password").fill("another long phrase");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByText("Password changed. All other sessions ended.").waitFor();

    const { stdout } = await runProgram(["user", "reset-link", person.username], {
      DATA_DIR: site.program.dataDir,
      PORT: new URL(site.url).port,
    });
    const [link = ""] = stdout.split("\n");
    const focused = other.locator(":focus");
    await other.goto("/reset-password");
    expect(await focused.getAttribute("name")).toBe("token");
    await other.goto(link);
    await other.waitForURL("/reset-password");
    expect(await focused.getAttribute("name")).toBe("password");
    await other.getByLabel("New password").fill("password123");
    await other.getByRole("button", { name: "Set password" }).click();
    await other.getByText("This password is too easy to guess.").waitFor();
    expect(await other.getByLabel("Link", { exact: true }).isVisible()).toBe(false);
    await other.getByLabel("New password").fill("a third long phrase");
    await other.getByRole("button", { name: "Set password" }).click();
    await other.getByText("Password changed. Sign in with the new one.").waitFor();
    await other.getByLabel("Username or email").fill(person.username);
    await other.getByLabel("Password").fill("a third long phrase");
    await other.getByRole("button", { name: "Sign in" }).click();
    await other.waitForURL("/tasks");
    expect(wrong).toEqual([]);
  });

  it("shows the delay after wrong passwords, and keeps what was typed", async () => {
    const page = await site.open({ visitor: true });
    const person = newCredentials();
    await page.request.post("/api/register", { data: person });
    await page.goto("/login");
    await page.getByLabel("Username or email").fill(person.username);
    await page.getByLabel("Password").fill("not the phrase");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Wrong username, email or password.").waitFor();
    await query(site.program.dataDir, "update rate_limits set attempts = 20");
    await page.getByLabel("Password").fill(person.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Too many wrong passwords. Try again in 15 minutes.").waitFor();
    expect(await page.getByLabel("Username or email").inputValue()).toBe(person.username);
    await query(site.program.dataDir, "delete from rate_limits");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("/tasks");
  });
});

describe.skipIf(noBrowser)("task list", () => {
  it("adds a task with Enter or the button, and with a priority", async () => {
    const page = await site.open();
    const wrong = watch(page, site.url);
    await page.goto("/tasks");
    await page.getByLabel("New task").fill("First");
    await page.keyboard.press("Enter");
    await page.getByLabel("New task").fill("Second");
    await page.locator("#add-priority").selectOption("high");
    await page.getByRole("button", { name: "Add task" }).click();
    await expectTitles(page, ["Second", "First"]);
    expect(await page.locator(".task").first().innerText()).toContain("High priority");
    expect(await page.getByLabel("New task").inputValue()).toBe("");
    await expectCount(page, "2");
    await page.getByLabel("New task").fill("x".repeat(201));
    await page.keyboard.press("Enter");
    await page.locator("#add-issue:not(:empty)").waitFor();
    expect(await page.getByLabel("New task").inputValue()).toBe("x".repeat(201));
    expect(await page.locator(":focus").getAttribute("id")).toBe("add-title");
    const colour = await page.locator("#add-issue").evaluate((issue) => getComputedStyle(issue).color);
    expect(await page.locator(".add-line").evaluate((line) => getComputedStyle(line).boxShadow)).toStartWith(colour);
    expect(wrong).toEqual([]);
  });

  it("hides a completed or deleted task, and restores it to its place with Undo", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "A" }, { title: "B" }, { title: "C" }]);
    await page.goto("/tasks");
    await page.getByRole("button", { name: "Complete: B" }).click();
    await expectTitles(page, ["C", "A"]);
    await expectCount(page, "2");
    await undo(page);
    await expectTitles(page, ["C", "B", "A"]);
    await deleteTask(page, "B");
    await expectTitles(page, ["C", "A"]);
    await expectCount(page, "2");
    await undo(page);
    await expectTitles(page, ["C", "B", "A"]);
    await expectCount(page, "3");
    await page.reload();
    await expectTitles(page, ["C", "B", "A"]);
  });

  it("shows a restored task after the filter has changed", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "A" }, { title: "B" }]);
    await page.goto("/tasks");
    await deleteTask(page, "A");
    await showAll(page);
    await page.waitForURL("/tasks?status=all");
    await expectTitles(page, ["B"]);
    await undo(page);
    await expectTitles(page, ["B", "A"]);
    await expectCount(page, "2");
  });

  it("opens a task in a panel, which saves edits", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "Draft" }, { title: "Other" }]);
    await page.goto("/tasks?status=all");
    await page.getByRole("link", { name: "Draft" }).click();
    await page.waitForURL(/\/tasks\/[0-9a-f-]{36}\?status=all$/);
    await page.getByLabel("Title", { exact: true }).fill("Final");
    await page.getByLabel("Notes", { exact: true }).fill("One line\nand another");
    await page.locator("#priority").selectOption("High");
    await save(page);
    await page.getByText("Saved", { exact: true }).waitFor();
    await expectTitles(page, ["Other", "Final"]);
    await page.keyboard.press("Escape");
    await page.waitForURL("/tasks?status=all");
    expect(await page.locator(":focus").innerText()).toContain("Final");
    await page.getByRole("link", { name: "Final" }).click();
    await page.locator(".panel-open").waitFor();
    await page.reload();
    expect(await page.getByLabel("Notes", { exact: true }).inputValue()).toBe("One line\nand another");
    await page.getByRole("link", { name: "Close" }).click();
    await page.waitForURL("/tasks?status=all");
  });

  it("keeps text while tasks are completed, and restores its URL when the task is deleted", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "Gone soon" }, { title: "Stays" }]);
    await page.goto("/tasks?status=all");
    await page.getByRole("link", { name: "Gone soon" }).click();
    await page.getByLabel("Notes", { exact: true }).fill("Not saved yet");
    await page.getByRole("button", { name: "Complete: Stays" }).click();
    await page.locator(".toast-note", { hasText: "Completed: Stays" }).getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Complete: Stays" }).click();
    await page.getByRole("button", { name: "Reopen: Stays" }).waitFor();
    expect(await page.locator(".panel-note").innerText()).toBe("");
    await page.getByRole("button", { name: "Complete: Gone soon" }).click();
    await page.getByRole("button", { name: "Reopen this task" }).waitFor();
    expect(await page.getByLabel("Notes", { exact: true }).inputValue()).toBe("Not saved yet");
    await page.locator("#priority").selectOption("High");
    await save(page);
    await page.locator(".panel-status", { hasText: "Saved" }).getByRole("button", { name: "Undo" }).click();
    await page.locator('#priority option[value="none"]:checked').waitFor({ state: "attached" });
    expect(await page.getByLabel("Notes", { exact: true }).inputValue()).toBe("Not saved yet");
    await deleteOpenTask(page);
    await page.waitForURL("/tasks?status=all");
    await expectTitles(page, ["Stays"]);
    expect(await page.locator("#panel").isVisible()).toBe(false);
    await page.waitForFunction(() => document.activeElement !== document.body);
  });

  it("saves text when the task is closed or another one is opened, and asks before it discards what was rejected", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "Half written" }, { title: "Other" }]);
    await page.goto("/tasks");
    await page.getByRole("link", { name: "Half written" }).click();
    await page.getByLabel("Notes", { exact: true }).fill("Closed");
    await page.keyboard.press("Escape");
    await page.locator(".task", { hasText: "Closed" }).waitFor();
    await page.locator("#panel").waitFor({ state: "hidden" });
    await page.getByRole("link", { name: "Half written" }).click();
    await page.getByRole("button", { name: "Edit notes" }).click();
    await page.getByLabel("Notes", { exact: true }).fill("Another opened");
    await page.getByRole("link", { name: "Other" }).click();
    await page.locator(".task", { hasText: "Another opened" }).waitFor();
    await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>("#title")?.value === "Other");
    await page.getByRole("link", { name: "Half written" }).click();
    await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>("#title")?.value === "Half written");
    const address = page.url();
    await page.getByLabel("Title", { exact: true }).fill("x".repeat(201));
    await save(page);
    await page.locator("#title-issue:not(:empty)").waitFor();
    await page.getByLabel("Notes", { exact: true }).fill("Not saved yet");
    let stays = true;
    let asked = 0;
    page.on("dialog", (dialog) => {
      asked += 1;
      return stays ? dialog.dismiss() : dialog.accept();
    });
    await page.keyboard.press("Escape");
    expect(asked).toBe(1);
    await Promise.all([page.waitForEvent("dialog"), page.evaluate(() => history.back())]);
    await page.waitForFunction((url) => location.href === url, address);
    await page.getByRole("button", { name: "Complete: Half written" }).click();
    await page.locator(".toast-note", { hasText: "Completed" }).waitFor();
    await page.keyboard.press("Escape");
    expect(asked).toBe(3);
    expect(await page.getByLabel("Notes", { exact: true }).inputValue()).toBe("Not saved yet");
    stays = false;
    await page.keyboard.press("Escape");
    await page.locator("#panel").waitFor({ state: "hidden" });
    expect(asked).toBe(4);
  });

  it("saves the other fields while one is rejected", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "Half written", dueDate: "2031-05-03" }]);
    await page.goto("/tasks");
    await page.getByRole("link", { name: "Half written" }).click();
    await page.locator("#startDate").fill("2031-05-04");
    await page.getByLabel("Title", { exact: true }).fill("Written");
    await page.locator("#startDate-issue:not(:empty)").waitFor();
    await page.locator("#priority").selectOption("High");
    await page.locator('.task[data-priority="high"]', { hasText: "Written" }).waitFor();
    expect(await page.locator("#startDate").inputValue()).toBe("2031-05-04");
    await page.locator("#startDate").fill("2031-05-02");
    await page.getByLabel("Title", { exact: true }).focus();
    await page.getByText("Saved", { exact: true }).waitFor();
    const { items } = await (await page.request.get("/api/tasks")).json();
    expect(items).toMatchObject([{ title: "Written", priority: "high", startDate: "2031-05-02" }]);
  });

  it("leaves the focus in the field that is edited when an earlier one is rejected", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "Half written" }]);
    await page.goto("/tasks");
    await page.getByRole("link", { name: "Half written" }).click();
    await page.getByLabel("Title", { exact: true }).fill("x".repeat(201));
    const { promise: typed, resolve: send } = Promise.withResolvers<void>();
    await page.route("**/tasks/*", async (route) => {
      await typed;
      await route.continue();
    });
    await page.getByLabel("Notes").click();
    await page.keyboard.type("Some ");
    send();
    await page.locator("#title-issue:not(:empty)").waitFor();
    await page.keyboard.type("notes");
    expect(await page.getByLabel("Notes").inputValue()).toBe("Some notes");
  });

  it("keeps the text of a conflicting edit, which can overwrite the other", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "Shared" }]);
    await page.goto("/tasks");
    await page.getByRole("link", { name: "Shared" }).click();
    await page.getByLabel("Title", { exact: true }).fill("My words");
    const other = await site.open({ as: page.context() });
    await other.goto(page.url());
    await other.getByLabel("Title", { exact: true }).fill("Their words");
    await save(other);
    await other.getByText("Saved", { exact: true }).waitFor();
    await other.request.patch(`/api${new URL(page.url()).pathname}`, { data: { priority: "high" } });
    await save(page);
    await page.getByLabel("Both versions").getByText("Their words").waitFor();
    // What only the other has changed is no conflict, and is not overwritten.
    expect(await page.getByLabel("Both versions").getByRole("heading").allInnerTexts()).toEqual(["Title"]);
    expect(await page.getByLabel("Title", { exact: true }).inputValue()).toBe("My words");
    await page.getByRole("button", { name: "Overwrite" }).click();
    await page.getByText("Saved", { exact: true }).waitFor();
    await expectTitles(page, ["My words"]);
    const { items } = await (await page.request.get("/api/tasks")).json();
    expect(items).toMatchObject([{ title: "My words", priority: "high" }]);
  });

  it("keeps search, status, priority and sort in the URL, through reload and back", async () => {
    const page = await site.open();
    await addTasks(page, [
      { title: "Buy milk", priority: "high" },
      { title: "Buy bread", completed: true },
      { title: "Ask for milk", priority: "low" },
    ]);
    await page.goto("/tasks");
    await page.getByLabel("Search tasks").pressSequentially("MILK");
    await page.waitForURL("/tasks?q=MILK");
    await expectTitles(page, ["Ask for milk", "Buy milk"]);
    await page.locator(".view-menu summary").click();
    await page.getByLabel("Sort by").selectOption("Title, Z to A");
    await expectTitles(page, ["Buy milk", "Ask for milk"]);
    await page.locator("#view-priority").selectOption("High");
    await expectTitles(page, ["Buy milk"]);
    await page.reload();
    await expectTitles(page, ["Buy milk"]);
    expect(await page.getByLabel("Search tasks").inputValue()).toBe("MILK");
    await page.getByLabel("Search tasks").fill("nothing like it");
    await page.getByText("Nothing matches “nothing like it”.").waitFor();
    await Promise.all([page.waitForEvent("load"), page.getByRole("link", { name: "Show all tasks" }).click()]);
    await page.getByRole("link", { name: "Completed" }).click();
    await page.waitForURL("/completed");
    await expectTitles(page, ["Buy bread"]);
    await page.goBack();
    await expectTitles(page, ["Buy milk", "Ask for milk"]);
  });

  it("handles a click on a result while the response of the search arrives", async () => {
    const page = await site.open();
    await addTasks(page, [{ title: "Buy bread" }, { title: "Buy milk" }]);
    await page.goto("/tasks");
    let searches = 0;
    const { promise: pressed, resolve: press } = Promise.withResolvers<void>();
    await page.route("**/tasks?q=milk", async (route) => {
      searches += 1;
      await pressed;
      await route.continue();
    });
    const searched = page.waitForRequest("**/tasks?q=milk");
    await page.getByLabel("Search tasks").fill("milk");
    await searched;
    await page.getByRole("link", { name: "Buy milk" }).hover();
    await page.mouse.down();
    press();
    await expectTitles(page, ["Buy milk"]);
    await page.mouse.up();
    await page.locator("#panel.panel-open").waitFor();
    expect(searches).toBe(1);
  });

  it("loads more tasks while scrolling", async () => {
    const page = await site.open();
    await Promise.all(
      Array.from({ length: 120 }, (_, index) => page.request.post("/api/tasks", { data: { title: `Task ${index}` } })),
    );
    await page.goto("/tasks");
    expect(await page.locator(".task").count()).toBe(50);
    for (const length of [100, 120]) {
      await page.waitForFunction((wanted) => {
        window.scrollTo(0, document.body.scrollHeight);
        return document.querySelectorAll(".task").length === wanted;
      }, length);
    }
    expect(new Set(await shownTitles(page)).size).toBe(120);
    expect(await page.locator(".load-more").count()).toBe(0);
  });
});

describe.skipIf(noBrowser)("user whose session ended in another window", () => {
  it("is redirected to sign-in and back to the same list", async () => {
    const page = await site.open({ visitor: true });
    const person = newCredentials();
    await page.request.post("/register", { form: { ...person }, maxRedirects: 0 });
    await addTasks(page, [{ title: "Still here" }]);
    await page.goto("/tasks?sort=title");
    await page.request.post("/logout", { maxRedirects: 0, headers: { cookie: await cookieOf(page) } });
    await page.waitForURL(/\/login\?next=/);
    await page.getByLabel("Username or email").fill(person.username);
    await page.getByLabel("Password").fill(person.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("/tasks?sort=title");
    await expectTitles(page, ["Still here"]);
  });

  it("keeps unsaved text, and what was submitted is sent after signing in again", async () => {
    const page = await site.open({ visitor: true });
    const person = newCredentials();
    await page.request.post("/register", { form: { ...person }, maxRedirects: 0 });
    await page.goto("/tasks");
    await page.getByLabel("New task").fill("Half a thought");
    await page.request.post("/logout", { maxRedirects: 0 });
    await page.getByText("You are signed out.").waitFor();
    expect(await page.getByLabel("New task").inputValue()).toBe("Half a thought");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/login\?next=/);
    await page.getByLabel("Username or email").fill(person.username);
    await page.getByLabel("Password").fill(person.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expectTitles(page, ["Half a thought"]);
    await page.getByLabel("New task").fill("Another");
    await page.request.post("/logout", { maxRedirects: 0 });
    await page.getByText("You are signed out.").waitFor();
    await page.request.post("/login", { form: { ...person }, maxRedirects: 0 });
    await page.keyboard.press("Enter");
    await expectTitles(page, ["Another", "Half a thought"]);
    await page.evaluate(() => window.dispatchEvent(new Event("focus")));
    await page.getByText("You are signed out.").waitFor({ state: "hidden" });
  });

  it("sees and changes nothing of another account that signs in", async () => {
    const page = await site.open({ visitor: true });
    const [ada, bob] = [newCredentials(), newCredentials()];
    for (const person of [bob, ada]) await page.request.post("/register", { form: { ...person }, maxRedirects: 0 });
    const signInAs = async (person: typeof ada) => {
      await page.request.post("/logout", { maxRedirects: 0 });
      await page.request.post("/login", { form: { ...person }, maxRedirects: 0 });
    };
    await addTasks(page, [{ title: "Deleted" }, { title: "Hers" }]);
    await page.goto("/tasks");
    await deleteTask(page, "Deleted");
    await expectTitles(page, ["Hers"]);
    await page.getByLabel("New task").fill("Half a thought");
    await signInAs(bob);
    await page.getByText("You are signed out.").waitFor();
    await page.keyboard.press("Enter");
    await page.locator(".has-script .place-name", { hasText: bob.username }).waitFor();
    await page.keyboard.press("Control+z");
    await page.getByText("Nothing here yet.").waitFor();
    expect((await (await page.request.get("/api/tasks")).json()).items).toEqual([]);
    await signInAs(ada);
    await page.goto("/tasks");
    await expectTitles(page, ["Half a thought", "Hers"]);
    await page.keyboard.press("Control+z");
    await expectTitles(page, ["Hers"]);
    await page.keyboard.press("Control+z");
    await expectTitles(page, ["Hers", "Deleted"]);
  });

  const cookieOf = async (page: Page) =>
    (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
});
