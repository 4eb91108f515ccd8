import { version } from "../../package.json";
import { Cache } from "../cache.ts";
import type { Actor } from "../features/accounts/model.ts";
import { encode, preferredCoding } from "./envelope.ts";
import { namesTag } from "./etag.ts";
import { themeOf } from "./pages.ts";

/** Bytes of answers that a process keeps. */
const MOST_BYTES = 16 * 1024 * 1024;
const VARY = "accept-encoding, cookie, authorization";
const CODINGS = ["zstd", "gzip"] as const;
type Coding = (typeof CODINGS)[number];

interface Kept {
  /** The account's newest change when the answer was made. */
  readonly newestChange: number;
  readonly etag: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly coded: Partial<Record<Coding, Uint8Array<ArrayBuffer>>>;
}

interface Answer {
  readonly type: string;
  /** What the answer depends on besides the address and the account's data. */
  readonly variant?: string;
  readonly make: () => Promise<Made>;
}

interface Made {
  readonly text: string;
  /** A strong tag of its own, where the thing that is shown has a version. */
  readonly etag?: string;
}

const kept = new Cache<Kept>(MOST_BYTES, ({ bytes }) => bytes.length * 1.5 + 300);

/**
 * Answers with what was made of the same data before, as long as nothing has changed in the actor's account: the
 * number of its newest change, which was read with this request, tells, whichever process made the change. A client
 * that names the tag of what it has gets 304 (RFC 9110, section 13.1.2).
 */
async function keptAnswer(request: Request, actor: Actor, { type, variant = "", make }: Answer) {
  const { newestChange, user } = actor;
  const key = `${user.id} ${type} ${variant} ${request.url}`;
  let answer = kept.get(key);
  if (answer?.newestChange !== newestChange) {
    const tag = etagAt(newestChange, variant + request.url.slice(request.url.indexOf("/", 8)));
    // Only an answer that was given at this address has this tag; "*" is met by what turns out to be there.
    if (request.headers.get("if-none-match") !== "*" && namesTag(request, tag))
      return new Response(null, { status: 304, headers: { etag: tag, vary: VARY } });
    const { text, etag = tag } = await make();
    answer = { newestChange, etag, bytes: new TextEncoder().encode(text), coded: {} };
    kept.set(key, answer);
  }
  const { etag, bytes, coded } = answer;
  if (namesTag(request, etag)) return new Response(null, { status: 304, headers: { etag, vary: VARY } });
  const headers = { "content-type": type, etag, vary: VARY };
  // A strong tag names one form of the bytes.
  const coding = bytes.length < 1024 || !etag.startsWith("W/") ? undefined : preferredCoding(request, CODINGS);
  if (!coding) return new Response(bytes, { headers });
  coded[coding] ??= encode(bytes, coding);
  return new Response(coded[coding], { headers: { ...headers, "content-encoding": coding } });
}

/** The same for JSON. Typed as what the bytes say, for typed clients to know it. */
export const keptJson = <Body>(request: Request, actor: Actor, make: () => Promise<{ body: Body; etag?: string }>) =>
  keptAnswer(request, actor, {
    type: "application/json",
    async make() {
      const { body, etag } = await make();
      return { text: JSON.stringify(body), etag };
    },
  }) as unknown as Promise<Body>;

/** The same for a page, which says dates as of today and has the colours that were chosen. */
export const keptPage = (request: Request, actor: Actor, make: () => Promise<string> | string) =>
  keptAnswer(request, actor, {
    type: "text/html; charset=utf-8",
    variant: `${themeOf(request)} ${new Date().toISOString().slice(0, 10)}`,
    make: async () => ({ text: `<!doctype html>${await make()}` }),
  });

/** Weak, as the bytes differ by coding. Another version of the program may answer otherwise, and so does another address. */
const etagAt = (newestChange: number, variant: string) =>
  `W/"${newestChange.toString(36)}-${Bun.hash(version + variant).toString(36)}"`;
