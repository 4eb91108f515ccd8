import { version } from "../../package.json";
import { Cache } from "../cache.ts";
import { type Coding, encode, preferredCoding } from "./compression.ts";
import { matchesEtag } from "./etag.ts";
import type { Visitor } from "./session.ts";
import type { Theme } from "./theme.ts";

/** Bytes of responses that a process keeps. */
const MAX_BYTES = 16 * 1024 * 1024;
const SMALLEST_COMPRESSED = 1024;
const VARY = "accept-encoding, cookie, authorization";

interface Cached {
  /** The account's newest change when the response was made. */
  readonly newestChange: number;
  readonly etag: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly encoded: Partial<Record<Coding, Uint8Array<ArrayBuffer>>>;
}

interface Content {
  readonly type: string;
  /** What the content depends on besides the URL and the account's data. */
  readonly variant?: string;
  /** Creates the content. An `etag` replaces the weak one where the item has a version of its own. */
  readonly make: () => Promise<{ readonly text: string; readonly etag?: string }>;
}

const cache = new Cache<Cached>(MAX_BYTES, ({ bytes }) => bytes.length * 1.5 + 300);

/**
 * Responds from memory while nothing has changed in the account: the number of its newest change was read with the
 * request, so this holds whichever process made the change. A client that sends the current ETag gets 304.
 */
async function respondCached(
  request: Request,
  { actor, newestChange }: Visitor,
  { type, variant = "", make }: Content,
): Promise<Response> {
  const key = `${actor.user.id} ${type} ${variant} ${request.url}`;
  let cached = cache.get(key);
  if (cached?.newestChange !== newestChange) {
    const tag = etagAt(newestChange, variant + request.url.slice(request.url.indexOf("/", 8)));
    // Only a response at this URL has had this tag. "*" matches whatever exists, which is not known yet.
    if (request.headers.get("if-none-match") !== "*" && matchesEtag(request, tag)) return notModified(tag);
    const { text, etag = tag } = await make();
    cached = { newestChange, etag, bytes: new TextEncoder().encode(text), encoded: {} };
    cache.set(key, cached);
  }
  const { etag, bytes, encoded } = cached;
  if (matchesEtag(request, etag)) return notModified(etag);
  const headers = { "content-type": type, etag, vary: VARY };
  // A strong tag names one form of the bytes.
  const compressible = bytes.length >= SMALLEST_COMPRESSED && etag.startsWith("W/");
  const coding = compressible ? preferredCoding(request, ["zstd", "gzip"]) : undefined;
  if (!coding) return new Response(bytes, { headers });
  encoded[coding] ??= encode(bytes, coding);
  return new Response(encoded[coding], { headers: { ...headers, "content-encoding": coding } });
}

const notModified = (etag: string) => new Response(null, { status: 304, headers: { etag, vary: VARY } });

/** Responds with JSON, from memory if possible. The type is that of the body, so that typed clients know it. */
export const cachedJson = <Body>(
  request: Request,
  visitor: Visitor,
  make: () => Promise<{ body: Body; etag?: string }>,
) =>
  respondCached(request, visitor, {
    type: "application/json",
    async make() {
      const { body, etag } = await make();
      return { text: JSON.stringify(body), etag };
    },
  }) as unknown as Promise<Body>;

/** Responds with a page, from memory if possible. A page also depends on the day, as it shows relative dates. */
export const cachedPage = (request: Request, visitor: Visitor, theme: Theme, make: () => Promise<string> | string) =>
  respondCached(request, visitor, {
    type: "text/html; charset=utf-8",
    variant: `${theme} ${new Date().toISOString().slice(0, 10)}`,
    make: async () => ({ text: `<!doctype html>${await make()}` }),
  });

/** Returns a weak ETag: bytes differ by coding. It also differs by URL and by version of the program. */
const etagAt = (newestChange: number, variant: string) =>
  `W/"${newestChange.toString(36)}-${Bun.hash(version + variant).toString(36)}"`;
