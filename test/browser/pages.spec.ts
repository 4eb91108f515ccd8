import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { addTasks, deleteTask, noBrowser, save, selectTask, startSite, violations, watch } from "../support/browser.ts";

const site = startSite();
const it = test.serial;

const someTasks = [
  { title: "Send the offer", priority: "high", description: "Before noon\nwith the drawings" },
  { title: "Book a room", completed: true },
  { title: "Water the plants", priority: "low" },
];

/** Every state of every page: its name, and how to reach it. */
const STATES: [string, (page: Page) => Promise<unknown>][] = [
  ["an empty list", (page) => page.goto("/tasks")],
  ["no match", (page) => page.goto("/tasks?q=nothing")],
  [
    "a list",
    async (page) => {
      await addTasks(page, someTasks);
      await page.goto("/tasks?status=all");
    },
  ],
  ["the view menu", (page) => page.locator(".view-menu summary").click()],
  [
    "a selection",
    async (page) => {
      await page.goto("/tasks?status=all");
      await selectTask(page, "Send the offer");
    },
  ],
  [
    "an invalid new task",
    async (page) => {
      await page.goto("/tasks");
      await page.getByLabel("New task").fill("x".repeat(201));
      await page.keyboard.press("Enter");
      await page.locator("#add-issue:not(:empty)").waitFor();
    },
  ],
  [
    "a task panel",
    async (page) => {
      await page.locator(".task-link").first().click();
      await page.locator(".panel-open").waitFor();
    },
  ],
  [
    "an invalid edit",
    async (page) => {
      await page.getByLabel("Title", { exact: true }).fill("");
      await save(page);
      await page.locator("#title-issue:not(:empty)").waitFor();
    },
  ],
  ["a task page", (page) => page.reload()],
  [
    "both versions of a task",
    async (page) => {
      const id = new URL(page.url()).pathname.split("/").at(-1);
      // Unsaved input keeps the live update out of the form.
      await page.getByLabel("Title", { exact: true }).fill("Mine");
      await page.request.patch(`/api/tasks/${id}`, { data: { title: "Theirs", description: `Changed ${Date.now()}` } });
      await save(page);
      await page.getByRole("button", { name: "Overwrite" }).waitFor();
      await page.getByRole("link", { name: "Use theirs" }).focus();
    },
  ],
  [
    "a toast",
    async (page) => {
      await page.goto("/tasks");
      await page.locator(".tick").first().click();
      await page.locator(".toast-note").waitFor();
    },
  ],
  ["the account", (page) => page.goto("/account")],
  ["not found", (page) => page.goto("/nowhere")],
  ["the home page", (page) => visit(page, "/")],
  ["signing in", (page) => visit(page, "/login")],
  ["setting a new password", (page) => visit(page, "/reset-password")],
  ["signing up", (page) => visit(page, "/register")],
  [
    "an invalid sign-up",
    async (page) => {
      await page.getByRole("button", { name: "Create account" }).click();
      await page.locator("#username-issue:not(:empty)").waitFor();
    },
  ],
];

async function visit(page: Page, path: string) {
  await page.context().clearCookies();
  await page.goto(path);
}

describe.skipIf(noBrowser)("page in every state", () => {
  it.each(["light", "dark"] as const)("has no accessibility violations in %s mode", async (colorScheme) => {
    const page = await site.open({ colorScheme, reducedMotion: "reduce" });
    const wrong = watch(page, site.url);
    const found: string[] = [];
    for (const [name, reach] of STATES) {
      await reach(page);
      found.push(...(await violations(page, colorScheme)).map((violation) => `${name}: ${violation}`));
    }
    expect(found).toEqual([]);
    expect(wrong).toEqual([]);
  });
});

describe.skipIf(noBrowser)("theme", () => {
  const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

  it("follows the system until the user chooses one", async () => {
    const page = await site.open({ colorScheme: "dark" });
    await page.goto("/account");
    const dark = await background(page);
    await page.emulateMedia({ colorScheme: "light" });
    const light = await background(page);
    expect(light).not.toBe(dark);
    await page.getByLabel("Match system").focus();
    for (const _ of ["Light", "Dark"])
      await Promise.all([page.waitForResponse("/account/theme"), page.keyboard.press("ArrowRight")]);
    expect(await background(page)).toBe(dark);
    expect(await page.locator(":focus").inputValue()).toBe("dark");
    await page.goto("/tasks");
    expect(await background(page)).toBe(dark);
  });
});

describe.skipIf(noBrowser)("first load of the list", () => {
  it("is under 100 kB, without visible layout shifts or requests to other sites", async () => {
    const page = await site.open();
    const wrong = watch(page, site.url);
    await addTasks(page, someTasks);
    const network = await page.context().newCDPSession(page);
    let bytes = 0;
    await network.send("Network.enable");
    network.on("Network.loadingFinished", ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await page.addInitScript(() => {
      Object.assign(window, { shift: 0 });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
          (window as unknown as { shift: number }).shift += (entry as unknown as { value: number }).value;
      }).observe({ type: "layout-shift", buffered: true });
    });
    // The network is never idle: the browser reports no end of the request for the shared worker's script.
    await page.goto("/tasks");
    await page.locator(".has-script").waitFor();
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(100_000);
    // Half of what web.dev rates as good (CLS), as a busy machine may paint the page in two steps.
    expect(await page.evaluate(() => (window as unknown as { shift: number }).shift)).toBeLessThan(0.05);
    expect(wrong).toEqual([]);
  });
});

describe.skipIf(noBrowser)("API documentation page", () => {
  it("sends requests with the session under the site's CSP", async () => {
    const page = await site.open();
    const wrong = watch(page, site.url);
    await page.goto("/docs");
    await page.locator("#operations-Accounts-getApiMe button.opblock-summary-control").click();
    await page.getByRole("button", { name: "Execute" }).click();
    await page.locator(".live-responses-table .response-col_status", { hasText: "200" }).waitFor();
    expect(wrong).toEqual([]);
  });
});

describe.skipIf(noBrowser)("hostile text", () => {
  const HOSTILE = [
    `<script>window.hit = 1</script>`,
    `"><img src=x onerror="window.hit = 2">`,
    `' onmouseover='window.hit = 3' x='`,
    `</textarea><script>window.hit = 4</script>`,
    `</title><svg onload="window.hit = 5">`,
    `{{7*7}} \${7*7} javascript:alert(1)`,
    `<!-- & &amp; &lt;b&gt; -->`,
  ];

  it("is rendered as text on every page", async () => {
    const page = await site.open();
    const wrong = watch(page, site.url);
    await addTasks(
      page,
      HOSTILE.map((title) => ({ title, description: title })),
    );
    const harmless = async (...texts: string[]) => {
      expect(await page.evaluate(() => (window as unknown as { hit?: number }).hit)).toBeUndefined();
      expect(await page.locator("main script, main img, main svg[onload], main [onmouseover]").count()).toBe(0);
      const shown = await page.evaluate(() => document.body.textContent ?? "");
      for (const text of texts) expect(shown).toContain(text);
    };
    await page.goto("/tasks");
    await harmless(...HOSTILE);
    for (const text of HOSTILE) {
      await page.goto(`/tasks?${new URLSearchParams({ q: text, sort: text, status: text, cursor: text })}`);
      expect(await page.getByLabel("Search tasks").inputValue()).toBe(text);
      await harmless(text);
      await page.locator(".task-link").first().click();
      await page.locator(".panel-open").waitFor();
      expect(await page.getByLabel("Title", { exact: true }).inputValue()).toBe(text);
      expect(await page.getByLabel("Notes", { exact: true }).inputValue()).toBe(text);
      await page.reload();
      expect(await page.getByLabel("Notes", { exact: true }).inputValue()).toBe(text);
      expect(await page.title()).toBe(`${text} · TaskFlow`);
      await harmless();
      await page.goto(`/nowhere/${encodeURIComponent(text)}?${encodeURIComponent(text)}`);
      await harmless();
    }
    await page.goto("/tasks");
    await deleteTask(page, HOSTILE[0] ?? "");
    await page.locator(".toast-note").waitFor();
    await harmless(`Deleted: ${HOSTILE[0]}`);
    for (const text of HOSTILE) {
      await visit(page, "/register");
      await page.getByLabel("Username").fill(text);
      await page.getByLabel("Email").fill(text);
      await page.getByRole("button", { name: "Create account" }).click();
      await page.locator("#email-issue:not(:empty)").waitFor();
      expect(await page.getByLabel("Username").inputValue()).toBe(text);
      await harmless();
    }
    expect(wrong.filter((line) => !line.includes("Content Security Policy"))).toEqual([]);
  });
});
