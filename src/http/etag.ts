import { AppError } from "../errors.ts";
import { invalid } from "../validation/check.ts";

/** Returns the strong ETag of an item that counts its versions. */
export const etagOf = (version: number) => `"${version}"`;

/** Returns whether `If-None-Match` contains the tag, by weak comparison (RFC 9110, section 13.1.2). */
export function matchesEtag(request: Request, tag: string): boolean {
  const header = request.headers.get("if-none-match");
  return header !== null && (header.trim() === "*" || tagsIn(header).map(strong).includes(strong(tag)));
}

/**
 * Reads `If-Match` (RFC 9110, section 13.1.1): strong tags only; `*` matches anything that exists.
 * @returns a precondition that throws AppError `preconditionFailed` for a version that is not in the header
 * @throws AppError `invalid` if the header contains no tag
 */
export function ifMatch(request: Request): ((version: number) => void) | undefined {
  const header = request.headers.get("if-match");
  if (header === null || header.trim() === "*") return undefined;
  const tags = tagsIn(header);
  if (tags.length === 0) {
    throw invalid([
      { path: "", rule: "ifMatch", message: 'If-Match must be the ETag of a task, with its quotes, such as "3".' },
    ]);
  }
  return (version) => {
    if (tags.includes(etagOf(version))) return;
    throw new AppError(
      "preconditionFailed",
      tags.map(strong).includes(etagOf(version))
        ? "If-Match accepts only strong ETags. Remove the W/ that a proxy has added."
        : "The task has changed since you read it. Read it again, then repeat your change.",
    );
  };
}

const strong = (tag: string) => tag.replace(/^W\//, "");
const tagsIn = (header: string): string[] => header.match(/(W\/)?"[^"]*"/g) ?? [];
