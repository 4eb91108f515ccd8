import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { send, signUp } from "../support/client.ts";
import { sendRaw } from "../support/connection.ts";
import { startProgram } from "../support/program.ts";

setDefaultTimeout(60_000);

const program = await startProgram();
afterAll(() => program[Symbol.asyncDispose]());
const { url } = program;
const person = await signUp(url);
const signedIn = await send(url, "/login", {
  method: "POST",
  body: new URLSearchParams({ username: person.username, password: person.password }),
});
const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";

/** A browser's own way to ask, with the body as it came over the wire. */
const ask = (path: string, coding = "gzip, deflate, br, zstd", headers: Record<string, string> = { cookie }) =>
  fetch(url + path, { headers: { ...headers, "accept-encoding": coding }, redirect: "manual", decompress: false });

const PAGES = ["/login", "/register", "/tasks", "/account", "/docs", "/nowhere"];
const filesOf = (html: string) => [...new Set(html.match(/\/static\/[^"'#?\s)]+/g))];
const files = [
  ...new Set(
    (await Promise.all(PAGES.map(async (path) => filesOf(await (await ask(path, "identity")).text())))).flat(),
  ),
];

describe("a file that a page names", () => {
  it("is one of several, with a hash in its address", () => {
    expect(files.length).toBeGreaterThanOrEqual(6);
    for (const file of files) expect(file).toMatch(/^\/static\/[\w.-]+-[0-9a-f]{8,}\.(css|js|svg)$/);
  });

  it.each(files)("may be kept for ever: %s", async (file) => {
    const answer = await ask(file);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toMatch(/public.*max-age=31536000.*immutable/);
    expect(answer.headers.has("set-cookie")).toBe(false);
    expect(answer.headers.get("content-type")).toMatch(
      file.endsWith(".css") ? /^text\/css/ : file.endsWith(".js") ? /^text\/javascript/ : /^image\/svg\+xml/,
    );
  });

  it.each(files)("is the same in each form: %s", async (file) => {
    const [plain, brotli, gzip] = await Promise.all(["identity", "br", "gzip"].map((coding) => ask(file, coding)));
    if (!plain || !brotli || !gzip) throw new Error("three answers were asked for");
    const bytes = await plain.bytes();
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(brotli.headers.get("content-encoding")).toBe("br");
    expect(gzip.headers.get("content-encoding")).toBe("gzip");
    for (const answer of [plain, brotli, gzip]) expect(answer.headers.get("vary")).toMatch(/accept-encoding/i);
    expect(brotliDecompressSync(await brotli.bytes()).equals(bytes)).toBe(true);
    expect(gunzipSync(await gzip.bytes()).equals(bytes)).toBe(true);
  });

  it("comes in the form that is left when one is refused", async () => {
    const [file = ""] = files;
    expect((await ask(file, "br;q=0, gzip")).headers.get("content-encoding")).toBe("gzip");
    expect((await ask(file, "br;q=0, gzip;q=0.0")).headers.get("content-encoding")).toBeNull();
    expect((await ask(file, "compress")).headers.get("content-encoding")).toBeNull();
  });
});

describe("an address under which no file lies", () => {
  const [known = ""] = files;
  const unknown = [
    known.replace(/-[0-9a-f]{8,}\./, "-000000000000."),
    known.replace(/-[0-9a-f]{8,}\./, "."),
    `${known}/`,
    `${known}.map`,
    "/static/",
    "/static",
    "/static/app.js",
    "/static/../package.json",
    "/static/..%2fpackage.json",
    "/static/..%2f..%2fetc%2fpasswd",
    "/static/%2e%2e/package.json",
    "/static/..%5cpackage.json",
    "/static//etc/passwd",
    "/static/%00",
    "/static/%zz",
    "/..%2f.env",
    "/.env",
    "/.git/HEAD",
    "/package.json",
    "/data/jwt-secret",
    "/data/taskflow.db",
    "/src/index.ts",
    "/node_modules/htmx.org/package.json",
  ];

  // Sent byte for byte, as a client would tidy the address up first.
  it.each(unknown)("is a 404 that nobody keeps: %s", async (path) => {
    const answer = (
      await sendRaw(url, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    ).toLowerCase();
    expect(answer).toStartWith("http/1.1 404 ");
    expect(answer).toContain("\r\ncache-control: no-store\r\n");
    expect(answer).toContain("\r\nx-content-type-options: nosniff\r\n");
  });
});

describe("the whole first load", () => {
  it.each([
    ["the landing page", "/", ""],
    ["the list", "/tasks", cookie],
  ])("of %s is under 150 KB", async (_, path, cookie) => {
    const page = await ask(path, undefined, { cookie });
    expect(page.status).toBe(200);
    const needed = filesOf(await (await ask(path, "identity", { cookie })).text());
    expect(needed.length).toBeGreaterThanOrEqual(4);
    const sizes = await Promise.all([page, ...needed.map((file) => ask(file))].map(sizeOf));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000);
  });
});

const sizeOf = async (answer: Response | Promise<Response>) => (await (await answer).bytes()).length;
