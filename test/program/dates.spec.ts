import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { newCredentials, send } from "../support/client.ts";
import { clockFrom } from "../support/clock.ts";
import { dataFolder } from "../support/data-folder.ts";
import { startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

const noClock = clockFrom("") === undefined && !process.env.CI;
if (noClock) console.log("skipped: faketime is missing (Debian: apt-get install faketime)");

describe.skipIf(noClock)("dates on pages", () => {
  it("are in the time zone of the account, else of the browser, else UTC, also after midnight", async () => {
    using folder = dataFolder();
    const clock = join(folder.path, "clock");
    const setClock = (time: string) => {
      const seconds = Math.round((Date.parse(time) - Date.now()) / 1000);
      writeFileSync(clock, `${seconds < 0 ? "" : "+"}${seconds}`);
    };
    setClock("2026-12-20T10:30:30Z");
    await using program = await startProgram({ DATA_DIR: folder.path, ...clockFrom(clock) });
    const { url } = program;
    const registered = await fetch(`${url}/register`, {
      method: "POST",
      body: new URLSearchParams({ ...newCredentials() }),
      redirect: "manual",
    });
    const session = registered.headers.get("set-cookie")?.split(";")[0] ?? "";
    const api = (method: string, path: string, json: unknown) =>
      send(url, path, { method, json, headers: { cookie: session } });
    /** Returns the dates on a page. */
    const dates = async (path: string, timeZone?: string) => {
      const cookie = timeZone === undefined ? "" : `; time-zone-${new URL(url).port}=${encodeURIComponent(timeZone)}`;
      const html = await (await send(url, path, { headers: { cookie: session + cookie } })).text();
      return [...html.matchAll(/<time[^>]*title="([^"]*)"[^>]*>([^<]*)</g)].map(([, title, text]) => [text, title]);
    };
    // In Auckland it is 23:30, in Los Angeles 02:30.
    setClock("2026-12-27T10:30:30Z");
    const { id } = (await (await api("POST", "/api/tasks", { title: "Water the plants" })).json()) as { id: string };
    await api("PATCH", `/api/tasks/${id}`, { completed: true });

    const done = (timeZone?: string) => dates("/tasks?status=all", timeZone);
    const auckland = "Sunday, 27 December 2026, 23:30 (Pacific/Auckland)";
    expect(await done("Pacific/Auckland")).toEqual([["today 23:30", auckland]]);
    expect(await done("America/Los_Angeles")).toEqual([
      ["today 02:30", "Sunday, 27 December 2026, 02:30 (America/Los_Angeles)"],
    ]);
    expect(await done()).toEqual([["today 10:30", "Sunday, 27 December 2026, 10:30 (UTC)"]]);
    expect(await done("Nowhere/City")).toEqual(await done());

    setClock("2026-12-27T11:30:30Z");
    expect(await done("Pacific/Auckland")).toEqual([["yesterday", auckland]]);
    expect(await done("America/Los_Angeles")).toEqual([["today 02:30", expect.any(String)]]);
    expect((await dates("/activity", "Pacific/Auckland")).map(([text]) => text)).toEqual([
      "yesterday",
      "23:30",
      "23:30",
    ]);
    await api("PATCH", "/api/me", { timeZone: "Pacific/Auckland" });
    expect(await done("America/Los_Angeles")).toEqual([["yesterday", auckland]]);
    expect(new Set((await dates("/account")).map(([text]) => text))).toEqual(new Set(["20 December"]));
    expect((await dates(`/tasks/${id}`)).map(([text]) => text)).toEqual(["yesterday", "yesterday", "yesterday"]);
    await api("POST", "/api/tasks/bulk", { ids: [id], action: "delete" });
    expect((await dates("/trash")).map(([text]) => text)).toEqual(["today 00:30", "27 January 2027"]);

    for (const [time, shown] of [
      ["2027-01-02T11:30:30Z", ["Monday", "27 January"]],
      ["2027-01-03T11:30:30Z", ["28 December 2026", "27 January"]],
    ] as const) {
      setClock(time);
      expect((await dates("/trash")).map(([text]) => text)).toEqual([...shown]);
    }
  });
});

describe("the time zone on the account page", () => {
  it("is set with a form, and a wrong name is rejected", async () => {
    await using program = await startProgram({ LOG_LEVEL: "silent" });
    const registered = await fetch(`${program.url}/register`, {
      method: "POST",
      body: new URLSearchParams({ ...newCredentials() }),
      redirect: "manual",
    });
    const cookie = registered.headers.get("set-cookie")?.split(";")[0] ?? "";
    const set = (timeZone: string) =>
      send(program.url, "/account/time-zone", {
        method: "POST",
        body: new URLSearchParams({ timeZone }),
        headers: { cookie },
      });
    const stored = async () => (await (await send(program.url, "/api/me", { headers: { cookie } })).json()) as object;
    expect((await set("Asia/Kolkata")).headers.get("location")).toBe("/account");
    expect(await stored()).toMatchObject({ timeZone: "Asia/Kolkata" });
    const rejected = await set("Nowhere/City");
    expect([rejected.status, await rejected.text()]).toEqual([
      422,
      expect.stringContaining("Time zone must be the name of an IANA time zone, such as Europe/Berlin."),
    ]);
    expect((await set("")).status).toBe(303);
    expect(await stored()).toMatchObject({ timeZone: null });
  });
});

describe("the settings of dates", () => {
  it("change how every page writes them, what next week is, and the start page", async () => {
    await using program = await startProgram({ LOG_LEVEL: "silent" });
    const registered = await fetch(`${program.url}/register`, {
      method: "POST",
      body: new URLSearchParams({ ...newCredentials() }),
      redirect: "manual",
    });
    const cookie = registered.headers.get("set-cookie")?.split(";")[0] ?? "";
    const headers = { cookie };
    const post = (path: string, fields: Record<string, string>) =>
      send(program.url, path, { method: "POST", body: new URLSearchParams(fields), headers });
    const page = async (path: string) => (await send(program.url, path, { headers })).text();
    const start = async () => (await send(program.url, "/", { headers })).headers.get("location");
    const json = { title: "Far", dueDate: "2031-05-03", dueTime: "15:30", timeZone: "UTC" };
    const created = await send(program.url, "/api/tasks", { json, headers });
    const { id } = (await created.json()) as { id: string };
    expect(await page("/upcoming")).toContain(">3 May 2031 15:30<");
    expect(await start()).toBe("/tasks");
    const settings = { dateFormat: "monthDay", timeFormat: "12h", firstDayOfWeek: "sunday", startPage: "today" };
    expect((await post("/account/settings", settings)).headers.get("location")).toBe("/account");
    expect(await (await send(program.url, "/api/me", { headers })).json()).toMatchObject(settings);
    expect(await page("/upcoming")).toContain(">May 3, 2031 3:30 pm<");
    expect(await start()).toBe("/today");
    await post("/account/settings", { ...settings, startPage: "inbox" });
    expect(await page((await start()) ?? "")).toContain("<title>Inbox");
    await post("/account/settings", settings);

    // Without JavaScript, too: a form with a word.
    expect((await post(`/tasks/${id}/due`, { due: "nextWeek" })).status).toBe(303);
    const { dueDate } = (await (await send(program.url, `/api/tasks/${id}`, { headers })).json()) as {
      dueDate: string;
    };
    const today = Temporal.Now.plainDateISO("UTC");
    expect(Temporal.PlainDate.from(dueDate).dayOfWeek).toBe(7);
    expect(today.until(dueDate).days).toBeWithin(1, 8);
    await post("/account/settings", { ...settings, dateFormat: "iso" });
    expect(await page("/activity")).toContain("due date 2031-05-03 →");
    const rejected = await post("/account/settings", { ...settings, dateFormat: "roman" });
    expect([rejected.status, await rejected.text()]).toEqual([
      422,
      expect.stringContaining("Date format must be one of"),
    ]);
    for (const fields of [{}, { due: "someday" }, { dueDate: "" }])
      expect((await post(`/tasks/${id}/due`, fields as Record<string, string>)).status).toBe(400);
    expect((await post(`/tasks/${id}/due`, { dueDate: "soon" })).status).toBe(422);
  });
});

describe("the browser's time zone", () => {
  it("is stored in a cookie, if it exists", async () => {
    await using program = await startProgram({ LOG_LEVEL: "silent" });
    const report = (timeZone: string) =>
      send(program.url, "/time-zone", { method: "POST", body: new URLSearchParams({ timeZone }) });
    const stored = await report("pacific/auckland");
    expect([stored.status, stored.headers.get("set-cookie")]).toEqual([
      204,
      expect.stringContaining(`time-zone-${new URL(program.url).port}=Pacific%2FAuckland; `),
    ]);
    for (const name of ["Nowhere/City", "+02:00", ""]) {
      const rejected = await report(name);
      expect([rejected.status, rejected.headers.get("set-cookie")]).toEqual([400, null]);
    }
  });
});
