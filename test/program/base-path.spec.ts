import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { newCredentials, send, signIn } from "../support/client.ts";
import { ROOT, runProgram, startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

const PATH = "/apps/todo";
const program = await startProgram({ BASE_URL: `http://tasks.example${PATH}`, LOG_LEVEL: "error" });
afterAll(() => program[Symbol.asyncDispose]());
const { origin } = new URL(program.url);

/** Sends a request with the path, and one without it, as behind a proxy that removes it. @returns both responses */
const both = (path: string, options: RequestInit = {}) =>
  Promise.all([PATH + path, path].map((each) => send(origin, each, options)));

async function signUp(url: string) {
  const body = new URLSearchParams({ ...newCredentials() });
  const registered = await send(url, "/register", { method: "POST", body });
  const [cookie = "", ...attributes] = (registered.headers.getSetCookie()[0] ?? "").split("; ");
  return { cookie, attributes, location: registered.headers.get("location") };
}
const { cookie, attributes, location } = await signUp(program.url);
const headers = { cookie };
const titles = ["Open", "Done", "Gone"];
const tasks = titles.map(async (title) => {
  const created = await send(program.url, "/api/tasks", { json: { title }, headers });
  return { ...((await created.json()) as { id: string }), location: created.headers.get("location") };
});
const [open, done, gone] = await Promise.all(tasks);
const html = { ...headers, "hx-request": "true" };
const post = (path: string, fields: Record<string, string> = {}) =>
  send(program.url, path, { method: "POST", body: new URLSearchParams(fields), headers });
await post(`/tasks/${done?.id}/completion`, { completed: "true" });
await post(`/tasks/${gone?.id}/deletion`);

/** Returns the addresses from the root of the host in a response: in headers, and in attributes but a form's values. */
async function addressesIn(response: Response): Promise<string[]> {
  const headers = ["location", "hx-redirect", "hx-push-url", "hx-replace-url", "link"];
  const inHeaders = headers.map((name) => response.headers.get(name) ?? "").filter((value) => /^<?\//.test(value));
  if (!response.headers.get("content-type")?.startsWith("text/html")) return inHeaders;
  const page = await response.text();
  const inAttributes = [...page.matchAll(/\s([\w-]+)="(\/[^"]*)"/g)].filter(([, name]) => name !== "value");
  const inJson = page.matchAll(/(&#34;|&quot;)(\/\w[^&"]*)/g);
  return [...inHeaders, ...[...inAttributes, ...inJson].map(([, , address = ""]) => address)];
}

/** Returns the addresses of a response that are outside of the path. */
const escaping = (found: string[]) => found.filter((address) => !`${address}/`.startsWith(`${PATH}/`));

describe("below a path", () => {
  it("prints the path at the start", () => {
    expect(program.url).toBe(`${origin}${PATH}`);
    expect(program.url).toStartWith("http://localhost:");
  });

  it("sets cookies for the path, and redirects below it", () => {
    expect(attributes).toContain(`Path=${PATH}`);
    expect(location).toBe(`${PATH}/tasks`);
    expect(open?.location).toBe(`${PATH}/api/tasks/${open?.id}`);
  });

  it("contains no address outside of the path on any page or in any fragment", async () => {
    const seen = new Set<string>();
    const next = ["/", "/login", "/register", "/reset-password", "/nowhere", "/tasks"].map((path) => PATH + path);
    const wrong: string[] = [];
    for (let address = next.pop(); address; address = next.pop()) {
      if (seen.has(address)) continue;
      seen.add(address);
      for (const each of [headers, html, {}]) {
        const found = await addressesIn(await send(origin, address.replaceAll("&amp;", "&"), { headers: each }));
        wrong.push(...escaping(found).map((link) => `${address}: ${link}`));
        next.push(...found.map((link) => link.replace(/#.*/, "")));
      }
    }
    expect(wrong).toEqual([]);
    expect([...seen]).toContain(`${PATH}/tasks/${open?.id}`);
    expect([...seen]).toContain(`${PATH}/docs/json`);
    expect(seen.size).toBeGreaterThan(25);
  });

  it("contains no address outside of the path in the response to any action", async () => {
    const { cookie } = await signUp(program.url);
    const created = await send(program.url, "/api/tasks", { json: { title: "Changed" }, headers: { cookie } });
    const { id } = (await created.json()) as { id: string };
    const actions: [string, Record<string, string>][] = [
      ["/tasks", { title: "Added" }],
      [`/tasks/${id}`, { title: "Edited" }],
      [`/tasks/${id}`, { title: "" }],
      [`/tasks/${id}/completion`, { completed: "true" }],
      ["/tasks/bulk", { action: "reopen", ids: id }],
      [`/tasks/${id}/deletion`, {}],
      [`/trash/${id}/restoration`, {}],
      ["/account/theme", { theme: "dark" }],
      ["/account/password", { currentPassword: "wrong", newPassword: "wrong" }],
      ["/account/sessions/end-others", {}],
      ["/reset-password", { token: "wrong", password: "a long enough phrase" }],
      ["/login", { username: "nobody", password: "wrong" }],
      ["/logout", {}],
      ["/tasks", { title: "Signed out" }],
    ];
    for (const [path, fields] of actions)
      for (const mode of [undefined, { "hx-request": "true", "hx-current-url": `${program.url}/tasks` }]) {
        const body = new URLSearchParams(fields);
        const response = await send(program.url, path, { method: "POST", body, headers: { cookie, ...mode } });
        expect([path, response.status, escaping(await addressesIn(response))]).toEqual([path, response.status, []]);
      }
  });

  it("is part of a reset link, and keeps the address of the client", async () => {
    const person = newCredentials();
    await send(program.url, "/api/register", { json: person });
    const accessToken = await signIn(program.url, person);
    const list = await send(program.url, "/api/sessions", { headers: { authorization: `Bearer ${accessToken}` } });
    const { items } = (await list.json()) as { items: { address: string }[] };
    expect(new Set(items.map(({ address }) => address)).isSubsetOf(new Set(["127.0.0.1", "::1"]))).toBe(true);
    const environment = { DATA_DIR: program.dataDir, BASE_URL: `http://tasks.example${PATH}/` };
    const { stdout } = await runProgram(["user", "reset-link", person.username], environment);
    expect(stdout).toStartWith(`http://tasks.example${PATH}/reset-password#`);
  });

  it("contains no address outside of the path in any script", async () => {
    const addresses = /(?<!address\(|endsWith\()(["'`])\/[\w$][\w$/?=&{}.-]*\1/g;
    const wrong: string[] = [];
    for (const file of new Bun.Glob("static/**/*.js").scanSync(ROOT)) {
      if (file === "static/ui/address.js") continue;
      const code = (await Bun.file(join(ROOT, file)).text()).replace(/^\s*(\/\/|\/?\*).*$/gm, "");
      wrong.push(...Array.from(code.matchAll(addresses), ([found]) => `${file}: ${found}`));
    }
    expect(wrong).toEqual([]);
  });

  it.each(["/", "/login", "/tasks", "/healthz", "/readyz", "/docs/json", "/api/me"])(
    "responds to %s whether or not a proxy removes the path",
    async (path) => {
      const [kept, removed] = await both(path, { headers });
      expect(kept?.status).toBeLessThan(400);
      expect(kept?.status).toBe(removed?.status ?? 0);
      expect(kept?.headers.get("location")).toBe(removed?.headers.get("location") ?? null);
    },
  );

  it("returns from an action to the page it was taken on", async () => {
    const page = { referer: `http://tasks.example${PATH}/tasks?status=all`, cookie };
    const body = () => new URLSearchParams({ completed: "false" });
    for (const response of await both(`/tasks/${done?.id}/completion`, { method: "POST", body: body(), headers: page }))
      expect(response.headers.get("location")).toBe(`${PATH}/tasks?status=all`);
    const deleted = await send(program.url, `/api/tasks/${done?.id}`, { method: "DELETE", headers });
    const undo = `/changes/${deleted.headers.get("taskflow-change")}/undo`;
    const activity = { referer: `http://tasks.example${PATH}/activity`, cookie };
    const undone = await send(program.url, undo, { method: "POST", headers: activity });
    expect(undone.headers.get("location")).toBe(`${PATH}/activity`);
  });

  it("leads to the page that was asked for after signing in", async () => {
    for (const response of await both(`/tasks/${open?.id}`)) {
      const [, next = ""] = response.headers.get("location")?.split("/login?next=") ?? [];
      expect(response.headers.get("location")).toStartWith(`${PATH}/login`);
      const body = new URLSearchParams({ ...newCredentials() });
      const signedUp = await send(program.url, `/register?next=${next}`, { method: "POST", body });
      expect(signedUp.headers.get("location")).toBe(`${PATH}/tasks/${open?.id}`);
    }
  });

  it("compresses pages, and lets browsers keep an unchanged one", async () => {
    const reader = await signUp(program.url);
    const asked = { cookie: reader.cookie, "accept-encoding": "zstd" };
    const page = await fetch(`${program.url}/tasks`, { headers: asked });
    expect(page.headers.get("content-encoding")).toBe("zstd");
    const etag = page.headers.get("etag") ?? "";
    expect((await fetch(`${program.url}/tasks`, { headers: { ...asked, "if-none-match": etag } })).status).toBe(304);
  });

  it("documents the path as the API's server", async () => {
    expect(await (await send(program.url, "/docs/json")).json()).toMatchObject({ servers: [{ url: PATH }] });
  });

  it("is checked by taskflow health and check", async () => {
    const environment = {
      BASE_URL: `http://tasks.example${PATH}`,
      PORT: new URL(origin).port,
      DATA_DIR: program.dataDir,
    };
    expect((await runProgram(["health"], environment)).stdout).toBe("ready\n");
    expect((await runProgram(["health", "--url", `${program.url}/`])).stdout).toBe("ready\n");
    expect(await runProgram(["check"], environment)).toMatchObject({ code: 0 });
  });
});

/** The path is also that of a page. */
describe("below /tasks", () => {
  it("recognizes pages and tasks whether or not a proxy removes the path", async () => {
    await using below = await startProgram({ BASE_URL: "https://tasks.example/tasks", LOG_LEVEL: "error" });
    const root = new URL(below.url).origin;
    const visitor = await signUp(below.url);
    expect(visitor.cookie).toStartWith("__Secure-");
    expect(visitor.attributes).toEqual(expect.arrayContaining(["Path=/tasks", "Secure"]));
    const signedIn = { headers: { cookie: visitor.cookie } };
    const created = await send(below.url, "/api/tasks", { json: { title: "One" }, ...signedIn });
    const { id } = (await created.json()) as { id: string };
    const titleOf = async (path: string) => /<title>(.*) · /.exec(await (await send(root, path, signedIn)).text())?.[1];
    expect(await Promise.all(["/tasks/tasks", "/tasks", "/tasks/trash", "/trash"].map(titleOf))).toEqual([
      ...["All tasks", "All tasks"],
      ...["Trash", "Trash"],
    ]);
    expect(await titleOf(`/tasks/${id}`)).toBe("One");
    expect(await titleOf(`/tasks/tasks/${id}`)).toBe("One");
    const { headers: leading } = await send(root, "/tasks/", signedIn);
    expect(leading.get("location")).toBe("/tasks/tasks");
  });
});
