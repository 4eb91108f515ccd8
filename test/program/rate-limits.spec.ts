import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { type Client, newCredentials, send, signUp } from "../support/client.ts";
import { follow } from "../support/events.ts";
import { type Program, query, startProgram, tamper } from "../support/program.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(180_000);

const LIMITS = { TRUST_PROXY: "1", SIGN_UPS_PER_HOUR: "3", STREAMS_PER_ADDRESS: "2" };
const program = await startProgram(LIMITS);
/** A second process with the same data, like a replica or a worker. */
const other = await startProgram({ ...LIMITS, DATA_DIR: program.dataDir });
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

let count = 0;
/** Returns an address that no other spec uses. */
const newAddress = () => `203.0.113.${++count}`;

interface Attempt {
  username: string;
  password?: string;
  from: string;
  at?: Program;
}

/** Signs in as from an address, with a wrong password unless one is given. */
function signIn({ username, password = "not the phrase", from, at = program }: Attempt) {
  return send(at.url, "/api/login", { json: { username, password }, headers: { "x-forwarded-for": from } });
}

const statuses = (responses: readonly Response[]) => responses.map(({ status }) => status);

/** Makes attempts one after the other. @returns their statuses */
async function repeat(times: number, attempt: Attempt) {
  const responses: Response[] = [];
  for (let number = 0; number < times; number++) responses.push(await signIn(attempt));
  return statuses(responses);
}

/** Signs up from an address of its own. */
const member = ({ url } = program) => register(url, newAddress());

async function register(url: string, from: string) {
  const person = newCredentials();
  const response = await send(url, "/api/register", { json: person, headers: { "x-forwarded-for": from } });
  return { ...person, response };
}

const TEN_WRONG = Array(10).fill(401);

/** Lets time pass for all limits of a program. */
const wait = ({ dataDir }: Program, seconds: number) =>
  tamper(dataDir, {
    sqlite: `update rate_limits set last_at = last_at - ${seconds}000, expires_at = expires_at - ${seconds}000`,
    postgres: `update rate_limits set last_at = last_at - interval '${seconds} seconds', expires_at = expires_at - interval '${seconds} seconds'`,
  });

describe("wrong passwords", () => {
  it("are delayed after ten, twice as long each time, up to 15 minutes", async () => {
    await using alone = await startProgram(LIMITS);
    const attempt = { username: (await member(alone)).username, from: newAddress(), at: alone };
    expect(await repeat(10, attempt)).toEqual(TEN_WRONG);
    for (const delay of [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]) {
      const limited = await signIn(attempt);
      expect(limited.status).toBe(429);
      expect(Number(limited.headers.get("retry-after"))).toBeWithin(delay - 4, delay + 1);
      expect(limited.headers.get("content-type")).toStartWith("application/problem+json");
      expect(await limited.json()).toMatchObject({ title: "Too many requests", status: 429 });
      await wait(alone, delay);
      expect((await signIn(attempt)).status).toBe(401);
    }
  });

  it("are counted together by all processes, and one by one when they arrive at the same time", async () => {
    const attempt = { username: (await member()).username, from: newAddress() };
    const responses = await Promise.all(
      Array.from({ length: 30 }, (_, number) => signIn({ ...attempt, at: number % 2 ? program : other })),
    );
    // The first delay may pass on a busy machine.
    expect(statuses(responses).filter((status) => status === 401).length).toBeWithin(10, 13);
  });

  it("do not lock the owner out at another address, nor others at the same address", async () => {
    const [ada, bob] = await Promise.all([member(), member()]);
    const from = newAddress();
    await repeat(10, { username: ada.username, from });
    expect((await signIn({ ...ada, from })).status).toBe(429);
    expect((await signIn({ ...ada, from: newAddress() })).status).toBe(200);
    expect((await signIn({ ...bob, from })).status).toBe(200);
  });

  it("do not lock the owner out in a browser that the account has used before", async () => {
    const ada = await member();
    const from = newAddress();
    const inBrowser = (password: string, cookie = "") =>
      send(program.url, "/login", {
        method: "POST",
        body: new URLSearchParams({ username: ada.username, password }),
        headers: { "x-forwarded-for": from, cookie },
      });
    const cookies = (await inBrowser(ada.password)).headers.getSetCookie();
    const device = cookies
      .map((cookie) => cookie.split(";")[0] ?? "")
      .find((cookie) => /^taskflow-device/.test(cookie));
    await repeat(10, { username: ada.username, from });
    expect((await inBrowser(ada.password)).status).toBe(429);
    expect((await inBrowser(ada.password, device)).status).toBe(303);
    // The browser has a limit of its own, and its cookie helps with no other account.
    for (let number = 0; number < 10; number++) expect((await inBrowser("not the phrase", device)).status).toBe(401);
    expect((await inBrowser(ada.password, device)).status).toBe(429);
  });

  it("are forgotten after the right password", async () => {
    const ada = await member();
    const attempt = { username: ada.username, from: newAddress() };
    for (let round = 0; round < 3; round++) {
      expect(await repeat(9, attempt)).toEqual(TEN_WRONG.slice(1));
      expect((await signIn({ ...attempt, password: ada.password })).status).toBe(200);
    }
  });

  it("alone count for an address, not right ones", async () => {
    const ada = await member();
    expect(new Set(await repeat(60, { ...ada, from: newAddress() }))).toEqual(new Set([200]));
  });

  it("are not counted for right ones that arrive at the same time", async () => {
    const from = newAddress();
    const people = await Promise.all(Array.from({ length: 30 }, () => member()));
    for (let round = 0; round < 5; round++) {
      const all = people.map(({ username, password }, index) =>
        signIn({ username, password, from, at: index % 2 ? program : other }),
      );
      expect(new Set(statuses(await Promise.all(all)))).toEqual(new Set([200]));
    }
  });

  it.each([
    ["address", "198.51.100.1", "198.51.100.1", "198.51.100.2"],
    ["IPv6 network", "2001:db8:1:1::1", "2001:db8:1:1:2:3:4:5", "2001:db8:1:2::1"],
  ])("are limited for each %s, whatever the account", async (_, one, same, another) => {
    const [last, ...members] = await Promise.all(Array.from({ length: 8 }, () => member()));
    const username = last?.username ?? "";
    const wrong = await Promise.all(members.map(({ username }) => repeat(9, { username, from: one })));
    expect(wrong.flat().filter((status) => status === 401)).toHaveLength(50);
    expect((await signIn({ username, from: same })).status).toBe(429);
    expect((await signIn({ username, from: another })).status).toBe(401);
  });

  it("leave no name or password in the database, and their rows are deleted at the next start", async () => {
    await using alone = await startProgram(LIMITS);
    await signIn({ username: "typed-by-mistake", from: "192.0.2.9", at: alone });
    const rows = await query(alone.dataDir, "select * from rate_limits");
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toMatch(/typed-by-mistake|192\.0\.2\.9/);
    await wait(alone, 24 * 3600);
    await using _again = await startProgram({ DATA_DIR: alone.dataDir });
    await waitUntil(async () => (await query(alone.dataDir, "select 1 from rate_limits")).length === 0);
  });

  it("show the delay on the page, which keeps the username", async () => {
    const ada = await member();
    const from = newAddress();
    await repeat(10, { username: ada.username, from });
    const page = await send(program.url, "/login", {
      method: "POST",
      body: new URLSearchParams({ username: ada.username, password: ada.password }),
      headers: { "x-forwarded-for": from },
    });
    expect([page.status, page.headers.get("retry-after")]).toEqual([429, expect.stringMatching(/^[1-5]$/)]);
    const html = await page.text();
    expect(html).toMatch(/Too many wrong passwords\. Try again in \d seconds?\./);
    expect(html).toContain(`value="${ada.username}"`);
  });

  it("are delayed for the current password, too, in the session that sends them", async () => {
    const ada = await member();
    const from = newAddress();
    const change = async (token: string, currentPassword: string) => {
      const headers = { authorization: `Bearer ${token}`, "x-forwarded-for": from };
      const json = { currentPassword, newPassword: "another long phrase" };
      return (await send(program.url, "/api/password", { json, headers })).status;
    };
    const [one, two] = await Promise.all(
      [1, 2].map(async () => (await (await signIn({ ...ada, from })).json()) as { accessToken: string }),
    );
    for (let number = 0; number < 10; number++) expect(await change(one?.accessToken ?? "", "wrong")).toBe(422);
    expect(await change(one?.accessToken ?? "", ada.password)).toBe(429);
    expect(await change(two?.accessToken ?? "", ada.password)).toBe(204);
  });
});

describe("sign-ups", () => {
  it("are limited for each address, over all processes, until an hour has passed", async () => {
    await using one = await startProgram(LIMITS);
    await using two = await startProgram({ ...LIMITS, DATA_DIR: one.dataDir });
    const from = newAddress();
    const responses: Response[] = [];
    for (const { url } of [one, two, one, two]) responses.push((await register(url, from)).response);
    expect(statuses(responses)).toEqual([201, 201, 201, 429]);
    expect(Number(responses.at(-1)?.headers.get("retry-after"))).toBeWithin(3590, 3601);
    expect((await register(one.url, newAddress())).response.status).toBe(201);
    await wait(one, 3600);
    expect((await register(one.url, from)).response.status).toBe(201);
  });

  it("count names that are taken, and show the limit on the page, which keeps the fields", async () => {
    const ada = await member();
    const from = newAddress();
    const submit = () =>
      send(program.url, "/register", {
        method: "POST",
        body: new URLSearchParams({ username: ada.username, email: ada.email, password: ada.password }),
        headers: { "x-forwarded-for": from },
      });
    expect(statuses([await submit(), await submit(), await submit()])).toEqual([409, 409, 409]);
    const page = await submit();
    expect([page.status, page.headers.get("retry-after")]).toEqual([429, expect.stringMatching(/^3\d\d\d$/)]);
    expect(await page.text()).toMatch(/Too many sign-ups from your network\. Try again in \d\d minutes\./);
  });
});

describe("live streams", () => {
  it("are limited for each address, whatever the account", async () => {
    const from = newAddress();
    const [ada, bob] = await Promise.all([streamer(from), streamer(from)]);
    await using one = await follow(ada);
    await using _two = await follow(bob);
    const refused = await ada.send("/api/events");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"]);
    await one[Symbol.asyncDispose]();
    // The server notices when the connection closes, which takes a moment.
    const again = new AbortController();
    await waitUntil(async () => (await ada.send("/api/events", { signal: again.signal })).ok);
    again.abort();
    await using _elsewhere = await follow(await streamer(newAddress(), ada));
  });

  /** Returns a client whose streams come from an address. */
  async function streamer(from: string, client?: Client): Promise<Client> {
    await using signer = client ? undefined : await startProgram({ DATA_DIR: program.dataDir });
    const person = client ?? (await signUp(signer?.url ?? ""));
    return {
      ...person,
      send: (path, options = {}) =>
        send(program.url, path, {
          ...options,
          headers: {
            authorization: `Bearer ${person.token}`,
            "x-forwarded-for": from,
            ...(options.headers as Record<string, string>),
          },
        }),
    };
  }
});

it("without TRUST_PROXY, limits ignore X-Forwarded-For, and the log says so once", async () => {
  await using alone = await startProgram();
  const { username } = await member(alone);
  const responses: Response[] = [];
  for (let number = 0; number < 11; number++) responses.push(await signIn({ username, from: newAddress(), at: alone }));
  expect(statuses(responses)).toEqual([...TEN_WRONG, 429]);
  expect(alone.output().match(/ignored X-Forwarded-For.*TRUST_PROXY/g)).toHaveLength(1);
});
