import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { newCredentials, send } from "../support/client.ts";
import { follow } from "../support/events.ts";
import { type Program, runProgram, startProgram, tamper } from "../support/program.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(180_000);

const program = await startProgram({ TRUST_PROXY: "1" });
/** A second process with the same data, like a replica or a worker. */
const other = await startProgram({ DATA_DIR: program.dataDir });
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
const SAFARI =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";
const DAY_MS = 86_400_000;

interface Entry {
  readonly id: string;
  readonly device: string;
  readonly address: string;
  readonly lastSeenAt: string;
  readonly expiresAt: string;
  readonly current: boolean;
}

/** A browser that is signed in. */
async function browser(person: { username: string; password: string }, agent = FIREFOX, from = "203.0.113.7") {
  const identity = { "user-agent": agent, "x-forwarded-for": from };
  const signedIn = await send(program.url, "/login", {
    method: "POST",
    body: new URLSearchParams({ username: person.username, password: person.password }),
    headers: identity,
  });
  const [cookie = ""] = signedIn.headers.getSetCookie();
  // As a header, because the name of the cookie contains the port.
  const headers = { ...identity, authorization: `Bearer ${/=([^;]+)/.exec(cookie)?.[1]}` };
  const to = ({ url }: Program) => ({
    send: (path: string, options = {}) => send(url, path, { ...options, headers }),
  });
  const list = async () =>
    ((await (await to(program).send("/api/sessions")).json()) as { items: Entry[] }).items as [Entry, ...Entry[]];
  const page = async () => (await (await to(program).send("/account")).text()).replaceAll(/\s+/g, " ");
  const status = async () => (await to(program).send("/api/me")).status;
  const post = (path: string, fields: Record<string, string> = {}) =>
    to(program).send(path, { method: "POST", body: new URLSearchParams(fields) });
  return { cookie, to, list, page, status, post };
}

async function register() {
  const person = newCredentials();
  await send(program.url, "/api/register", { json: person });
  return person;
}

/** Sets how many days ago a session began, was last seen, and will expire. */
const age = (id: string, { begun, seen, expires }: Record<"begun" | "seen" | "expires", number>) =>
  tamper(program.dataDir, {
    sqlite: `update sessions set created_at = ${Date.now() - begun * DAY_MS}, last_seen_at = ${Date.now() - seen * DAY_MS}, expires_at = ${Date.now() + expires * DAY_MS} where id = '${id}'`,
    postgres: `update sessions set created_at = now() - interval '${begun} days', last_seen_at = now() - interval '${seen} days', expires_at = now() + interval '${expires} days' where id = '${id}'`,
  });

const daysUntil = (at: string) => (Date.parse(at) - Date.now()) / DAY_MS;

describe("session", () => {
  it("lasts 30 days from its last use", async () => {
    const ada = await browser(await register());
    const [{ id }] = await ada.list();
    await age(id, { begun: 100, seen: 29, expires: 1 });
    await waitUntil(async () => daysUntil((await ada.list())[0].expiresAt) > 29.9);
    expect(daysUntil((await ada.list())[0].lastSeenAt)).toBeGreaterThan(-0.1);
    await age(id, { begun: 100, seen: 30, expires: -0.01 });
    expect(await ada.status()).toBe(401);
  });

  it("ends after 180 days, used or not, and so does its cookie", async () => {
    const ada = await browser(await register());
    // Seconds can pass between the start of the session and the cookie.
    const maxAge = Number(/Max-Age=(\d+)/.exec(ada.cookie)?.[1]);
    expect(180 * 24 * 3600 - maxAge).toBeWithin(0, 60);
    const [{ id }] = await ada.list();
    await age(id, { begun: 170, seen: 1, expires: 29 });
    await waitUntil(async () => daysUntil((await ada.list())[0].expiresAt) < 10.1);
  });

  it("is written at most once an hour", async () => {
    const ada = await browser(await register());
    const [{ id }] = await ada.list();
    const seenAt = async () => (await ada.list())[0].lastSeenAt;
    await age(id, { begun: 10, seen: 0.03, expires: 20 });
    const before = await seenAt();
    expect(await ada.status()).toBe(200);
    // Another session's write is later in the same queue.
    await ada.post("/tasks", { title: "Now" });
    expect(await seenAt()).toBe(before);
    await age(id, { begun: 10, seen: 0.05, expires: 20 });
    await waitUntil(async () => daysUntil(await seenAt()) > -0.01);
  });
});

describe("list of sessions", () => {
  it("names device and address of each, the current one first", async () => {
    const person = await register();
    const phone = await browser(person, SAFARI, "2001:db8::1");
    const laptop = await browser(person);
    expect(await laptop.list()).toMatchObject([
      { device: "Firefox on Linux", address: "203.0.113.7", current: true },
      { device: "Safari on iPhone", address: "2001:db8::1", current: false },
    ]);
    expect((await phone.list()).map(({ device, current }) => [device, current])).toEqual([
      ["Safari on iPhone", true],
      ["Firefox on Linux", false],
    ]);
    const page = await laptop.page();
    expect(page).toMatch(/Firefox on Linux<\/span> ?<b[^>]*> · This one<\/b>/);
    expect(page).toContain('aria-label="End: Safari on iPhone"');
    expect(page).not.toContain('aria-label="End: Firefox on Linux"');
  });

  it("ends one session, or all others", async () => {
    const person = await register();
    const [one, two, three] = [await browser(person), await browser(person, SAFARI), await browser(person, SAFARI)];
    const [{ id }] = await two.list();
    expect((await one.post(`/account/sessions/${id}/end`)).headers.get("location")).toBe("/account");
    expect([await one.status(), await two.status(), await three.status()]).toEqual([200, 401, 200]);
    await one.post(`/account/sessions/${id}/end`); // a second click
    expect((await one.post("/account/sessions/end-others")).status).toBe(303);
    expect([await one.status(), await three.status()]).toEqual([200, 401]);
    expect(await one.page()).not.toContain("End all others");
  });

  it("ends no session of another account", async () => {
    const [ada, bob] = [await browser(await register()), await browser(await register())];
    const [{ id }] = await bob.list();
    expect((await ada.to(program).send(`/api/sessions/${id}`, { method: "DELETE" })).status).toBe(404);
    await ada.post(`/account/sessions/${id}/end`);
    await ada.post("/account/sessions/end-others");
    expect(await bob.status()).toBe(200);
  });
});

describe("live streams of an ended session", () => {
  it.each([
    ["ended by itself", (id: string) => [`/api/sessions/${id}`, { method: "DELETE" }]],
    ["ended with all others", () => ["/api/sessions", { method: "DELETE" }]],
    [
      "ended by a new password",
      () => [
        "/account/password",
        {
          method: "POST",
          body: new URLSearchParams({ currentPassword: "a long enough phrase", newPassword: "another long phrase" }),
        },
      ],
    ],
  ] as [string, (id: string) => [string, RequestInit]][])("close in every process: %s", async (_, ending) => {
    const person = await register();
    const [staying, leaving] = [await browser(person), await browser(person, SAFARI)];
    await using here = await follow(leaving.to(program));
    await using there = await follow(leaving.to(other));
    await using kept = await follow(staying.to(other));
    const [{ id }] = await leaving.list();
    const [path, options] = ending(id);
    expect((await staying.to(program).send(path, options)).status).toBeOneOf([204, 303]);
    const ended = performance.now();
    await Promise.all([here.closed, there.closed]);
    expect(performance.now() - ended).toBeLessThan(10_000); // heartbeats, which end it as well, are 15 s apart
    await staying.post("/tasks", { title: "Still here" });
    await kept.until(({ events }) => events.some(({ data }) => data.includes("Still here")));
  });
});

describe("history of the account", () => {
  it("is on the account page", async () => {
    const person = await register();
    const ada = await browser(person);
    await runProgram(["user", "disable", person.username], { DATA_DIR: program.dataDir });
    await runProgram(["user", "enable", person.username], { DATA_DIR: program.dataDir });
    const page = await ada.page();
    for (const event of ["Account enabled", "Account disabled", "Signed in", "Account created"])
      expect(page).toContain(event);
  });
});
