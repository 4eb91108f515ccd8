import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { Elysia } from "elysia";
import { AppError } from "../errors.ts";
import { describeDate } from "../text/dates.ts";
import { FILES, MODULES, SERVICE_WORKER, STYLES } from "./asset-files.ts";
import { preferredCoding } from "./compression.ts";
import { ICON_SPRITE } from "./icons.ts";
import { webManifest } from "./web-manifest.ts";

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
};

const CODINGS = ["br", "gzip"] as const;
type Coding = (typeof CODINGS)[number];

type Bytes = Uint8Array<ArrayBuffer>;
type AssetName = keyof typeof FILES | "app.css" | "app.js" | "app.webmanifest" | "feed.js" | "icons.svg";

interface Asset {
  url: string;
  type: string;
  body: Record<Coding | "identity", () => Promise<Bytes>>;
}

/** Compresses a file well, off the event loop. */
async function compress(coding: Coding, bytes: Bytes): Promise<Bytes> {
  const [{ promisify }, zlib] = await Promise.all([import("node:util"), import("node:zlib")]);
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
  // Quality 9: 10 and 11 save another tenth and take ten times as long.
  const params = { [BROTLI_PARAM_QUALITY]: 9, [BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return new Uint8Array(
    coding === "br"
      ? await promisify(zlib.brotliCompress)(bytes, { params })
      : await promisify(zlib.gzip)(bytes, { level: 9 }),
  );
}

const assets = new Map<string, Asset>();
const [files, modules, styles] = await Promise.all([
  pathsOf(FILES),
  pathsOf(MODULES),
  pathsOf(Object.fromEntries(STYLES.entries())),
]);

/** Returns the paths of imported files. */
async function pathsOf(imports: Record<string, string | Promise<unknown>>): Promise<Record<string, string>> {
  const paths = Object.entries(imports).map(async ([name, file]): Promise<[string, string]> => {
    // A module that is imported as a file has its path as its default export, whatever it exports itself.
    return [name, typeof file === "string" ? file : ((await file) as { default: string }).default];
  });
  return Object.fromEntries(await Promise.all(paths));
}

/** Returns a served file. It is read when it is first needed: to read all of them would take a tenth of a start. */
function assetOf(name: string): Asset | undefined {
  const asset = assets.get(name) ?? createAsset(name);
  if (asset) assets.set(name, asset);
  return asset;
}

function createAsset(name: string): Asset | undefined {
  if (name === "icons.svg") return toAsset(name, ICON_SPRITE);
  if (name === "app.css") return toAsset(name, Object.values(styles).map(textOf).join(""));
  if (name === "app.js") return toBundle(name, "main.js");
  if (name === "feed.js") return toBundle(name, "changes/feed.js");
  if (name === "app.webmanifest") return toAsset(name, webManifest(assetUrl("icon.png")));
  const path = Object.hasOwn(files, name) ? files[name] : undefined;
  if (path === undefined) return undefined;
  return toAsset(name, name.endsWith(".png") ? readFileSync(path) : textOf(path));
}

/** Returns the text of a file, without the comment at its end that names a source map, which is not served. */
function textOf(path: string): string {
  const text = readFileSync(path, "utf8");
  const end = Math.max(0, text.length - 200);
  return text.slice(0, end) + text.slice(end).replace(/\n?(\/\*|\/\/)# sourceMappingURL=\S+( \*\/)?\s*$/, "");
}

/** @param entry a module; its URL changes with any of them */
function toBundle(name: string, entry: string): Asset {
  const sources = [
    ...Object.entries(modules).map(([module, path]) => [`/static/${module}`, textOf(path)] as const),
    // The server describes dates with the same function.
    ["/static/ui/describe-date.js", `export const describeDate = ${describeDate};`] as const,
  ];
  return toAsset(name, sources.map(([, text]) => text).join(""), () => bundle(entry, Object.fromEntries(sources)));
}

/** Pages need these offline. The worker's text contains their URLs, so that a new version replaces them. */
const OFFLINE: AssetName[] = ["bootstrap.css", "app.css", "htmx.js", "app.js", "feed.js", "icons.svg", "favicon.svg"];
const serviceWorker = once(async () => {
  const { path = "" } = await pathsOf({ path: SERVICE_WORKER });
  const sources = { "/static/service-worker.js": textOf(path) };
  return bundle("service-worker.js", sources, {
    ASSETS: JSON.stringify(OFFLINE.map((name) => assetUrl(name).slice(1))),
  });
});

/** Bundles a module with those it imports: each would cost a request, and headers half its size. */
async function bundle(entry: string, files: Record<string, string>, define: Record<string, string> = {}) {
  // The program may not be allowed to read the folder that it was started in, which is the default root.
  const { outputs } = await Bun.build({
    entrypoints: [`/static/${entry}`],
    files,
    define,
    root: "/",
    target: "browser",
    minify: true,
  });
  return (await outputs[0]?.text()) ?? "";
}

/** @param build creates what is served, if that is not the source itself */
function toAsset(name: string, source: string | Uint8Array, build = async () => source): Asset {
  const hash = new Bun.CryptoHasher("sha256").update(source).digest("hex").slice(0, 12);
  const identity = once(async () => new Uint8Array(Buffer.from(await build())));
  const coded = (coding: Coding) => once(async () => compress(coding, await identity()));
  return {
    url: `/static/${name.replace(".", `-${hash}.`)}`,
    type: TYPES[extname(name)] ?? "application/octet-stream",
    body: { identity, br: coded("br"), gzip: coded("gzip") },
  };
}

/** Returns a function that computes its result on the first call and keeps it, unless it fails. */
function once<T>(compute: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= compute().catch((error) => {
      result = undefined;
      throw error;
    });
    return result;
  };
}

/** Returns the URL of a file. Browsers may cache it forever, as it contains a hash of the content. */
export function assetUrl(name: AssetName): string {
  return assetOf(name)?.url ?? "";
}

export const staticFiles = new Elysia({ name: "static-files", detail: { hide: true } })
  // Not in /static: a worker serves only the pages below its own URL.
  .get(
    "/service-worker.js",
    async () => new Response(await serviceWorker(), { headers: { "content-type": TYPES[".js"] ?? "" } }),
  )
  .get("/static/:file", ({ request }) => assetResponse(request));

/** Returns the response to a request for a file. @throws AppError `notFound` */
export async function assetResponse(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const asset = assetOf(pathname.replace("/static/", "").replace(/-[0-9a-f]{12}\./, "."));
  if (asset?.url !== pathname) throw new AppError("notFound", "There is no such file.");
  const coding = preferredCoding(request, CODINGS);
  return new Response(await asset.body[coding ?? "identity"](), {
    headers: {
      "content-type": asset.type,
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
      ...(coding && { "content-encoding": coding }),
    },
  });
}
