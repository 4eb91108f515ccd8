import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { addTasks, noBrowser, startSite, violations } from "../support/browser.ts";
import { twoProcesses } from "../support/two-windows.ts";

const site = startSite();
const twoWindows = twoProcesses(site);
const it = test.serial;

const view = (page: Page) => page.locator("#panel .notes-view");
const field = (page: Page) => page.locator("#description");
const saved = (page: Page) => page.locator("#panel").getByText("Saved", { exact: true }).waitFor();
const undo = (page: Page) => page.locator(".toast-action").last().click();

/** Opens the only task of a new account with these notes. */
async function openNotes(description: string, options: Parameters<typeof site.open>[0] = {}): Promise<Page> {
  const page = await site.open(options);
  await addTasks(page, [{ title: "Plan", description }]);
  await page.goto("/tasks");
  await page.getByRole("link", { name: "Plan" }).click();
  await view(page).waitFor();
  return page;
}

/** Texts that would run a script, load something, or leave the page, if one of them became markup. */
const HOSTILE = [
  "<script>window.hacked = 1</script>",
  "<img src=x onerror=window.hacked=1>",
  "a <svg/onload=window.hacked=1> b",
  "<div\nonmouseover='window.hacked=1' style='position:fixed;inset:0'>x</div>",
  "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
  "<a href='javascript:window.hacked=1'>x</a>",
  "</textarea></div><script>window.hacked = 1</script>",
  "<!--><script>window.hacked = 1</script>-->",
  "<form action=//example.com><button>x</button></form><meta http-equiv=refresh content='0;url=//example.com'>",
  "[x](javascript:window.hacked=1) [x](JaVaScRiPt:window.hacked=1) [x](&#106;avascript:window.hacked=1)",
  "[x](javascript&colon;window.hacked=1) [x](java\\script:window.hacked=1) [x](<java\tscript:window.hacked=1>)",
  "[x](vbscript:x) [x](data:text/html;base64,PHNjcmlwdD4x) [x](file:///etc/passwd) [x](blob:x)",
  "<javascript:window.hacked=1> <data:text/html,x>",
  "[x]: javascript:window.hacked=1\n\n[x] ![y][x]",
  '![x](javascript:window.hacked=1) ![x](https://example.com/x.png) ![" onerror=window.hacked=1](//example.com/x)',
  '[x](https://example.com/"onmouseover="window.hacked=1) [x](https://example.com/ "t\\" onclick=\\"window.hacked=1")',
  "[a](https://example.com/'><script>window.hacked=1</script>)",
  "[<img src=x onerror=window.hacked=1>](https://example.com)",
  "`<script>window.hacked=1</script>` and ``` `<b>` ```",
  "```<script>\n</code></pre><script>window.hacked=1</script>\n```",
  "| <script>window.hacked=1</script> | b |\n|---|:-:|\n| <img src=x onerror=window.hacked=1> | `|` |",
  '- [ ] <script>window.hacked=1</script>\n- [x] " autofocus onfocus=window.hacked=1 x="',
  "# <svg onload=window.hacked=1>\n> <script>window.hacked=1</script>\n1. <script>window.hacked=1</script>",
  'https://example.com/<script>window.hacked=1</script> www.example.com/"onclick=window.hacked=1',
  "//example.com [x](//example.com) [x](/\\example.com) [x](\\\\example.com) [x](/%5cexample.com)",
  "&lt;script&gt;window.hacked=1&lt;/script&gt; &#60;script&#62;window.hacked=1&#60;/script&#62;",
  "\u0000\uFFFE<scr\u200Bipt>window.hacked=1</script>",
];

describe.skipIf(noBrowser)("notes", () => {
  it("run nothing, load nothing and lead only where they say, whatever they contain", async () => {
    const page = await site.open();
    const requested: string[] = [];
    page.on("request", (request) => requested.push(request.url()));
    const url = new URL(site.url);
    for (const text of [...HOSTILE, HOSTILE.join("\n\n"), HOSTILE.join(" ")]) {
      const description = text.replaceAll("\0", "").slice(0, 10_000);
      const { id } = await (await page.request.post("/api/tasks", { data: { title: "Plan", description } })).json();
      await page.goto(`/tasks/${id}`);
      await view(page).waitFor();
      const found = await view(page).evaluate((root) => ({
        elements: [...new Set([...root.querySelectorAll(".markdown *")].map(({ localName }) => localName))],
        handlers: [...root.querySelectorAll("*")]
          .flatMap((each) => each.getAttributeNames())
          .filter((name) => /^on|^style$|^src|^form./.test(name)),
        links: [...root.querySelectorAll("a")].map(({ href, rel, target }) => ({ href, rel, target })),
      }));
      const harmless = [
        "p",
        "br",
        "a",
        "em",
        "strong",
        "del",
        "code",
        "pre",
        "ul",
        "ol",
        "li",
        "blockquote",
        "hr",
        "button",
      ];
      const tables = ["table", "thead", "tbody", "tr", "th", "td", "h3", "h4", "h5", "h6"];
      expect(found.elements.filter((name) => ![...harmless, ...tables].includes(name))).toEqual([]);
      expect(found.handlers).toEqual([]);
      for (const link of found.links) {
        const isOwn = link.href.startsWith(`${url.origin}/`);
        expect(link.href).toMatch(isOwn ? /./ : /^(https?:\/\/(www\.)?example\.com\b|mailto:|tel:)/);
        if (!isOwn) expect(link).toMatchObject({ target: "_blank", rel: "noopener noreferrer nofollow" });
      }
      expect(await field(page).inputValue()).toBe(description.replaceAll("\r\n", "\n"));
      expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    }
    expect(requested.filter((each) => new URL(each).host !== url.host)).toEqual([]);
  });

  it("are a document until they are edited: with a click, the button, or e", async () => {
    const page = await openNotes("# Launch\n\nCall **Marta** at https://example.com");
    await view(page).getByRole("heading", { name: "Launch" }).waitFor();
    expect(await field(page).isVisible()).toBe(false);
    expect(await page.locator(".task-meta").innerText()).toContain("Launch");
    expect(await violations(page)).toEqual([]);
    await view(page).locator("strong").click();
    await page.locator("#description:focus").waitFor();
    expect(await view(page).isVisible()).toBe(false);
    await page.keyboard.type("\n\n*soon*");
    await page.keyboard.press("Tab");
    await saved(page);
    await view(page).locator("em", { hasText: "soon" }).waitFor();
    // Nothing is changed, nothing is saved.
    await page.getByRole("button", { name: "Edit notes" }).press("Enter");
    await page.locator("#description:focus").waitFor();
    await page.keyboard.press("Tab");
    await view(page).waitFor();
    await page.locator("[data-close-panel]").focus();
    await page.keyboard.press("e");
    await page.locator("#description:focus").waitFor();
    await field(page).fill("");
    await page.keyboard.press("Tab");
    await view(page).waitFor({ state: "detached" });
    expect(await field(page).isVisible()).toBe(true);
  });

  it("have boxes that are ticked in place, live and with Undo", async () => {
    const { mine, theirs, expectQuiet } = await twoWindows([]);
    const { id } = await (
      await mine.request.post("/api/tasks", {
        data: { title: "Plan", description: "- [ ] One\n- [x] Two\n\n`- [ ] no`" },
      })
    ).json();
    for (const page of [mine, theirs]) await page.goto(`/tasks/${id}`);
    const pressed = (page: Page, name: string, state: boolean) =>
      page.locator(`.notes-view .box[aria-pressed="${state}"][aria-label="${name}"]`).waitFor();
    await mine.getByRole("button", { name: "One" }).click();
    for (const page of [mine, theirs]) await pressed(page, "One", true);
    expect(await field(theirs).inputValue()).toBe("- [x] One\n- [x] Two\n\n`- [ ] no`");
    await theirs.getByRole("button", { name: "Two" }).press("Enter");
    for (const page of [mine, theirs]) await pressed(page, "Two", false);
    await undo(theirs);
    for (const page of [mine, theirs]) await pressed(page, "Two", true);
    expectQuiet();
  });

  it("show the titles of tasks that they link to, of those that the reader sees", async () => {
    const other = await site.open();
    const create = async (page: Page, title: string, description = "") =>
      (await (await page.request.post("/api/tasks", { data: { title, description } })).json()).id as string;
    const hidden = await create(other, "A secret");
    const page = await site.open();
    const shown = await create(page, "Call <Marta>");
    await create(page, "Plan", `${site.url}/tasks/${shown} and ${site.url}/tasks/${hidden}`);
    await page.goto("/tasks");
    await page.getByRole("link", { name: "Plan" }).click();
    await view(page).getByRole("link", { name: "Call <Marta>" }).waitFor();
    expect(await view(page).innerText()).not.toContain("secret");
    await view(page).getByRole("link", { name: "Call <Marta>" }).click();
    await page.waitForURL(`**/tasks/${shown}*`);
    expect(await page.locator("#title").inputValue()).toBe("Call <Marta>");
  });

  it("are merged where two windows change different lines", async () => {
    const { mine, theirs } = await twoWindows([]);
    const description = "one\ntwo\nthree";
    const { id } = await (await mine.request.post("/api/tasks", { data: { title: "Plan", description } })).json();
    for (const page of [mine, theirs]) {
      await page.goto(`/tasks/${id}`);
      await page.getByRole("button", { name: "Edit notes" }).click();
    }
    // Typed before the other is saved, so that no live update replaces it.
    await field(mine).fill("ONE\ntwo\nthree");
    await field(theirs).fill("one\ntwo\nTHREE");
    await mine.keyboard.press("Control+Enter");
    await saved(mine);
    await theirs.getByText("Changed in another window.").waitFor();
    await theirs.keyboard.press("Control+Enter");
    await saved(theirs);
    const both = "ONE\ntwo\nTHREE";
    expect(await field(theirs).inputValue()).toBe(both);
    await mine.waitForFunction(
      (text) => document.querySelector("textarea#description")?.textContent?.trim() === text,
      both,
    );
  });

  it("are rendered on paper, and both ways without JavaScript", async () => {
    const page = await openNotes("# Launch\n\n- [ ] One **bold**", { javaScriptEnabled: false });
    expect(await field(page).isVisible()).toBe(true);
    await page.getByRole("button", { name: "One bold" }).click();
    await page.getByText("Ticked: Plan").waitFor();
    expect(await field(page).inputValue()).toBe("# Launch\n\n- [x] One **bold**");
    await undo(page);
    await page.getByText("Undone").waitFor();
    await field(page).fill("*Changed*");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await view(page).locator("em", { hasText: "Changed" }).waitFor();
    await page.goto("/tasks/print");
    expect(await page.locator("#printed-list em").innerText()).toBe("Changed");
  });
});
