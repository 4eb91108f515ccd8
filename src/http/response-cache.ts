import { version } from "../../package.json";
import type { Actor } from "../actor.ts";
import { Cache } from "../cache.ts";
import { type Coding, encode, preferredCoding } from "./compression.ts";
import { matchesEtag, notModified, VARY } from "./etag.ts";
import type { Frame } from "./pages.ts";

/** Bytes of responses that a process keeps. */
const MAX_BYTES = 16 * 1024 * 1024;
const SMALLEST_COMPRESSED = 1024;

interface Cached {
  /** The account's position when the response was made. */
  readonly position: string;
  readonly etag: string;
  readonly text: string;
  readonly encoded: Partial<Record<Coding, Uint8Array<ArrayBuffer>>>;
}

interface Content {
  readonly type: string;
  /** What the content depends on besides the URL and the account's data. */
  readonly variant?: string;
  readonly make: () => Promise<string>;
}

const encoder = new TextEncoder();
const cache = new Cache<Cached>(MAX_BYTES, ({ text }) => text.length * 2 + 300);

/**
 * Responds from memory while nothing has changed in the projects that the account sees: its position was read with the
 * request, so this holds whichever process made the change. A client that sends the current ETag gets 304.
 */
async function respondCached(
  request: Request,
  { user, access: { position } }: Actor,
  { type, variant = "", make }: Content,
): Promise<Response> {
  const key = `${user.id} ${type} ${variant} ${request.url}`;
  let cached = cache.get(key);
  if (cached?.position !== position) {
    const etag = etagAt(position, variant + request.url.slice(request.url.indexOf("/", 8)));
    // Only a response at this URL has had this tag. "*" matches whatever exists, which is not known yet.
    if (request.headers.get("if-none-match") !== "*" && matchesEtag(request, etag)) return notModified(etag);
    cached = { position, etag, text: await make(), encoded: {} };
    cache.set(key, cached);
  }
  const { etag, text, encoded } = cached;
  if (matchesEtag(request, etag)) return notModified(etag);
  const headers = { "content-type": type, etag, vary: VARY };
  const coding = text.length >= SMALLEST_COMPRESSED ? preferredCoding(request, ["zstd", "gzip"]) : undefined;
  if (!coding) return new Response(text, { headers });
  encoded[coding] ??= await encode(encoder.encode(text), coding);
  return new Response(encoded[coding], { headers: { ...headers, "content-encoding": coding } });
}

/**
 * Responds with JSON, from memory if possible. The type is that of the body, so that typed clients know it.
 * @param variant what it depends on besides the URL and the account's data
 */
export const cachedJson = <Body>(request: Request, actor: Actor, make: () => Promise<Body>, variant = "") =>
  respondCached(request, actor, {
    type: "application/json",
    variant,
    make: async () => JSON.stringify(await make()),
  }) as unknown as Promise<Body>;

/** Responds with a page, from memory if possible. It also depends on the reader's time, as it shows what is overdue. */
export const cachedPage = (
  request: Request,
  actor: Actor,
  { theme, calendar }: Pick<Frame, "theme" | "calendar">,
  make: () => Promise<string> | string,
) =>
  respondCached(request, actor, {
    type: "text/html; charset=utf-8",
    variant: [theme, ...Object.values(calendar)].join(),
    make: async () => `<!doctype html>${await make()}`,
  });

/** Returns a weak ETag: bytes differ by coding. It also differs by URL and by version of the program. */
const etagAt = (position: string, variant: string) =>
  `W/"${Bun.hash(position).toString(36)}-${Bun.hash(version + variant).toString(36)}"`;
