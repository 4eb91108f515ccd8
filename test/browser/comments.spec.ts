import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { noBrowser, startSite, violations, watch } from "../support/browser.ts";
import { twoPeople } from "../support/members.ts";

const site = startSite();
const it = test.serial;

const undo = (page: Page) => page.locator(".toast-action").last().click();
const field = (page: Page) => page.getByLabel("New comment");
/** Waits for the comment with this text. */
const comment = (page: Page, text: string) => page.locator(".comment", { hasText: text });

/** Opens a task of a shared project for two people. */
async function openFor(people: Awaited<ReturnType<typeof twoPeople>>) {
  const { ada, bob, project } = people;
  const created = await ada.request.post("/api/tasks", { data: { title: "Launch note", projectId: project.id } });
  const { id } = (await created.json()) as { id: string };
  await Promise.all([ada, bob].map((page) => page.goto(`/tasks/${id}?project=${project.id}`)));
  await Promise.all([ada, bob].map((page) => field(page).waitFor()));
  return id;
}

const add = (page: Page, task: string, text: string) =>
  page.request.post(`/api/tasks/${task}/comments`, { data: { text } });

describe.skipIf(noBrowser)("comments", () => {
  it("of others appear in the open task, and leave a half-written one and its focus alone", async () => {
    const people = await twoPeople(site);
    const { ada, bob } = people;
    const wrong = [watch(ada, site.url), watch(bob, site.url)];
    await openFor(people);
    await field(bob).click();
    await bob.keyboard.type("Half ");
    await field(ada).fill("Is **this** right?\n\n<img src=x onerror=alert(1)>");
    await ada.keyboard.press("Control+Enter");
    await comment(ada, "right?").waitFor();
    await ada
      .getByRole("status")
      .filter({ hasText: "Comment added: Is **this** right?" })
      .waitFor({ state: "attached" });
    expect(await field(ada).inputValue()).toBe("");
    await comment(bob, "right?").waitFor();
    expect(await comment(bob, "right?").locator("strong").innerText()).toBe("this");
    await bob.keyboard.type("written");
    expect(await field(bob).inputValue()).toBe("Half written");
    // The message beside the field stays until the input is valid.
    await field(ada).fill("x".repeat(10_001));
    await ada.keyboard.press("Control+Enter");
    await ada.getByText("Comment can have at most 10000 characters").waitFor();
    await field(ada).fill("Shorter");
    await ada.keyboard.press("Control+Enter");
    await comment(bob, "Shorter").waitFor();
    await ada.getByText("Comment can have at most 10000 characters").waitFor({ state: "detached" });
    // Nor does a change of the task.
    await ada.locator("#panel #priority").selectOption("high");
    await bob.locator(".task[data-priority=high]").waitFor();
    await bob.keyboard.type(" still");
    expect(await field(bob).inputValue()).toBe("Half written still");
    // Nor does a reload.
    await bob.reload();
    await field(bob).waitFor();
    expect(await field(bob).inputValue()).toBe("Half written still");
    await bob.getByRole("button", { name: "Comment", exact: true }).click();
    await comment(ada, "Half written still").waitFor();
    expect(await violations(ada)).toEqual([]);
    expect(await violations(bob)).toEqual([]);
    expect(wrong.flat()).toEqual([]);
  });

  it("are edited and deleted by their author, with undo, in the windows of all", async () => {
    const people = await twoPeople(site);
    const { ada, bob } = people;
    const task = await openFor(people);
    await add(bob, task, "First");
    await comment(ada, "First").waitFor();
    expect(await comment(ada, "First").getByText("Edit").count()).toBe(0);
    await comment(bob, "First").getByText("Edit", { exact: true }).click();
    await comment(bob, "First").getByLabel("Comment", { exact: true }).fill("Second");
    await bob.getByRole("button", { name: "Save" }).click();
    await comment(ada, "Second").locator(".comment-edited").waitFor();
    // The rows of both say how many there are.
    const counted = (page: Page) => page.locator(".task-comments", { hasText: "1 comment" });
    for (const page of [ada, bob]) await counted(page).waitFor();
    await comment(ada, "Second")
      .getByRole("button", { name: /^Delete/ })
      .click();
    await comment(bob, "Second").waitFor({ state: "detached" });
    // A row moves only once the pointer is away.
    for (const page of [ada, bob]) await page.mouse.move(1, 1);
    for (const page of [ada, bob]) await counted(page).waitFor({ state: "detached" });
    await undo(ada);
    await comment(ada, "Second").waitFor();
    await comment(bob, "Second").waitFor();
    for (const page of [ada, bob]) await counted(page).waitFor();
    // Another task is shown by its title.
    const other = await ada.request.post("/api/tasks", {
      data: { title: "Somewhere else", projectId: people.project.id },
    });
    const { id } = (await other.json()) as { id: string };
    await add(bob, task, `See ${site.url}/tasks/${id}`);
    await comment(ada, "Somewhere else").getByRole("link", { name: "Somewhere else" }).waitFor();
  });

  it("mention members, completed by the keyboard and the mouse, and list who was mentioned", async () => {
    const people = await twoPeople(site);
    const { ada, bob, bobUser, adaUser } = people;
    const task = await openFor(people);
    await add(ada, task, `Not \`@${bobUser.username}\`, nor mail@${bobUser.username}, nor @nobody`);
    await field(ada).click();
    await ada.keyboard.type(`Please look, @${bobUser.username.slice(0, -2).toUpperCase()}`);
    await ada.getByRole("listbox").getByRole("option", { name: bobUser.username, selected: true }).waitFor();
    expect(await violations(ada)).toEqual([]);
    await ada.keyboard.press("Enter");
    await ada.keyboard.type("or ask @");
    await ada.getByRole("listbox").getByRole("option", { name: adaUser.username }).click();
    expect(await field(ada).inputValue()).toBe(`Please look, @${bobUser.username} or ask @${adaUser.username} `);
    // The Enter that ends a composition chooses nobody.
    await ada.keyboard.type("or @");
    await ada.getByRole("listbox").waitFor();
    await field(ada).evaluate((textarea) =>
      textarea.dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true }),
      ),
    );
    expect(await field(ada).inputValue()).toEndWith("or @");
    for (let letter = 0; letter < 4; letter++) await ada.keyboard.press("Backspace");
    // Escape closes the list, and the task stays open.
    await ada.keyboard.type("or @");
    await ada.getByRole("listbox").waitFor();
    await ada.keyboard.press("Escape");
    await ada.getByRole("listbox").waitFor({ state: "hidden" });
    await ada.keyboard.press("Control+Enter");
    await comment(bob, "Please look").waitFor();
    expect(await comment(bob, "Please look").locator(".mention").allInnerTexts()).toEqual([
      `@${bobUser.username}`,
      `@${adaUser.username}`,
    ]);
    expect(await comment(bob, "Not").locator(".mention").count()).toBe(0);

    await bob.goto("/activity");
    await bob.getByRole("link", { name: "Mentions" }).click();
    await comment(bob, "Please look").waitFor();
    expect(await bob.locator(".comment").count()).toBe(1);
    expect(await violations(bob)).toEqual([]);
    await bob.getByRole("link", { name: "Launch note" }).click();
    await comment(bob, "Please look").waitFor();
    expect(new URL(bob.url()).pathname).toBe(`/tasks/${task}`);
    await ada.goto("/activity/mentions");
    await ada.getByText("No mentions yet").waitFor();
  });

  it("are written and mention members by touch", async () => {
    const people = await twoPeople(site, { hasTouch: true, isMobile: true, viewport: { width: 360, height: 740 } });
    const { ada, bobUser } = people;
    await openFor(people);
    await field(ada).tap();
    await ada.keyboard.type("@");
    await ada.getByRole("listbox").getByRole("option", { name: bobUser.username }).tap();
    expect(await field(ada).inputValue()).toBe(`@${bobUser.username} `);
    expect(await field(ada).evaluate((textarea) => textarea === document.activeElement)).toBe(true);
    await ada.getByRole("button", { name: "Comment", exact: true }).tap();
    await comment(ada, bobUser.username).locator(".mention").waitFor();
  });

  it("say in the activity who wrote what, and on which task", async () => {
    const people = await twoPeople(site);
    const { ada, bob, bobUser } = people;
    const task = await openFor(people);
    await bob.request.patch(`/api/tasks/${task}`, { data: { priority: "high" } });
    await add(bob, task, "**Done** and dusted\n\nmore");
    await ada.goto("/activity");
    const rows = ada.locator(".activity-text");
    await rows.filter({ hasText: "Commented on Launch note: Done and dusted" }).waitFor();
    expect(await rows.first().innerText()).toContain(bobUser.username);
    // That of the task leaves out its title, and the comments.
    await ada.goto(`/activity?task=${task}`);
    expect(await rows.first().innerText()).toStartWith("Changed: priority None → High");
    expect(await rows.first().innerText()).toContain(bobUser.username);
  });

  it("of long discussions show the newest 50, and the earlier ones on demand", async () => {
    const page = await site.open();
    const created = await page.request.post("/api/tasks", { data: { title: "Long" } });
    const { id } = (await created.json()) as { id: string };
    for (let number = 1; number <= 52; number++) await add(page, id, `Comment ${number}.`);
    await page.goto(`/tasks/${id}`);
    await comment(page, "Comment 52.").waitFor();
    expect(await page.locator(".comment").count()).toBe(50);
    await page.getByRole("link", { name: "Show earlier" }).click();
    await comment(page, "Comment 1.").waitFor();
    expect(await page.locator(".comment").count()).toBe(52);
    // They stay when another one comes.
    await add(page, id, "Comment 53.");
    await comment(page, "Comment 53.").waitFor();
    expect(await page.locator(".comment").count()).toBe(53);
    await field(page).fill("My own.");
    await page.getByRole("button", { name: "Comment", exact: true }).click();
    await comment(page, "My own.").waitFor();
    expect(await page.locator(".comment").count()).toBe(54);
    // Two clicks are one comment.
    for (const text of ["Once.", "Next."]) {
      await field(page).fill(text);
      await page.getByRole("button", { name: "Comment", exact: true }).dblclick();
      await comment(page, text).waitFor();
    }
    expect(await page.locator(".comment").count()).toBe(56);
  });

  it("work without JavaScript", async () => {
    const page = await site.open({ javaScriptEnabled: false });
    const created = await page.request.post("/api/tasks", { data: { title: "Plain" } });
    const { id } = (await created.json()) as { id: string };
    await page.goto(`/tasks/${id}`);
    await page.getByRole("link", { name: "Comments" }).click();
    await field(page).fill("By hand");
    await page.getByRole("button", { name: "Comment", exact: true }).click();
    await comment(page, "By hand").getByText("Edit", { exact: true }).click();
    await page.getByLabel("Comment", { exact: true }).fill("By hand, edited");
    await page.getByRole("button", { name: "Save" }).click();
    await comment(page, "edited")
      .getByRole("button", { name: /^Delete/ })
      .click();
    await comment(page, "edited").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await page.goto(`/tasks/${id}/comments`);
    await comment(page, "By hand, edited").waitFor();
    await field(page).fill("x".repeat(10_001));
    await page.getByRole("button", { name: "Comment", exact: true }).click();
    await page.getByText("Comment can have at most 10000 characters").waitFor();
  });
});
