import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { extname, join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { MODULES } from "../../src/http/asset-files.ts";
import { send, signUp } from "../support/client.ts";
import { sendRaw } from "../support/connection.ts";
import { ROOT, startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

const program = await startProgram();
afterAll(() => program[Symbol.asyncDispose]());
const { url } = program;
const person = await signUp(url);
const signedIn = await send(url, "/login", {
  method: "POST",
  body: new URLSearchParams({ username: person.username, password: person.password }),
});
const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";

/** Sends a request as a browser does, and leaves the body of the response as it was sent. */
const get = (path: string, coding = "gzip, deflate, br, zstd", headers: Record<string, string> = { cookie }) =>
  fetch(url + path, { headers: { ...headers, "accept-encoding": coding }, redirect: "manual", decompress: false });

const STATIC = join(import.meta.dir, "..", "..", "static");
const PAGES = ["/login", "/register", "/tasks", "/account", "/docs", "/nowhere"];
const filesOf = (html: string) => [...new Set(html.match(/\/static\/[^"'#?\s)]+/g))];
const files = [
  ...new Set(
    (await Promise.all(PAGES.map(async (path) => filesOf(await (await get(path, "identity")).text())))).flat(),
  ),
];

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".js": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
};

describe("a file that a page refers to", () => {
  it("has a hash in its URL", () => {
    expect(files.length).toBeGreaterThanOrEqual(6);
    for (const file of files) expect(file).toMatch(/^\/static\/[\w.-]+-[0-9a-f]{8,}\.(css|js|png|svg|webmanifest)$/);
  });

  it.each(files)("may be cached forever: %s", async (file) => {
    const response = await get(file);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toMatch(/public.*max-age=31536000.*immutable/);
    expect(response.headers.has("set-cookie")).toBe(false);
    expect(response.headers.get("content-type")).toMatch(TYPES[extname(file)] ?? file);
  });

  it.each(files)("is the same in each encoding: %s", async (file) => {
    const [plain, brotli, gzip] = await Promise.all(["identity", "br", "gzip"].map((coding) => get(file, coding)));
    if (!plain || !brotli || !gzip) throw new Error("a response is missing");
    const bytes = await plain.bytes();
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(brotli.headers.get("content-encoding")).toBe("br");
    expect(gzip.headers.get("content-encoding")).toBe("gzip");
    for (const response of [plain, brotli, gzip]) expect(response.headers.get("vary")).toMatch(/accept-encoding/i);
    expect(brotliDecompressSync(await brotli.bytes()).equals(bytes)).toBe(true);
    expect(gunzipSync(await gzip.bytes()).equals(bytes)).toBe(true);
  });

  it("comes in the encoding that is left when one is refused", async () => {
    const [file = ""] = files;
    expect((await get(file, "br;q=0, gzip")).headers.get("content-encoding")).toBe("gzip");
    expect((await get(file, "br;q=0, gzip;q=0.0")).headers.get("content-encoding")).toBeNull();
    expect((await get(file, "compress")).headers.get("content-encoding")).toBeNull();
  });
});

describe("the pages' script", () => {
  it("is one bundle of all modules", async () => {
    const script = files.find((file) => /\/app-\w+\.js$/.test(file)) ?? "";
    const text = await (await get(script, "identity")).text();
    expect(text).not.toContain("/**");
    expect(text).not.toContain("import");
    // Those of /docs and /status are served alone.
    const modules = [...new Bun.Glob("*/*.js").scanSync(STATIC)].filter((path) => !/^(docs|ops)\//.test(path));
    expect(modules.length).toBeGreaterThan(20);
    const listed = Object.keys(MODULES).filter((name) => name !== "main.js");
    expect(listed.toSorted()).toEqual(modules.toSorted());
  });
});

describe("a style sheet", () => {
  it.each([...new Bun.Glob("static/**/*.css").scanSync(ROOT)])(
    "sets sizes in rem, which follow the reader's font size: %s",
    async (file) => {
      const text = (await Bun.file(join(ROOT, file)).text()).replaceAll("max(1rem, 16px)", "");
      const sizes = [...text.matchAll(/(?<![\w.])([\d.]+)px/g)].map(([, size]) => Number(size));
      // Lines stay thin.
      expect(sizes.filter((size) => size > 3)).toEqual([]);
    },
  );
});

describe("the installed app", () => {
  it("starts with the list, and has an icon that the browser can draw", async () => {
    const file = files.find((each) => each.endsWith(".webmanifest")) ?? "";
    const manifest = await (await get(file, "identity")).json();
    const here = url + file;
    expect(new URL(manifest.start_url, here).href).toBe(`${url}/tasks`);
    expect(new URL(manifest.scope, here).href).toBe(`${url}/`);
    const icon = await fetch(new URL(manifest.icons[0].src, here));
    const { width, height, format } = await new Bun.Image(await icon.bytes()).metadata();
    expect({ type: `image/${format}`, sizes: `${width}x${height}` }).toEqual({
      type: manifest.icons[0].type,
      sizes: manifest.icons[0].sizes,
    });
    const page = await (await get("/tasks", "identity")).text();
    expect(page).toMatch(/rel="apple-touch-icon" href="\/static\/icon-/);
    for (const scheme of ["light", "dark"])
      expect(page).toMatch(
        new RegExp(`name="theme-color" content="#\\w{6}" media="\\(prefers-color-scheme: ${scheme}\\)"`),
      );
  });

  it("has a service worker that names the files of this version, and is not cached", async () => {
    const response = await get("/service-worker.js", "identity");
    expect(response.headers.get("content-type")).toStartWith("text/javascript");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const script = files.find((file) => /\/app-\w+\.js$/.test(file)) ?? "no script";
    expect(await response.text()).toContain(script.slice(1));
  });
});

describe("a URL without a file", () => {
  const [known = ""] = files;
  const unknown = [
    known.replace(/-[0-9a-f]{8,}\./, "-000000000000."),
    known.replace(/-[0-9a-f]{8,}\./, "."),
    `${known}/`,
    `${known}.map`,
    "/static/",
    "/static",
    "/static/app.js",
    "/static/main.js",
    "/static/tasks/add.js",
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

  // Sent byte for byte, as a client would normalize the URL first.
  it.each(unknown)("is a 404 that is not cached: %s", async (path) => {
    const response = (
      await sendRaw(url, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    ).toLowerCase();
    expect(response).toStartWith("http/1.1 404 ");
    expect(response).toContain("\r\ncache-control: no-store\r\n");
    expect(response).toContain("\r\nx-content-type-options: nosniff\r\n");
  });
});

describe("the first load", () => {
  it.each([
    ["the landing page", "/", ""],
    ["the list", "/tasks", cookie],
  ])("of %s is under 100 KB", async (_, path, cookie) => {
    const page = await get(path, undefined, { cookie });
    expect(page.status).toBe(200);
    const needed = filesOf(await (await get(path, "identity", { cookie })).text());
    expect(needed.length).toBeGreaterThanOrEqual(4);
    const sizes = await Promise.all([page, ...needed.map((file) => get(file))].map(sizeOf));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(100_000);
  });
});

const sizeOf = async (response: Response | Promise<Response>) => (await (await response).bytes()).length;
