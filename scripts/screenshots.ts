#!/usr/bin/env bun
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { Problem, runScript } from "./lib/script.ts";

const HELP = `Usage: bun scripts/screenshots.ts [options]

Takes the screenshots in docs/images, of TaskFlow on a temporary folder with example tasks.

  --dry-run    Print the names of the images
  --help       Show this help

Needs Chromium or Chrome. Set CHROMIUM_PATH if it is not on PATH.`;

const ROOT = join(import.meta.dir, "..");
const SHOTS = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 800 }, open: true },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 800 }, open: true },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 740 }, open: false },
] as const;
const fileOf = (name: string) => join(ROOT, "docs", "images", `${name}.png`);

const day = (days: number) => Temporal.Now.plainDateISO().add({ days }).toString();
const NOTES = "Two paragraphs and one **screenshot**:\n\n- [x] who it is for\n- [ ] how to start it";
/** The oldest first. The last one is open in the panel. */
const TASKS = [
  { title: "Thank everyone", dueDate: day(9) },
  { title: "Set up the stage", dueDate: day(4), labels: ["stage"], priority: "medium" },
  { title: "Order the posters", dueDate: day(1), labels: ["print"] },
  { title: "Call the venue", dueDate: day(-1), priority: "high" },
  { title: "Send Marta the draft", dueDate: day(0), dueTime: "15:30", labels: ["press", "writing"] },
  { title: "Write the launch note", description: NOTES, dueDate: day(2), labels: ["writing"], priority: "high" },
];

await runScript({
  help: HELP,
  options: {},
  async main(_, [argument], { dryRun }) {
    if (argument !== undefined) throw new Problem(`Unexpected argument “${argument}”; see --help`, 2);
    if (dryRun) return console.log(SHOTS.map(({ name }) => fileOf(name)).join("\n"));
    const executablePath = [process.env.CHROMIUM_PATH, Bun.which("chromium"), Bun.which("google-chrome")].find(
      (path) => path && existsSync(path),
    );
    if (!executablePath)
      throw new Problem("Chromium is missing. Install it (apt-get install chromium), or set CHROMIUM_PATH.");
    const dataDir = mkdtempSync(join(tmpdir(), "taskflow-screenshots-"));
    const env = { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: "0", LOG_LEVEL: "error" };
    const app = Bun.spawn([process.execPath, "src/index.ts"], { cwd: ROOT, env, stdout: "pipe" });
    // Chromium's sandbox does not start as root.
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const browser = await chromium.launch({ executablePath, args });
    try {
      await takeAll(browser, await urlOf(app.stdout));
    } finally {
      await browser.close();
      app.kill();
      await app.exited;
      rmSync(dataDir, { recursive: true });
    }
  },
});

async function takeAll(browser: Browser, baseURL: string): Promise<void> {
  const account = await browser.newContext({ baseURL });
  const form = { username: "ana", email: "ana@example.org", password: crypto.randomUUID() };
  await account.request.post("/register", { form });
  const create = async (path: string, data: object) => (await account.request.post(path, { data })).json();
  const { id: projectId } = await create("/api/projects", { name: "Launch", color: "teal", icon: "star" });
  await create("/api/projects", { name: "Home", color: "orange" });
  let parentId = "";
  for (const task of TASKS) parentId = (await create("/api/tasks", { ...task, projectId })).id;
  for (const title of ["Draft", "Proofread"]) await create("/api/tasks", { title, projectId, parentId });
  await create(`/api/tasks/${parentId}/comments`, { text: "The numbers come on Wednesday." });
  const storageState = await account.storageState();
  for (const { name, open, ...options } of SHOTS) {
    const context = await browser.newContext({ baseURL, storageState, reducedMotion: "reduce", ...options });
    const page = await context.newPage();
    await page.goto(`/projects/${projectId}`);
    if (open) {
      await page.getByRole("link", { name: TASKS.at(-1)?.title ?? "" }).click();
      await page.locator(".panel-open").waitFor();
      await page.mouse.move(0, 0);
    }
    await page.screenshot({ path: fileOf(name), caret: "hide" });
    console.log(fileOf(name));
  }
}

/** Returns the URL that the app prints when it is ready. */
async function urlOf(output: ReadableStream<Uint8Array>): Promise<string> {
  const { value } = await output.getReader().read();
  const [url] = /http:\/\/\S+/.exec(new TextDecoder().decode(value)) ?? [];
  if (url === undefined) throw new Problem("TaskFlow did not start; see its output above.");
  return url;
}
