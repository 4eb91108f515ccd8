import { extname } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { Elysia } from "elysia";
import { AppError } from "../errors.ts";
import { FILES, MODULES, STYLES } from "./asset-files.ts";
import { preferredCoding } from "./compression.ts";
import { ICON_SPRITE } from "./icons.ts";

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const CODINGS = ["br", "gzip"] as const;
type Coding = (typeof CODINGS)[number];

type Bytes = Uint8Array<ArrayBuffer>;
type AssetName = keyof typeof FILES | "app.css" | "app.js" | "icons.svg";

interface Asset {
  url: string;
  type: string;
  body: Record<Coding | "identity", () => Promise<Bytes>>;
}

const compressors: Record<Coding, (bytes: Bytes) => Promise<Buffer>> = {
  // Quality 9: 10 and 11 save another tenth and take ten times as long.
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

const assets = new Map<string, Asset>();
const modules = Object.fromEntries(
  await Promise.all(Object.entries(MODULES).map(async ([name, file]) => [`/static/${name}`, await textOf(file)])),
);
add("app.js", Object.values(modules).join(""), () => bundle(modules));
add("app.css", (await Promise.all(STYLES.map(textOf))).join(""));
add("icons.svg", ICON_SPRITE);
await Promise.all(Object.entries(FILES).map(async ([name, file]) => add(name, await textOf(file))));

/** Returns the text of an imported file, without the source map, which is not served. */
async function textOf(file: string | Promise<unknown>): Promise<string> {
  // A module that is imported as a file has its path as its default export, whatever it exports itself.
  const path = typeof file === "string" ? file : ((await file) as { default: string }).default;
  const text = await Bun.file(path).text();
  return text.replace(/\n?(\/\*|\/\/)# sourceMappingURL=\S+( \*\/)?\s*$/, "");
}

/** Bundles the modules into one: each would cost a request, and headers half its size. */
async function bundle(files: Record<string, string>): Promise<string> {
  // The program may not be allowed to read the folder that it was started in, which is the default root.
  const { outputs } = await Bun.build({
    entrypoints: ["/static/main.js"],
    files,
    root: "/",
    target: "browser",
    minify: true,
  });
  return (await outputs[0]?.text()) ?? "";
}

function add(name: string, source: string, build = async () => source) {
  const hash = new Bun.CryptoHasher("sha256").update(source).digest("hex").slice(0, 12);
  const identity = once(async () => new TextEncoder().encode(await build()));
  const coded = (coding: Coding) => once(async () => new Uint8Array(await compressors[coding](await identity())));
  assets.set(name, {
    url: `/static/${name.replace(".", `-${hash}.`)}`,
    type: TYPES[extname(name)] ?? "application/octet-stream",
    body: { identity, br: coded("br"), gzip: coded("gzip") },
  });
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

const byUrl = new Map([...assets.values()].map((asset) => [asset.url, asset]));

/** Returns the URL of a file. Browsers may cache it forever, as it contains a hash of the content. */
export function assetUrl(name: AssetName): string {
  return assets.get(name)?.url ?? "";
}

export const staticFiles = new Elysia({ name: "static-files", detail: { hide: true } }).get(
  "/static/:file",
  async ({ request }) => {
    const asset = byUrl.get(new URL(request.url).pathname);
    if (!asset) throw new AppError("notFound", "There is no such file.");
    const coding = preferredCoding(request, CODINGS);
    return new Response(await asset.body[coding ?? "identity"](), {
      headers: {
        "content-type": asset.type,
        "cache-control": "public, max-age=31536000, immutable",
        vary: "accept-encoding",
        ...(coding && { "content-encoding": coding }),
      },
    });
  },
);
