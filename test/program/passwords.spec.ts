import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { send, signIn, signUp } from "../support/client.ts";
import { follow } from "../support/events.ts";
import { query, runProgram, startProgram, tamper } from "../support/program.ts";

setDefaultTimeout(180_000);

const program = await startProgram({ LOG_LEVEL: "debug" });
afterAll(() => program[Symbol.asyncDispose]());
const { url, dataDir } = program;
const NEW = "another long enough phrase";

async function resetLink(username: string) {
  const { stdout, stderr, code } = await runProgram(["user", "reset-link", username], { DATA_DIR: dataDir });
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  const [link = ""] = stdout.split("\n");
  return { link, token: link.split("#")[1] ?? "", stdout };
}

/** Sends the form of the page, as a browser without JavaScript does. */
const reset = (token: string, password = NEW) =>
  send(url, "/reset-password", { method: "POST", body: new URLSearchParams({ token, password }) });

const canSignIn = async (username: string, password: string) =>
  (await send(url, "/api/login", { json: { username, password } })).status === 200;

describe("password change", () => {
  it("requires the current password, keeps this session and ends the others", async () => {
    const ada = await signUp(url);
    const second = await signIn(url, ada);
    const change = (fields: Record<string, string>, headers = {}) =>
      ada.send("/account/password", { method: "POST", body: new URLSearchParams(fields), headers });

    const wrong = await change({ currentPassword: "not the phrase", newPassword: NEW });
    expect(wrong.status).toBe(422);
    expect(await wrong.text()).toContain("This is not your current password.");
    const weak = await change({ currentPassword: ada.password, newPassword: ada.username });
    expect(await weak.text()).toMatch(/id="newPassword-issue">This password is too easy to guess/);
    expect(await canSignIn(ada.username, ada.password)).toBe(true);

    const done = await change({ currentPassword: ada.password, newPassword: NEW });
    expect([done.status, done.headers.get("location")]).toEqual([303, "/account"]);
    expect((await ada.send("/api/me")).status).toBe(200);
    expect((await send(url, "/api/me", { headers: { authorization: `Bearer ${second}` } })).status).toBe(401);
    expect([await canSignIn(ada.username, ada.password), await canSignIn(ada.username, NEW)]).toEqual([false, true]);
    expect(await (await ada.send("/account")).text()).toContain("Password changed");
    expect((await change({ currentPassword: ada.password, newPassword: NEW })).status).toBe(303); // a second click
  });

  it("also ends sessions that begin with the old password in the meantime", async () => {
    const ada = await signUp(url);
    let changed = false;
    const attacks = Array.from({ length: 3 }, async () => {
      while (!changed) await canSignIn(ada.username, ada.password);
    });
    await ada.send("/api/password", { json: { currentPassword: ada.password, newPassword: NEW } });
    changed = true;
    await Promise.all(attacks);
    const { items } = (await (await ada.send("/api/sessions")).json()) as { items: unknown[] };
    expect(items).toHaveLength(1);
  });

  it("makes an earlier reset link useless", async () => {
    const ada = await signUp(url);
    const { token } = await resetLink(ada.username);
    await ada.send("/api/password", { json: { currentPassword: ada.password, newPassword: NEW } });
    expect((await reset(token, "a third long phrase")).status).toBe(422);
  });
});

describe("reset link", () => {
  it("sets a new password once and ends all sessions with their live streams", async () => {
    const ada = await signUp(url);
    const { link, token } = await resetLink(ada.username.toUpperCase());
    expect(link).toMatch(/^http:\/\/localhost:\d+\/reset-password#[\w.-]+$/);
    await using feed = await follow(ada);

    const weak = await reset(token, "password123");
    expect(weak.status).toBe(422);
    expect(await weak.text()).toContain(`<input type="hidden" name="token" value="${token}"`);
    const done = await reset(token);
    expect([done.status, done.headers.get("location")]).toEqual([303, "/login"]);
    await feed.closed;
    expect((await ada.send("/api/me")).status).toBe(401);
    expect([await canSignIn(ada.username, ada.password), await canSignIn(ada.username, NEW)]).toEqual([false, true]);

    expect((await reset(token)).status).toBe(303); // a second click
    const again = await reset(token, "a third long phrase");
    expect(again.status).toBe(422);
    expect(await again.text()).toContain("This link was used already, or is older than an hour.");
    expect(await canSignIn(ada.username, NEW)).toBe(true);
  });

  it("sets one password if two requests use it at the same time", async () => {
    const ada = await signUp(url);
    const { token } = await resetLink(ada.username);
    const responses = await Promise.all([reset(token, "the first long phrase"), reset(token, "the other long phrase")]);
    expect(responses.map(({ status }) => status).toSorted()).toEqual([303, 422]);
  });

  it("can be pasted as a whole, and is replaced by a newer one", async () => {
    const ada = await signUp(url);
    const [older, newer] = [await resetLink(ada.username), await resetLink(ada.username)];
    expect((await reset(older.link)).status).toBe(422);
    expect((await reset(` ${newer.link}\n`)).status).toBe(303);
  });

  it("is rejected after an hour", async () => {
    const ada = await signUp(url);
    const { token } = await resetLink(ada.username);
    const [user] = await query(dataDir, `select reset_expires_at from users where username = '${ada.username}'`);
    const minutes = (new Date(user?.reset_expires_at as number).getTime() - Date.now()) / 60_000;
    expect(minutes).toBeWithin(58, 61);
    await tamper(dataDir, {
      sqlite: `update users set reset_expires_at = ${Date.now() - 1} where username = '${ada.username}'`,
      postgres: `update users set reset_expires_at = now() where username = '${ada.username}'`,
    });
    expect((await reset(token)).status).toBe(422);
  });

  it("is rejected after the account was disabled", async () => {
    const ada = await signUp(url);
    const { token } = await resetLink(ada.username);
    for (const verb of ["disable", "enable"]) await runProgram(["user", verb, ada.username], { DATA_DIR: dataDir });
    expect((await reset(token)).status).toBe(422);
    expect(await canSignIn(ada.username, ada.password)).toBe(true);
  });

  it("does not allow to guess the password once it is used", async () => {
    const { username } = await signUp(url);
    const { token } = await resetLink(username);
    await reset(token);
    for (let number = 0; number < 10; number++) expect((await reset(token, "not the new phrase")).status).toBe(422);
    const limited = await reset(token);
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, expect.stringMatching(/^[1-5]$/)]);
  });

  it("is rejected if its token is modified or missing", async () => {
    const [ada, bob] = await Promise.all([signUp(url), signUp(url)]);
    const { token } = await resetLink(ada.username);
    const [id = "", secret = ""] = token.split(".");
    const [bobsId] = (await resetLink(bob.username)).token.split(".");
    for (const wrong of [id, secret, `${bobsId}.${secret}`, `${id}.${"A".repeat(43)}`, `${token}x`, "", "."])
      expect([wrong, (await reset(wrong)).status]).toEqual([wrong, 422]);
    expect(await canSignIn(ada.username, ada.password)).toBe(true);
  });

  it("is stored as a hash and appears in no log", async () => {
    const ada = await signUp(url);
    const { token, link } = await resetLink(ada.username);
    const secret = token.split(".")[1] ?? "-";
    const rows = await query(dataDir, `select * from users where username = '${ada.username}'`);
    expect(JSON.stringify(rows)).not.toContain(secret);
    // What follows the "#" is not sent, but people may paste it elsewhere.
    await send(url, new URL(link).pathname + new URL(link).hash);
    await reset(`${token}x`);
    await reset(token);
    await program.waitFor(/\/reset-password/);
    expect(program.output()).not.toContain(secret);
  });

  it("names an unknown user", async () => {
    const { code, stdout, stderr } = await runProgram(["user", "reset-link", "unknown"], { DATA_DIR: dataDir });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("There is no user “unknown”.");
  });
});

it("the sign-in page says how to get a reset link", async () => {
  expect(await (await fetch(`${url}/login`)).text()).toContain("Forgot your password? Ask the administrator");
});
