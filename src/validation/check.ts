import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { AppError, type Issue } from "../errors.ts";
import { issuesOf } from "./issues.ts";

/**
 * Checks a value that did not come through a typed route, such as a page's form.
 * @throws AppError `invalid` with one issue for each wrong field
 */
export function check<Schema extends TSchema>(schema: Schema, value: unknown): Schema["static"] {
  if (Value.Check(schema, value)) return value as Schema["static"];
  throw invalid(issuesOf(Value.Errors(schema, value)));
}

/** Returns the error for wrong input, with a one-sentence summary. */
export function invalid(issues: readonly Issue[]): AppError {
  const [first, ...more] = issues;
  const summary =
    more.length === 0
      ? (first?.message ?? "The input is wrong.")
      : `${issues.length} fields are wrong. First: ${first?.message}`;
  return new AppError("invalid", summary, issues);
}
