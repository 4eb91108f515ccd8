import { afterAll, afterEach, beforeAll, beforeEach, setDefaultTimeout } from "bun:test";
import { existsSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { newCredentials } from "./client.ts";
import { type Program, startProgram } from "./program.ts";

const CANDIDATES = [
  process.env.CHROMIUM_PATH,
  // The shell opens a page three times as fast as a browser with windows.
  ...[
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
  ].map((name) => Bun.which(name)),
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];
const executablePath = CANDIDATES.find((place): place is string => Boolean(place) && existsSync(place ?? ""));

/** Without a browser its specs are skipped, except in CI. */
export const noBrowser = executablePath === undefined && !process.env.CI;
if (noBrowser) console.log("skipped: Chromium and Chrome are missing (set CHROMIUM_PATH to the executable)");

export interface Site {
  readonly url: string;
  readonly program: Program;
  /** Opens a page in a new context, signed in to a new account unless `visitor` is set. */
  open(options?: BrowserContextOptions & { visitor?: boolean; as?: BrowserContext }): Promise<Page>;
}

/** How long a page may take to show something. */
const WAIT_MS = 60_000;

/** Starts a server and a browser for one file, and closes them after it. @param environment of the server */
export function startSite(environment: Record<string, string> = {}): Site {
  setDefaultTimeout(180_000); // here, as the default is per file, and several files may share a process
  let browser: Browser;
  let program: Program;
  beforeAll(async () => {
    if (noBrowser) return;
    program = await startProgram({ LOG_LEVEL: "error", ...environment });
    browser = await launch();
  });
  let started = 0;
  beforeEach(() => {
    started = performance.now();
  });
  // Pages of earlier specs would keep their streams and timers. The specs of a file run one after the other.
  afterEach(async () => {
    // Something was waited for in vain: say what was there instead.
    if (performance.now() - started > WAIT_MS)
      for (const page of browser?.contexts().flatMap((context) => context.pages()) ?? [])
        console.log(page.url(), await page.innerText("body", { timeout: 1000 }).catch(String));
    await Promise.all(browser?.contexts().map((context) => context.close()) ?? []);
  });
  afterAll(async () => {
    await browser?.close();
    await program?.[Symbol.asyncDispose]();
  });
  return {
    get url() {
      return program.url;
    },
    get program() {
      return program;
    },
    async open({ visitor = false, as, ...options } = {}) {
      // After a crash of the browser, the next spec gets a new one.
      if (!browser.isConnected()) browser = await launch();
      // Playwright does not see the requests that a service worker answers.
      const context = await browser.newContext({ baseURL: program.url, serviceWorkers: "block", ...options });
      context.setDefaultTimeout(WAIT_MS);
      if (as) await context.addCookies((await as.cookies()).map((cookie) => forPort(cookie, options.baseURL)));
      else if (!visitor) await context.addCookies([await signedInCookie(program.url)]);
      return context.newPage();
    },
  };
}

/** A host name that leads to this machine. Unlike 127.0.0.1, it gives pages over plain HTTP no secure context. */
export const PLAIN_HOST = "taskflow.test";

/** Starts a browser. */
export function launch(): Promise<Browser> {
  // Without a GPU, software compositing is cheaper than an emulated one. The sandbox does not start as root.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const args = ["--disable-gpu", `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`, ...sandbox];
  return chromium.launch({ executablePath, args });
}

/** Signs up with the form, as a browser does. @returns the session cookie */
async function signedInCookie(url: string) {
  const response = await fetch(`${url}/register`, {
    method: "POST",
    body: new URLSearchParams({ ...newCredentials() }),
    redirect: "manual",
  });
  const [name = "", value = ""] = (response.headers.get("set-cookie") ?? "").split(";")[0]?.split("=") ?? [];
  return { name, value, url };
}

/** Creates tasks with the API, in the account of the page. */
export async function addTasks(
  page: Page,
  tasks: {
    title: string;
    priority?: string;
    description?: string;
    completed?: boolean;
    dueDate?: string;
    repeat?: string;
  }[],
) {
  for (const data of tasks) await page.request.post("/api/tasks", { data });
}

/** Collects errors on a page, and requests to other sites. */
export function watch(page: Page, url: string): string[] {
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // The browser logs every response of 400 and above; these are intended.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) wrong.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:"))
      wrong.push(`request to another site: ${request.url()}`);
  });
  return wrong;
}

/**
 * Checks a page against WCAG 2.2 AA and axe's best practices. In dark mode it checks only colors: all else is as in light.
 * @returns a line per violation
 */
export async function violations(page: Page, colorScheme: "light" | "dark" = "light"): Promise<string[]> {
  // Legacy mode spares a second page per analysis. It leaves out frames of other sites, and there are none.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  if (colorScheme === "dark") axe.withRules(["color-contrast", "link-in-text-block"]);
  const { violations: found } = await axe.analyze();
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" ")}`);
}

/** Returns the titles of the visible tasks, from top to bottom. */
export const shownTitles = (page: Page) =>
  page.locator(".task:not(.leaving, .pending):visible .task-title").allInnerTexts();

/** Returns a cookie under the name that a process on another port expects, for its host. */
function forPort({ name, value, ...cookie }: Awaited<ReturnType<BrowserContext["cookies"]>>[number], url?: string) {
  return url === undefined ? { name, value, ...cookie } : { name: name.replace(/\d+$/, new URL(url).port), value, url };
}

/** Returns the link of a task in the list. */
const linkOf = (page: Page, title: string) =>
  page.locator(".task", { has: page.locator(".task-title").getByText(title, { exact: true }) }).locator(".task-link");

/** Selects a task of the list with the keyboard, as there are no boxes yet. */
export async function selectTask(page: Page, title: string) {
  await linkOf(page, title).focus();
  await page.keyboard.press("x");
}

/** Deletes a task of the list with the keyboard. */
export async function deleteTask(page: Page, title: string) {
  await linkOf(page, title).focus();
  await page.keyboard.press("Delete");
}

/** Saves what has changed in the open task, as leaving the field does. */
export const save = (page: Page) => page.getByLabel("Title", { exact: true }).press("Control+Enter");

/** Deletes the open task, from the menu of its panel. */
export async function deleteOpenTask(page: Page) {
  await page.locator("#panel summary").click();
  await page.locator("#panel").getByRole("button", { name: "Delete" }).click();
}

/** Shows completed tasks as well, with the View menu. */
export async function showAll(page: Page) {
  await page.locator(".view-menu summary").click();
  await page.getByLabel("Show").selectOption("Open and completed");
}
