import { describe, expect, test } from "bun:test";
import { noBrowser, startSite, violations, watch } from "../support/browser.ts";
import { signUp } from "../support/client.ts";
import { follow } from "../support/events.ts";
import { operationsOf } from "../support/metrics.ts";

const site = startSite({ METRICS_PORT: "0" });
const it = test.serial;

const PHONE = { width: 360, height: 740 };

describe.skipIf(noBrowser)("status page", () => {
  it("is accessible and complete, on a phone too, in both color schemes, without other sites", async () => {
    const baseURL = await operationsOf(site.program);
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await site.open({ visitor: true, baseURL, colorScheme, viewport: PHONE });
      const wrong = watch(page, baseURL);
      const response = await page.goto("/status");
      expect(response?.headers()["content-security-policy"]).toContain("default-src 'none'");
      expect(await violations(page, colorScheme)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
      expect(await page.getByRole("img").count()).toBe(4);
      expect(await page.getByText("There is no verified backup").isVisible()).toBe(true);
      expect(wrong).toEqual([]);
    }
  });

  it("updates itself, and says when the program does not respond", async () => {
    const baseURL = await operationsOf(site.program);
    const person = await signUp(site.url);
    const page = await site.open({ visitor: true, baseURL });
    await page.clock.install();
    await page.goto("/status");
    const streams = page.locator("dt", { hasText: "Live streams" }).locator("+ dd");
    expect(await streams.innerText()).toBe("0");
    await using _ = await follow(person);
    await page.clock.runFor(11_000);
    await streams.getByText("1", { exact: true }).waitFor();
    await page.route("**/status", (route) => route.abort());
    await page.clock.runFor(11_000);
    await page.getByText("TaskFlow does not respond").waitFor();
    await page.unroute("**/status");
    await page.clock.runFor(11_000);
    await page.getByText("TaskFlow does not respond").waitFor({ state: "hidden" });
  });
});
