import { describe, expect, it } from "bun:test";
import { createHmac } from "node:crypto";
import { newCredentials, send, signIn, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";

const url = await contractUrl();
const ada = await signUp(url);

interface Problem {
  detail: string;
  errors: { path: string; rule: string; message: string }[];
}
/** Characters that would let two emails look the same. */
const INVISIBLE = ["\u0007", "\u00ad", "\u034f", "\u200b", "\u202e", "\u2060", "\u2800", "\ufe0f"];

const register = (json: object) => send(url, "/api/register", { json });
const login = (username: string, password: string) => send(url, "/api/login", { json: { username, password } });
const withToken = (token: string) => send(url, "/api/me", { headers: { authorization: `Bearer ${token}` } });

describe("registration", () => {
  it("creates an account and returns it without the password", async () => {
    const person = newCredentials();
    const response = await register(person);
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      username: person.username,
      email: person.email,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      timeZone: null,
      ...{ dateFormat: "dayMonth", timeFormat: "24h", firstDayOfWeek: "monday", startPage: "list" },
    });
  });

  it("rejects a taken username or email, ignoring case and surrounding spaces", async () => {
    const response = await register({
      username: ` ${ada.username.toUpperCase()} `,
      email: `\t${ada.email.toUpperCase()}`,
      password: ada.password,
    });
    expect(response.status).toBe(409);
    const { errors } = (await response.json()) as Problem;
    expect(errors.map(({ path, rule }) => [path, rule])).toEqual([
      ["/username", "unique"],
      ["/email", "unique"],
    ]);
  });

  it("creates one account for two concurrent requests with the same username", async () => {
    const person = newCredentials();
    const answers = await Promise.all([register(person), register(person)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it.each([
    ["/username", "pattern", { username: "a b" }],
    ["/username", "pattern", { username: "ada@home" }],
    ["/username", "pattern", { username: "<b>ada</b>" }],
    ["/username", "required", { username: "  " }],
    ["/username", "minLength", { username: "a" }],
    ["/username", "maxLength", { username: "a".repeat(65) }],
    ["/username", "type", { username: null }],
    ...INVISIBLE.map((character) => ["/username", "pattern", { username: `a${character}da` }] as const),
    ["/email", "pattern", { email: "ada" }],
    ["/email", "pattern", { email: "a" }],
    ["/email", "pattern", { email: "ada@example" }],
    ["/email", "pattern", { email: "a b@example.org" }],
    ["/email", "pattern", { email: "ada@@example.org" }],
    ...INVISIBLE.map((character) => ["/email", "pattern", { email: `a${character}da@example.org` }] as const),
    ["/email", "maxLength", { email: `${"a".repeat(250)}@example.org` }],
    ["/password", "minLength", { password: "ninechars" }],
    ["/password", "maxLength", { password: "é".repeat(257) }],
    ["/password", "characters", { password: "with a NUL \0 in it" }],
    ["/password", "characters", { password: "half of one \ud83d here" }],
    ["/password", "common", { password: "password123" }],
    ["/password", "common", { password: "QwertyUiop" }],
    ["/password", "common", { password: "aaaaaaaaaaaaaaa" }],
    ["/role", "unknown", { role: "admin" }],
  ])("rejects an invalid field: %s, %s, %j", async (path, rule, wrong) => {
    const response = await register({ ...newCredentials(), ...wrong });
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as Problem;
    expect(errors).toEqual([{ path, rule, message: expect.any(String) }]);
  });

  it("rejects a password that equals the username or email", async () => {
    const person = newCredentials();
    for (const password of [person.username.toUpperCase(), person.email]) {
      expect((await register({ ...person, password })).status).toBe(422);
    }
  });
});

describe("password", () => {
  it("may contain any Unicode and is compared in normalized form", async () => {
    const person = { ...newCredentials(), password: "Crème brûlée 🍮 ﬁnale" };
    await signUp(url, person);
    expect((await login(person.username, person.password.normalize("NFD"))).status).toBe(200);
    expect((await login(person.username, "Creme brulee 🍮 finale")).status).toBe(401);
  });

  it("is compared in full, beyond the 72 bytes that bcrypt reads", async () => {
    const person = { ...newCredentials(), password: `${"long ".repeat(50)}A` };
    await signUp(url, person);
    expect((await login(person.username, `${"long ".repeat(50)}B`)).status).toBe(401);
    expect((await login(person.username, person.password)).status).toBe(200);
  });

  it("may have 256 characters of four bytes and keeps surrounding spaces", async () => {
    const person = { ...newCredentials(), password: ` ${"🔑🗝".repeat(127)} ` };
    expect([...person.password].length).toBe(256);
    await signUp(url, person);
    expect((await login(person.username, person.password.trim())).status).toBe(401);
  });
});

describe("sign-in", () => {
  it("accepts the username or email in any case, as JSON or as a form", async () => {
    const json = await login(` ${ada.email.toUpperCase()} `, ada.password);
    expect(json.status).toBe(200);
    expect(await json.json()).toEqual({
      accessToken: expect.any(String),
      tokenType: "Bearer",
      expiresIn: expect.any(Number),
    });
    const form = await fetch(`${url}/api/login`, {
      method: "POST",
      body: new URLSearchParams({ username: ada.username.toUpperCase(), password: ada.password }),
    });
    expect(form.status).toBe(200);
  });

  it("returns the same response for a wrong password and an unknown user", async () => {
    const [wrong, unknown] = await Promise.all([
      login(ada.username, "not the phrase"),
      login("unknown-user", "not the phrase"),
    ]);
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    const [wrongBody, unknownBody] = await Promise.all([wrong.json(), unknown.json()]);
    expect({ ...(wrongBody as object), requestId: "" }).toEqual({ ...(unknownBody as object), requestId: "" });
  });

  it("names a missing field", async () => {
    const response = await send(url, "/api/login", { json: { username: ada.username } });
    expect(response.status).toBe(422);
    expect(((await response.json()) as Problem).errors).toMatchObject([{ path: "/password", rule: "required" }]);
  });
});

describe("time zone", () => {
  const change = (json: unknown, client = ada) => client.send("/api/me", { method: "PATCH", json });

  it("is an IANA name, or null to match the browser", async () => {
    const person = await signUp(url);
    for (const [timeZone, stored] of [
      ["Pacific/Auckland", "Pacific/Auckland"],
      ["america/los_angeles", "America/Los_Angeles"],
      [null, null],
    ]) {
      const changed = await change({ timeZone }, person);
      expect([changed.status, await changed.json()]).toEqual([200, expect.objectContaining({ timeZone: stored })]);
      expect(await (await person.send("/api/me")).json()).toMatchObject({ timeZone: stored });
    }
  });

  it("stays as it is if it is left out", async () => {
    const person = await signUp(url);
    await change({ timeZone: "Asia/Kolkata" }, person);
    expect(await (await change({}, person)).json()).toMatchObject({ timeZone: "Asia/Kolkata" });
  });

  it.each(["Nowhere/City", "+02:00", "", "Europe/Berlin\0", "../zone", 5, {}])("is rejected: %j", async (timeZone) => {
    const response = await change({ timeZone });
    expect(response.status).toBe(422);
    expect(((await response.json()) as Problem).errors).toEqual([
      {
        path: "/timeZone",
        rule: "timeZone",
        message: "Time zone must be the name of an IANA time zone, such as Europe/Berlin.",
      },
    ]);
  });
});

describe("access token", () => {
  const decode = (part = "") => JSON.parse(Buffer.from(part, "base64url").toString());
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

  it("contains the issuer, the account, an ID, and the times of issue and expiry", async () => {
    const [header, payload] = ada.token.split(".");
    expect(decode(header)).toEqual({ alg: "HS256", typ: "JWT" });
    const me = (await (await ada.send("/api/me")).json()) as { id: string };
    const claims = decode(payload);
    expect(claims).toEqual({
      iss: "taskflow",
      sub: me.id,
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
    expect(claims.exp).toBeGreaterThan(claims.iat);
  });

  it("is rejected after any modification", async () => {
    const [header = "", payload = "", signature = ""] = ada.token.split(".");
    const claims = decode(payload);
    const sign = (head: object, body: object, hash: string, secret: string) => {
      const text = `${encode(head)}.${encode(body)}`;
      return `${text}.${createHmac(hash, secret).update(text).digest("base64url")}`;
    };
    const forgeries = {
      "no signature": `${header}.${payload}.`,
      "algorithm none": `${encode({ alg: "none", typ: "JWT" })}.${payload}.`,
      "another user": `${header}.${encode({ ...claims, sub: crypto.randomUUID() })}.${signature}`,
      "a later expiry": `${header}.${encode({ ...claims, exp: claims.exp + 9999 })}.${signature}`,
      "HS512 named": `${encode({ alg: "HS512", typ: "JWT" })}.${payload}.${signature}`,
      "an empty secret": sign({ alg: "HS256" }, claims, "sha256", ""),
      "a guessed secret": sign({ alg: "HS256" }, claims, "sha256", "secret"),
      nonsense: "a.b.c",
      nothing: "",
    };
    for (const token of Object.values(forgeries)) expect((await withToken(token)).status).toBe(401);
    expect((await withToken(ada.token)).status).toBe(200);
  });

  it("is rejected under another authentication scheme", async () => {
    const response = await send(url, "/api/me", { headers: { authorization: `Basic ${ada.token}` } });
    expect(response.status).toBe(401);
  });

  it("is revoked by signing out, which does not affect other sessions", async () => {
    const other = await signIn(url, ada);
    const out = await send(url, "/api/logout", { method: "POST", headers: { authorization: `Bearer ${other}` } });
    expect(out.status).toBe(204);
    expect((await withToken(other)).status).toBe(401);
    expect((await withToken(ada.token)).status).toBe(200);
  });
});

describe("sessions", () => {
  interface Entry {
    id: string;
    device: string;
    current: boolean;
  }

  /** Returns the session of a token, with its id. */
  async function sessionOf(token: string) {
    const headers = { authorization: `Bearer ${token}` };
    const { items } = (await (await send(url, "/api/sessions", { headers })).json()) as { items: Entry[] };
    return { headers, items, id: items.find(({ current }) => current)?.id ?? "" };
  }

  it("are listed, and end one by one or all but the current one", async () => {
    const bob = await signUp(url);
    const tokens = [await signIn(url, bob), await signIn(url, bob)];
    const [current, second] = [await sessionOf(bob.token), await sessionOf(tokens[0] ?? "")];
    expect(current.items.map((entry) => entry.current)).toEqual([true, false, false]);
    expect(new Set(current.items.map(({ device }) => device))).toEqual(new Set(["Bun"]));

    const end = (path: string) => bob.send(path, { method: "DELETE" });
    expect((await end(`/api/sessions/${second.id}`)).status).toBe(204);
    expect((await withToken(tokens[0] ?? "")).status).toBe(401);
    expect((await end(`/api/sessions/${second.id}`)).status).toBe(404);
    expect((await end("/api/sessions/nothing")).status).toBe(404);
    expect((await withToken(tokens[1] ?? "")).status).toBe(200);
    expect((await end("/api/sessions")).status).toBe(204);
    expect((await withToken(tokens[1] ?? "")).status).toBe(401);
    expect((await withToken(bob.token)).status).toBe(200);
  });

  it("of other accounts are neither listed nor ended", async () => {
    const [bob, other] = await Promise.all([signUp(url), signUp(url)]);
    const { id } = await sessionOf(other.token);
    expect((await sessionOf(bob.token)).items).toHaveLength(1);
    expect((await bob.send(`/api/sessions/${id}`, { method: "DELETE" })).status).toBe(404);
    await bob.send("/api/sessions", { method: "DELETE" });
    expect((await withToken(other.token)).status).toBe(200);
  });

  it("end when the password is changed, except for the current one", async () => {
    const bob = await signUp(url);
    const second = await signIn(url, bob);
    const change = (currentPassword: string, newPassword: string) =>
      bob.send("/api/password", { json: { currentPassword, newPassword } });
    const wrong = await change("not the phrase", "another long phrase");
    expect(wrong.status).toBe(422);
    expect(((await wrong.json()) as Problem).errors).toMatchObject([{ path: "/currentPassword", rule: "wrong" }]);
    expect((await change(bob.password, "short")).status).toBe(422);
    expect((await withToken(second)).status).toBe(200);
    expect((await change(bob.password, "another long phrase")).status).toBe(204);
    expect((await withToken(second)).status).toBe(401);
    expect((await withToken(bob.token)).status).toBe(200);
    expect((await login(bob.username, bob.password)).status).toBe(401);
    expect((await login(bob.username, "another long phrase")).status).toBe(200);
  });
});
