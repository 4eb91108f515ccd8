import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { launch, noBrowser, watch } from "../support/browser.ts";
import { newCredentials } from "../support/client.ts";
import { freePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { noProxies, PROXIES } from "../support/proxies.ts";
import { expectTitles } from "../support/two-windows.ts";

setDefaultTimeout(180_000);

let browser: Browser;
beforeAll(async () => {
  if (!noBrowser && !noProxies) browser = await launch();
});
afterAll(() => browser?.close());

/** Starts TaskFlow behind nginx, with no setting but `proxy_pass`: Host is that of TaskFlow. */
async function startBehindNginx(strip: boolean) {
  const stack = new AsyncDisposableStack();
  const port = freePort();
  const path = "/tasks";
  const program = stack.use(await startProgram({ BASE_URL: `http://127.0.0.1:${port}${path}`, LOG_LEVEL: "error" }));
  const { url } = stack.use(await PROXIES.nginx([program.url], { port, path, strip, settings: "" }));
  return { url, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function openPage(url: string, options: { javaScriptEnabled?: boolean } = {}): Promise<Page> {
  const context = await browser.newContext({ baseURL: `${url}/`, ...options });
  context.setDefaultTimeout(60_000);
  return context.newPage();
}

async function signUp(page: Page) {
  const person = newCredentials();
  await page.goto("");
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Username").fill(person.username);
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("tasks");
}

describe.skipIf(noBrowser || noProxies).each([
  ["removes the path", true],
  ["passes the path on", false],
])("below a path, behind nginx that %s", (_, strip) => {
  it("shows every page, saves every action and updates live", async () => {
    await using site = await startBehindNginx(strip);
    const page = await openPage(site.url);
    const wrong = watch(page, site.url);
    await signUp(page);
    await page.getByLabel("New task").fill("Call Marta");
    await page.keyboard.press("Enter");
    await expectTitles(page, ["Call Marta"]);
    const other = await page.context().newPage();
    wrong.push(...watch(other, site.url));
    await other.goto("tasks");
    await page.getByRole("button", { name: "Complete: Call Marta" }).click();
    await expectTitles(other, []);
    await page.locator(".toast-action").last().click();
    await expectTitles(page, ["Call Marta"]);
    await expectTitles(other, ["Call Marta"]);
    await other.close();
    await page.getByRole("link", { name: "Call Marta" }).click();
    await page.waitForURL(/\/tasks\/tasks\/[\w-]+$/);
    await page.reload();
    await page.getByRole("link", { name: "Tasks" }).first().click();
    await page.waitForURL("tasks");
    for (const name of ["Trash", "Activity"]) {
      await page.goto("tasks");
      await page.getByRole("link", { name, exact: true }).click();
      await page.waitForURL(name.toLowerCase());
    }
    await page.goto(site.url);
    await page.waitForURL("tasks");
    await page.getByRole("link", { name: "person-" }).click();
    await page.getByRole("link", { name: /read the docs/i }).click();
    await page.locator("#operations-Accounts-getApiMe").click();
    await page.getByRole("button", { name: "Execute" }).click();
    await page.locator(".live-responses-table .response-col_status", { hasText: "200" }).first().waitFor();
    await page.goto("account");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(`${site.url}/`);
    await page.goto("tasks?status=all");
    await page.waitForURL(/\/tasks\/login\?next=/);
    expect(wrong).toEqual([]);
  });

  it("works without JavaScript", async () => {
    await using site = await startBehindNginx(strip);
    const page = await openPage(site.url, { javaScriptEnabled: false });
    const wrong = watch(page, site.url);
    await signUp(page);
    await page.getByLabel("New task").fill("By hand");
    await page.keyboard.press("Enter");
    await page.locator(".task-title", { hasText: "By hand" }).waitFor();
    await page.getByRole("button", { name: "Complete: By hand" }).click();
    await page.waitForURL("tasks");
    await page.getByRole("button", { name: "Undo" }).click();
    await page.locator(".task-title", { hasText: "By hand" }).waitFor();
    expect(wrong).toEqual([]);
  });
});
