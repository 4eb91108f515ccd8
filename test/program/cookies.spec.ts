import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { newCredentials, send, signUp } from "../support/client.ts";
import { startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

const [program, proxied] = await Promise.all([startProgram(), startProgram({ TRUST_PROXY: "1" })]);
afterAll(() => Promise.all([program, proxied].map((each) => each[Symbol.asyncDispose]())));
const [person, behindProxy] = await Promise.all([signUp(program.url), signUp(proxied.url)]);

type Headers = Record<string, string>;
const HTTPS = { "x-forwarded-proto": "https" };

function signIn(url: string, { username, password }: typeof person, headers: Headers = {}) {
  return send(url, "/login", { method: "POST", body: new URLSearchParams({ username, password }), headers });
}

/** Returns the name, value and lower-case attributes of a Set-Cookie header. */
function cookieOf(answer: Response) {
  const [pair = "", ...attributes] = (answer.headers.get("set-cookie") ?? "").split(/; */);
  const [name = "", value = ""] = pair.split("=");
  return { name, value, pair, attributes: attributes.map((attribute) => attribute.toLowerCase()) };
}

const cookie = cookieOf(await signIn(program.url, person));
const secureCookie = cookieOf(await signIn(proxied.url, behindProxy, HTTPS));
const statusWith = async (url: string, headers: Headers) => (await send(url, "/api/me", { headers })).status;

describe("session cookie", () => {
  it("is HttpOnly and SameSite over HTTP", async () => {
    expect(cookie.attributes).toEqual(expect.arrayContaining(["httponly", "samesite=lax", "path=/"]));
    expect(cookie.attributes).not.toContain("secure");
    expect(cookie.name).not.toStartWith("__");
    expect(await statusWith(program.url, { cookie: cookie.pair })).toBe(200);
  });

  it("is also Secure and has the __Host- prefix over HTTPS", async () => {
    expect(secureCookie.name).toStartWith("__Host-");
    expect(secureCookie.attributes).toEqual(expect.arrayContaining(["secure", "httponly", "samesite=lax", "path=/"]));
    expect(secureCookie.attributes.filter((attribute) => attribute.startsWith("domain"))).toEqual([]);
    expect(await statusWith(proxied.url, { cookie: secureCookie.pair, ...HTTPS })).toBe(200);
  });

  it("is rejected over HTTPS without its prefix, as another host could have set it", async () => {
    const planted = `${cookie.name}=${secureCookie.value}`;
    expect(await statusWith(proxied.url, { cookie: planted, ...HTTPS })).toBe(401);
  });

  it("is cleared and revoked by signing out", async () => {
    const own = cookieOf(await signIn(proxied.url, behindProxy, HTTPS));
    const out = await send(proxied.url, "/logout", { method: "POST", headers: { cookie: own.pair, ...HTTPS } });
    const cleared = cookieOf(out);
    expect(cleared).toMatchObject({ name: own.name, value: "" });
    expect(cleared.attributes).toEqual(expect.arrayContaining(["max-age=0", "path=/", "secure"]));
    expect(await statusWith(proxied.url, { cookie: own.pair, ...HTTPS })).toBe(401);
  });

  it("is ignored if the request has an Authorization header, even an invalid one", async () => {
    for (const authorization of ["Bearer nonsense", "Bearer ", "Basic YTpi", ""])
      expect(await statusWith(program.url, { cookie: cookie.pair, authorization })).toBe(401);
  });
});

describe("forwarded header", () => {
  it("is ignored without a trusted proxy", async () => {
    const claimed = cookieOf(await signIn(program.url, person, HTTPS));
    expect(claimed.name).toBe(cookie.name);
    expect(claimed.attributes).not.toContain("secure");
    const foreign = { origin: "https://evil.example", "x-forwarded-host": "evil.example", ...HTTPS };
    expect((await signIn(program.url, person, foreign)).status).toBe(403);
  });

  it("is trusted only in the part that the trusted proxy wrote", async () => {
    const answer = await signIn(proxied.url, behindProxy, { "x-forwarded-proto": "https, http" });
    expect(cookieOf(answer).name).not.toStartWith("__Host-");
    const foreign = { origin: "https://evil.example", "x-forwarded-host": "evil.example, tasks.example" };
    expect((await signIn(proxied.url, behindProxy, foreign)).status).toBe(403);
  });

  it("sets the site's host name behind a proxy", async () => {
    const own = { origin: "https://tasks.example", "x-forwarded-host": "tasks.example", ...HTTPS };
    expect((await signIn(proxied.url, behindProxy, own)).status).toBe(303);
  });
});

const FOREIGN: [string, Headers][] = [
  ["another site", { "sec-fetch-site": "cross-site" }],
  ["a sibling site", { "sec-fetch-site": "same-site" }],
  ["another site that claims this origin", { "sec-fetch-site": "cross-site", origin: program.url }],
  ["another origin", { origin: "https://evil.example" }],
  ["a page without an origin", { origin: "null" }],
  ["a host that begins like this one", { origin: program.url.replace("localhost", "localhost.evil.example") }],
  ["another port", { origin: "http://localhost:1" }],
];

describe.each(FOREIGN)("POST from %s", (_, headers) => {
  it("is rejected with a cookie, and changes nothing", async () => {
    const cookied = { ...headers, cookie: cookie.pair };
    const title = `From elsewhere ${crypto.randomUUID()}`;
    const form = new URLSearchParams({ title });
    expect((await send(program.url, "/tasks", { method: "POST", body: form, headers: cookied })).status).toBe(403);
    expect((await send(program.url, "/api/tasks", { json: { title }, headers: cookied })).status).toBe(403);
    expect((await send(program.url, "/logout", { method: "POST", headers: cookied })).status).toBe(403);
    for (const method of ["PUT", "PATCH", "DELETE"])
      expect((await send(program.url, "/api/tasks/1", { method, headers: cookied })).status).toBe(403);
    const found = await person.send(`/api/tasks?q=${encodeURIComponent(title)}`);
    expect(await found.json()).toMatchObject({ items: [] });
    expect(await statusWith(program.url, { cookie: cookie.pair })).toBe(200);
  });

  it("can't sign in or sign up", async () => {
    const { username, password } = person;
    for (const path of ["/login", "/api/login", "/register", "/api/register"]) {
      const body = new URLSearchParams({ username, password });
      const answer = await send(program.url, path, { method: "POST", body, headers });
      expect(answer.status).toBe(403);
      expect(answer.headers.has("set-cookie")).toBe(false);
    }
  });

  it("is accepted with a bearer token, which browsers don't send on their own", async () => {
    const answer = await person.send("/api/tasks", { json: { title: "By a program" }, headers });
    expect(answer.status).toBe(201);
  });
});

describe("POST through a proxy that replaces Host", () => {
  const ORIGIN = "http://tasks.example:8080";
  const post = (url: string, path: string, headers: Headers = {}) =>
    send(url, path, { method: "POST", body: new URLSearchParams({ ...newCredentials() }), headers });

  it("is rejected with a page, a problem and a log line that say what to change", async () => {
    const fix = "the proxy must pass the Host header (nginx: proxy_set_header Host $http_host), or set BASE_URL";
    const id = crypto.randomUUID();
    const problem = await post(program.url, "/api/register", { origin: ORIGIN, "x-request-id": id });
    expect(problem.status).toBe(403);
    expect(await problem.json()).toMatchObject({ detail: expect.stringContaining(fix) });
    const [line] = await program.waitFor(new RegExp(`.*rejected.*${id}.*`));
    for (const part of [fix, ORIGIN, new URL(program.url).host]) expect(line).toContain(part);
    const page = await post(program.url, "/register", { origin: ORIGIN });
    expect(page.status).toBe(403);
    expect(await page.text()).toContain(fix);
  });

  it("is accepted from the origin of BASE_URL", async () => {
    await using configured = await startProgram({ BASE_URL: ORIGIN });
    expect((await post(configured.url, "/register", { origin: ORIGIN })).status).toBe(303);
    expect((await post(configured.url, "/register", { origin: configured.url })).status).toBe(303);
    for (const origin of ["http://tasks.example", "https://tasks.example:8080", "http://other.example:8080"])
      expect((await post(configured.url, "/register", { origin })).status).toBe(403);
  });

  it("sets Secure cookies if BASE_URL is https", async () => {
    await using configured = await startProgram({ BASE_URL: "https://tasks.example" });
    const { name, attributes } = cookieOf(await post(configured.url, "/register"));
    expect(name).toBe("__Host-taskflow");
    expect(attributes).toContain("secure");
  });
});

describe("POST from the same site", () => {
  it.each([
    ["with Sec-Fetch-Site: same-origin", { "sec-fetch-site": "same-origin" }],
    ["with Sec-Fetch-Site: none", { "sec-fetch-site": "none" }],
    ["with its Origin", { origin: program.url }],
    ["without either header", {}],
  ] as [string, Headers][])("is accepted %s", async (_, headers) => {
    const form = { method: "POST", body: new URLSearchParams({ title: "By hand" }) };
    expect((await send(program.url, "/tasks", { ...form, headers: { ...headers, cookie: cookie.pair } })).status).toBe(
      303,
    );
  });

  it("is not required to follow a link from another site", async () => {
    const headers = { cookie: cookie.pair, "sec-fetch-site": "cross-site" };
    expect((await send(program.url, "/tasks", { headers })).status).toBe(200);
  });
});

describe("two instances on one host", () => {
  it("have different cookies, so that neither signs the other out", async () => {
    await using other = await startProgram();
    const second = cookieOf(await signIn(other.url, await signUp(other.url)));
    expect(second.name).not.toBe(cookie.name);
    const both = `${cookie.pair}; ${second.pair}`;
    expect(await statusWith(program.url, { cookie: both })).toBe(200);
    expect(await statusWith(other.url, { cookie: both })).toBe(200);
  });
});
