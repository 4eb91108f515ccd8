import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import bootstrapCss from "bootstrap/dist/css/bootstrap.min.css" with { type: "file" };
import { Elysia } from "elysia";
import htmxJs from "htmx.org/dist/htmx.min.js" with { type: "file" };
import swaggerCss from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import swaggerJs from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import appJs from "../../static/app.js" with { type: "file" };
import docsCss from "../../static/docs.css" with { type: "file" };
import docsJs from "../../static/docs.js" with { type: "file" };
import favicon from "../../static/favicon.svg" with { type: "file" };
import liveJs from "../../static/live.js" with { type: "file" };
import base from "../../static/styles/base.css" with { type: "file" };
import controls from "../../static/styles/controls.css" with { type: "file" };
import floating from "../../static/styles/floating.css" with { type: "file" };
import list from "../../static/styles/list.css" with { type: "file" };
import panel from "../../static/styles/panel.css" with { type: "file" };
import responsive from "../../static/styles/responsive.css" with { type: "file" };
import row from "../../static/styles/row.css" with { type: "file" };
import sheets from "../../static/styles/sheets.css" with { type: "file" };
import writingJs from "../../static/writing.js" with { type: "file" };
import { AppError } from "../errors.ts";
import { preferredCoding } from "./compression.ts";
import { ICON_SPRITE } from "./icons.ts";

/** Everything that is served as a file: a list, not a folder, so that nothing else ever is. Several sources become one. */
const SOURCES = {
  "app.css": [[base, controls, sheets, list, row, floating, panel, responsive], "text/css; charset=utf-8"],
  "app.js": [[appJs, writingJs, liveJs], "text/javascript; charset=utf-8"],
  "bootstrap.css": [[bootstrapCss], "text/css; charset=utf-8"],
  "docs.css": [[docsCss], "text/css; charset=utf-8"],
  "docs.js": [[docsJs], "text/javascript; charset=utf-8"],
  "favicon.svg": [[favicon], "image/svg+xml"],
  "htmx.js": [[htmxJs], "text/javascript; charset=utf-8"],
  "swagger-ui.css": [[swaggerCss], "text/css; charset=utf-8"],
  "swagger-ui.js": [[swaggerJs], "text/javascript; charset=utf-8"],
} as const;

const CODINGS = ["br", "gzip"] as const;
type Coding = (typeof CODINGS)[number];

interface Asset {
  url: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** Filled on first use and kept. */
  coded: Partial<Record<Coding, Promise<Uint8Array<ArrayBuffer>>>>;
}

const assets = new Map<string, Asset>();
await Promise.all(
  Object.entries(SOURCES).map(async ([name, [files, type]]) => {
    const texts = await Promise.all(files.map((file) => Bun.file(file).text()));
    add(name, type, texts.map(withoutSourceMap).join(""));
  }),
);
add("icons.svg", "image/svg+xml", ICON_SPRITE);

/** Source maps are not served, so nothing should send a browser looking for them. */
function withoutSourceMap(text: string): string {
  return text.replace(/\n?(\/\*|\/\/)# sourceMappingURL=\S+( \*\/)?\s*$/, "");
}

function add(name: string, type: string, text: string) {
  const bytes = new TextEncoder().encode(text);
  const hash = new Bun.CryptoHasher("sha256").update(bytes).digest("hex").slice(0, 12);
  assets.set(name, { url: `/static/${name.replace(".", `-${hash}.`)}`, type, bytes, coded: {} });
}

const byUrl = new Map([...assets.values()].map((asset) => [asset.url, asset]));

/** @returns the address under which browsers may keep the file for ever, as it changes with the content */
export function assetUrl(name: keyof typeof SOURCES | "icons.svg"): string {
  return assets.get(name)?.url ?? "";
}

const compressors: Record<Coding, (bytes: Uint8Array<ArrayBuffer>) => Promise<Buffer>> = {
  // Quality 9: the two above it save another tenth and take ten times as long.
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

function coded(asset: Asset, coding: Coding): Promise<Uint8Array<ArrayBuffer>> {
  asset.coded[coding] ??= compressors[coding](asset.bytes) as Promise<Buffer<ArrayBuffer>>;
  return asset.coded[coding];
}

export const staticFiles = new Elysia({ name: "static-files", detail: { hide: true } }).get(
  "/static/:file",
  async ({ request }) => {
    const asset = byUrl.get(new URL(request.url).pathname);
    if (!asset) throw new AppError("notFound", "There is no such file.");
    const coding = preferredCoding(request, CODINGS);
    return new Response(coding ? await coded(asset, coding) : asset.bytes, {
      headers: {
        "content-type": asset.type,
        "cache-control": "public, max-age=31536000, immutable",
        vary: "accept-encoding",
        ...(coding && { "content-encoding": coding }),
      },
    });
  },
);
