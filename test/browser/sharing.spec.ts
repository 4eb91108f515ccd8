import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { noBrowser, startSite, violations, watch } from "../support/browser.ts";
import { newCredentials } from "../support/client.ts";
import { addTask, expectTitles } from "../support/two-windows.ts";

const site = startSite();
const it = test.serial;

const nameOf = async (page: Page) =>
  ((await (await page.request.get("/api/me")).json()) as { username: string }).username;
const place = (page: Page, name: string) => page.locator("#navigation .place", { hasText: name });

/** Opens a page of an owner, at the list of a new project, and one of another account. */
async function ownProject(options: { javaScriptEnabled?: boolean } = {}) {
  const [ada, bob] = await Promise.all([site.open(options), site.open(options)]);
  const wrong = [watch(ada, site.url), watch(bob, site.url)];
  const created = await ada.request.post("/api/projects", { data: { name: "Launch" } });
  const { id } = (await created.json()) as { id: string };
  await ada.goto(`/projects/${id}`);
  return { ada, bob, id, username: await nameOf(bob), expectQuiet: () => expect(wrong.flat()).toEqual([]) };
}

const openMembers = async (page: Page, label: string) => {
  await page.getByLabel("Project menu").click();
  await page.getByRole("link", { name: label }).click();
  await page.getByRole("heading", { name: label, level: 1 }).waitFor();
};

async function inviteByName(page: Page, username: string, role: string) {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Role", { exact: true }).first().selectOption(role);
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  await page.getByText(`Invited: ${username}`).waitFor();
}

describe.skipIf(noBrowser)("sharing a project", () => {
  it("invites an account, which sees it live, accepts, works in it and is removed", async () => {
    const { ada, bob, id, username, expectQuiet } = await ownProject();
    await bob.goto("/tasks");
    await openMembers(ada, "Share");
    await ada.getByLabel("Username").fill("nobody-of-this-name");
    await ada.getByRole("button", { name: "Invite", exact: true }).click();
    await ada.getByText("There is no account with this username.").waitFor();
    await inviteByName(ada, username, "editor");

    await place(bob, "Invites").locator(".count", { hasText: "1" }).waitFor();
    await place(bob, "Invites").click();
    await bob.getByText(`Editor, by ${await nameOf(ada)}`).waitFor();
    expect(await violations(bob)).toEqual([]);
    await bob.getByRole("button", { name: "Accept: Launch" }).click();
    await bob.getByText("You joined Launch").waitFor();
    await ada.getByLabel(`Role of ${username}`).waitFor();
    await ada.getByRole("link", { name: "Launch", exact: true }).first().click();
    await addTask(bob, "By Bob");
    await expectTitles(ada, ["By Bob"]);

    await ada.goto(`/activity?project=${id}`);
    expect(await ada.locator(".activity-text").allInnerTexts()).toEqual([
      `Added By Bob by ${username}`,
      `Joined as editor by ${username}`,
      "Added Launch by you",
    ]);

    await ada.goto(`/projects/${id}/members`);
    for (const scheme of ["light", "dark"] as const) {
      await ada.emulateMedia({ colorScheme: scheme });
      expect(await violations(ada, scheme)).toEqual([]);
    }
    await ada.getByRole("button", { name: `Remove ${username}` }).click();
    await ada.getByText("Member removed").waitFor();
    await bob.waitForURL("**/projects");
    expect(await place(bob, "Launch").count()).toBe(0);
    expectQuiet();
  });

  it("hands a project over, after which the former owner leaves", async () => {
    const { ada, bob, id, username, expectQuiet } = await ownProject();
    await openMembers(ada, "Share");
    await inviteByName(ada, username, "viewer");
    await bob.goto("/invites");
    await bob.getByRole("button", { name: "Accept: Launch" }).click();
    await bob.getByText("You joined Launch").waitFor();
    await ada.getByText("You are the only owner.").waitFor();
    // The open page of the new owner gets what an owner has.
    await openMembers(bob, "Members");
    await ada.getByLabel(`Role of ${username}`).selectOption("owner");
    await ada.getByText("Role changed").waitFor();
    await bob.getByRole("heading", { name: "Share", level: 1 }).waitFor();
    await ada.getByRole("button", { name: "Leave Launch" }).click();
    await ada.getByText("You left the project").waitFor();
    expect((await ada.goto(`/projects/${id}/members`))?.status()).toBe(404);
    await bob.getByText("1 member").waitFor();
    expectQuiet();
  });

  it("shows a viewer everything, and no control that would fail, until they may edit", async () => {
    const { ada, bob, id, username, expectQuiet } = await ownProject();
    await addTask(ada, "Look at me");
    await expectTitles(ada, ["Look at me"]);
    await openMembers(ada, "Share");
    await inviteByName(ada, username, "viewer");
    await bob.goto("/invites");
    await bob.getByRole("button", { name: "Accept: Launch" }).click();
    await expectTitles(bob, ["Look at me"]);
    await bob.getByText("View only").waitFor();
    expect(await bob.getByLabel("New task").count()).toBe(0);
    expect(await bob.getByRole("button", { name: "Complete: Look at me" }).isDisabled()).toBe(true);
    await bob.locator(".task-link").focus();
    for (const key of ["Space", "x", "d", "p", "Delete"]) await bob.keyboard.press(key);
    expect(await bob.locator("dialog[open], .bulk-bar:visible").count()).toBe(0);
    await bob.keyboard.press("Enter");
    await bob.getByText("You can view this project, but not change it.").waitFor();
    expect(await bob.locator("#edit :is(input, select, textarea):not([type=hidden]):enabled").count()).toBe(0);
    expect(await bob.locator("#panel button:enabled:visible").count()).toBe(0);
    expect(await violations(bob)).toEqual([]);

    await ada.goto(`/projects/${id}/members`);
    await ada.getByLabel(`Role of ${username}`).selectOption("editor");
    await ada.getByText("Role changed").waitFor();
    await bob.getByLabel("New task").waitFor();
    await bob.getByRole("button", { name: "Complete: Look at me" }).click();
    await bob.getByText("Completed: Look at me").waitFor();
    expectQuiet();
  });

  it("shows who else has the project open, which is no change", async () => {
    const { ada, bob, id, username, expectQuiet } = await ownProject();
    await openMembers(ada, "Share");
    await inviteByName(ada, username, "viewer");
    await bob.goto("/invites");
    await bob.getByRole("button", { name: "Accept: Launch" }).click();
    await bob.locator("#presence").waitFor({ state: "attached" });
    const changes = async () => (await (await ada.request.get("/api/changes?limit=1")).json()) as object;
    const before = await changes();
    await ada.goto(`/projects/${id}`);
    await ada.getByRole("img", { name: `Also here: ${username}` }).waitFor();
    await ada.locator(`.presence-list [title="${username}"] .initials`).hover();
    await bob.reload();
    await bob.getByRole("img", { name: `Also here: ${await nameOf(ada)}` }).waitFor();
    expect(await changes()).toEqual(before);
    // What others change is marked, and what one changes oneself is not.
    await ada.request.post("/api/tasks", { data: { title: "By Ada", projectId: id } });
    await bob.getByText("By Ada").waitFor();
    await bob.reload();
    await bob.locator(".task[data-unread]", { hasText: "By Ada" }).waitFor();
    await ada.reload();
    await ada.getByRole("img", { name: `Also here: ${username}` }).waitFor();
    expect(await ada.locator(".task[data-unread]").count()).toBe(0);
    expect(await violations(ada)).toEqual([]);
    expectQuiet();
  });

  it("marks what others changed in the side bar and in other lists, until the project is opened", async () => {
    const { ada, bob, id, username, expectQuiet } = await ownProject();
    await openMembers(ada, "Share");
    await inviteByName(ada, username, "viewer");
    await bob.goto("/invites");
    await bob.getByRole("button", { name: "Accept: Launch" }).click();
    // Nobody has added anything, and the reader can't either.
    await bob.getByText("Tasks that others add to this project appear here.").waitFor();
    const visited = bob.waitForResponse((response) => response.url().endsWith("/presence"));
    await bob.goto(`/projects/${id}`);
    await visited;
    const unread = place(bob, "Launch").and(bob.locator("[data-unread]"));
    const marked = (title: string) => bob.locator(".task[data-unread]", { hasText: title });
    await bob.goto("/tasks");
    const created = await ada.request.post("/api/tasks", { data: { title: "By Ada", projectId: id } });
    const task = (await created.json()) as { id: string };
    // At once, and after a reload.
    await marked("By Ada").waitFor();
    await unread.waitFor();
    await bob.reload();
    await marked("By Ada").waitFor();
    await unread.waitFor();
    expect(await violations(bob)).toEqual([]);
    await bob.goto(`/projects/${id}`);
    await marked("By Ada").waitFor();
    expect(await unread.count()).toBe(0);
    await bob.goto("/today");
    await bob.getByText("Nothing due today.").waitFor();
    const asked = bob.waitForResponse((response) => response.url().endsWith("/unread"));
    await bob.reload();
    await asked;
    expect(await unread.count()).toBe(0);
    // A comment counts, too.
    await ada.request.post(`/api/tasks/${task.id}/comments`, { data: { text: "Look" } });
    await unread.waitFor();
    await bob.goto("/tasks");
    await marked("By Ada").waitFor();
    // Opening the task is reading it, until the next change.
    await bob.getByRole("link", { name: "By Ada" }).click();
    await marked("By Ada").waitFor({ state: "detached" });
    await bob.keyboard.press("Escape");
    await bob.reload();
    await unread.waitFor();
    expect(await marked("By Ada").count()).toBe(0);
    await ada.request.post(`/api/tasks/${task.id}/comments`, { data: { text: "Once more" } });
    await marked("By Ada").waitFor();
    expectQuiet();
  });

  it("names who changed what is being edited, and says when access has ended", async () => {
    const { ada, bob, id, username, expectQuiet } = await ownProject();
    await openMembers(ada, "Share");
    await inviteByName(ada, username, "editor");
    await bob.goto("/invites");
    await bob.getByRole("button", { name: "Accept: Launch" }).click();
    await addTask(bob, "Ours");
    await expectTitles(bob, ["Ours"]);
    await bob.locator(".task-link").click();
    await bob.getByLabel("Title", { exact: true }).fill("Ours, by Bob");
    await ada.goto(`/projects/${id}`);
    await ada.locator(".task-link").click();
    await ada.getByLabel("Title", { exact: true }).fill("Ours, by Ada");
    await ada.getByLabel("Title", { exact: true }).press("Enter");
    await bob.getByText(`Changed by ${await nameOf(ada)}.`).waitFor();
    await ada.goto(`/projects/${id}/members`);
    await ada.getByLabel(`Role of ${username}`).selectOption("viewer");
    await bob.getByText("You can no longer change this project.").waitFor();
    await ada.getByRole("button", { name: `Remove ${username}` }).click();
    await bob.getByText("You can no longer open this task.").waitFor();
    expect(await bob.getByLabel("Title", { exact: true }).inputValue()).toBe("Ours, by Bob");
    expectQuiet();
  });

  it("by a link, for which a visitor signs up first, and which is shown once", async () => {
    const { ada, id, expectQuiet } = await ownProject();
    await openMembers(ada, "Share");
    await ada.getByRole("button", { name: "Create link" }).click();
    await ada.getByRole("button", { name: "Copy" }).click();
    await ada.locator("#copied", { hasText: /Copied|Press/ }).waitFor();
    const link = await ada.locator("#new-link").innerText();
    expect(link).toStartWith(`${site.url}/invites/link/`);
    await ada.goto(`/projects/${id}/members`);
    await ada.getByText("used 0 of 10 times").waitFor();
    expect(await ada.content()).not.toContain(link.split("/").at(-1) ?? "");

    const visitor = await site.open({ visitor: true });
    await visitor.goto(link);
    await visitor.getByRole("link", { name: "Create an account" }).click();
    const { username, email, password } = newCredentials();
    await visitor.getByLabel("Username").fill(username);
    await visitor.getByLabel("Email").fill(email);
    await visitor.getByLabel("Password", { exact: true }).fill(password);
    await visitor.getByRole("button", { name: "Create account" }).click();
    await visitor.getByRole("heading", { name: "Join “Launch”?" }).waitFor();
    await visitor.getByText(`${await nameOf(ada)} invites you as a viewer`).waitFor();
    await visitor.getByRole("button", { name: "Accept" }).click();
    await visitor.getByText("You joined Launch").waitFor();
    await ada.getByLabel(`Role of ${username}`).waitFor();

    await ada.getByRole("button", { name: "Revoke this link" }).click();
    await ada.getByText("Invite revoked").waitFor();
    const late = await site.open();
    expect((await late.goto(link))?.status()).toBe(404);
    await late.getByText("This link does not work any more.").waitFor();
    expectQuiet();
  });

  it("works without JavaScript", async () => {
    const { ada, bob, username } = await ownProject({ javaScriptEnabled: false });
    await openMembers(ada, "Share");
    await inviteByName(ada, username, "editor");
    await ada.getByRole("button", { name: `Revoke: ${username}` }).click();
    await ada.getByText("Invite revoked").waitFor();
    await inviteByName(ada, username, "editor");
    await bob.goto("/invites");
    await bob.getByRole("button", { name: "Decline: Launch" }).click();
    await bob.getByText("Declined").waitFor();
    await ada.reload();
    await ada.getByRole("button", { name: "Create link" }).click();
    await bob.goto((await ada.locator("#new-link").getAttribute("href")) ?? "");
    await bob.getByRole("button", { name: "Accept" }).click();
    await bob.getByText("You joined Launch").waitFor();
    await ada.goto(ada.url());
    await ada.getByLabel(`Role of ${username}`).selectOption("owner");
    await ada.locator(".person", { hasText: username }).getByRole("button", { name: "Apply" }).click();
    await ada.getByText("Role changed").waitFor();
    await ada.getByRole("button", { name: "Leave Launch" }).click();
    await ada.getByText("You left the project").waitFor();
  });
});
