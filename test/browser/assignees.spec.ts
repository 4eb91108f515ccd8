import { describe, expect, test } from "bun:test";
import { noBrowser, startSite, violations, watch } from "../support/browser.ts";
import { twoPeople } from "../support/members.ts";
import { expectTitles } from "../support/two-windows.ts";

const site = startSite();
const it = test.serial;

describe.skipIf(noBrowser)("an assignee", () => {
  it("is chosen by the keyboard, shows on the row of everyone, and filters the list", async () => {
    const { ada, bob, project, bobUser } = await twoPeople(site);
    const wrong = [watch(ada, site.url), watch(bob, site.url)];
    for (const title of ["Order the cake", "Book the room"])
      await ada.request.post("/api/tasks", { data: { title, projectId: project.id } });
    await Promise.all([ada, bob].map((page) => page.goto(`/projects/${project.id}`)));

    await ada.locator(".task-link").first().focus();
    await ada.keyboard.press("a");
    await ada.locator("#assignee:focus").selectOption({ label: bobUser.username });
    await ada.locator("#panel").getByText("Saved").waitFor();
    const theirs = bob.getByRole("link", { name: `Assigned to ${bobUser.username}` });
    await theirs.waitFor();
    expect(await bob.locator(".task-assignee").getAttribute("title")).toBe(bobUser.username);
    expect(await violations(ada)).toEqual([]);

    await bob.getByLabel("View", { exact: true }).click();
    await bob.getByLabel("Assigned to").selectOption({ label: "Me" });
    await expectTitles(bob, ["Book the room"]);
    // What is added to the list belongs to it.
    await bob.getByLabel("New task").fill("Sign the contract");
    await bob.keyboard.press("Enter");
    await expectTitles(bob, ["Sign the contract", "Book the room"]);
    await bob.getByRole("link", { name: "Remove: Assigned to me" }).click();
    await expectTitles(bob, ["Sign the contract", "Book the room", "Order the cake"]);
    expect(wrong.flat()).toEqual([]);
  });

  it("is not offered to an account that shares nothing", async () => {
    const page = await site.open();
    await page.request.post("/api/tasks", { data: { title: "Mine" } });
    await page.goto("/tasks");
    await page.getByLabel("View", { exact: true }).click();
    await page.getByLabel("Sort by").waitFor();
    expect(await page.getByLabel("Assigned to").count()).toBe(0);
    await page.keyboard.press("Escape");
    await page.locator(".task-link").click();
    await page.locator("#panel .panel-title").waitFor();
    expect(await page.locator("#assignee").count()).toBe(0);
  });
});
