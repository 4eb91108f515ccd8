import { AppError } from "../errors.ts";
import { invalid } from "../validation/check.ts";

/** What the responses with an ETag vary by. */
export const VARY = "accept-encoding, cookie, authorization";

/**
 * Returns the strong ETag of an item that counts its versions.
 * @param parts how many parts it is shown with, which have versions of their own
 */
export const etagOf = (version: number, parts = 0) => (parts > 0 ? `"${version}-${parts}"` : `"${version}"`);

/**
 * Responds with an item, or with 304 to a client that has this version. Reading and encoding one item costs less than
 * keeping responses. The type is that of the body, so that typed clients know it.
 */
export function itemResponse<Body>(request: Request, body: Body, version: number, parts = 0): Body {
  const etag = etagOf(version, parts);
  if (matchesEtag(request, etag)) return notModified(etag) as Body;
  const headers = { "content-type": "application/json", etag, vary: VARY };
  return new Response(JSON.stringify(body), { headers }) as Body;
}

/** Returns the response to a client that has the current version. */
export const notModified = (etag: string) => new Response(null, { status: 304, headers: { etag, vary: VARY } });

/** Returns whether `If-None-Match` contains the tag, by weak comparison (RFC 9110, section 13.1.2). */
export function matchesEtag(request: Request, tag: string): boolean {
  const header = request.headers.get("if-none-match");
  return header !== null && (header.trim() === "*" || tagsIn(header).map(strong).includes(strong(tag)));
}

/**
 * Reads `If-Match` (RFC 9110, section 13.1.1): strong tags only; `*` matches anything that exists.
 * @returns a precondition that throws AppError `preconditionFailed` for a version that is not in the header, with the
 * version that the header names
 * @throws AppError `invalid` if the header contains no tag
 */
export function ifMatch(
  request: Request,
): (((version: number) => void) & { readonly seen?: number | undefined }) | undefined {
  const header = request.headers.get("if-match");
  if (header === null || header.trim() === "*") return undefined;
  // A change of the item itself does not depend on its parts.
  const tags = tagsIn(header).map((tag) => tag.replace(/^((?:W\/)?"\d+)-\d+"$/, '$1"'));
  if (tags.length === 0) {
    throw invalid([{ path: "", rule: "ifMatch", message: 'If-Match must be an ETag, with its quotes, such as "3".' }]);
  }
  const assertCurrent = (version: number) => {
    if (tags.includes(etagOf(version))) return;
    throw new AppError(
      "preconditionFailed",
      tags.map(strong).includes(etagOf(version))
        ? "If-Match accepts only strong ETags. Remove the W/ that a proxy has added."
        : "It has changed since you read it. Read it again, then repeat your change.",
    );
  };
  const [, seen] = (tags.length === 1 && /^"(\d{1,15})"$/.exec(tags[0] ?? "")) || [];
  return Object.assign(assertCurrent, { seen: seen === undefined ? undefined : Number(seen) });
}

const strong = (tag: string) => tag.replace(/^W\//, "");
const tagsIn = (header: string): string[] => header.match(/(W\/)?"[^"]*"/g) ?? [];
