import { AppError } from "../errors.ts";
import { invalid } from "../validation/index.ts";

/** The strong validator of a thing whose changes are counted. */
export const etagOf = (version: number) => `"${version}"`;

/** Whether `If-None-Match` names the tag, by the weak comparison that it asks for (RFC 9110, section 13.1.2). */
export function namesTag(request: Request, tag: string): boolean {
  const header = request.headers.get("if-none-match");
  return header !== null && (header.trim() === "*" || tags(header).map(strong).includes(strong(tag)));
}

const strong = (tag: string) => tag.replace(/^W\//, "");

/**
 * What `If-Match` asks for (RFC 9110, section 13.1.1): strong tags only; `*` is met by anything that exists.
 * @returns what throws AppError `preconditionFailed` for a version that was not named
 * @throws AppError `invalid` when there is no tag in it
 */
export function ifMatch(request: Request): ((version: number) => void) | undefined {
  const header = request.headers.get("if-match");
  if (header === null || header.trim() === "*") return undefined;
  const named = tags(header);
  if (named.length === 0) {
    throw invalid([
      { path: "", rule: "ifMatch", message: 'If-Match must be the ETag of a task, in its quotes, such as "3".' },
    ]);
  }
  return (version) => {
    if (named.includes(etagOf(version))) return;
    throw new AppError(
      "preconditionFailed",
      named.map(strong).includes(etagOf(version))
        ? "If-Match takes strong ETags only: leave out the W/, which something between you and the API has added."
        : "The task has changed since you read it. Read it again, then repeat your change.",
    );
  };
}

const tags = (header: string): string[] => header.match(/(W\/)?"[^"]*"/g) ?? [];
