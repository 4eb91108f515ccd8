import { Kind, type TSchema } from "@sinclair/typebox";
import type { Issue } from "../errors.ts";
import { ruleProblem } from "../text/repeat-rule.ts";
import { type Problem, type TextSchema, textProblem } from "./types.ts";

/** A longer list would help nobody, and make the response larger than the request. */
const MAX_ISSUES = 50;

/** What TypeBox reports about a value. */
interface Fault {
  path: string;
  value: unknown;
  schema: TSchema;
  message: string;
}

/**
 * Returns the first problem of each wrong field, with messages that use the schema's `title`.
 * @param faults TypeBox may report several for a field
 */
export function issuesOf(faults: Iterable<Fault>): Issue[] {
  const issues = new Map<string, Issue>();
  for (const fault of faults) {
    if (issues.size === MAX_ISSUES) break;
    if (!issues.has(fault.path)) issues.set(fault.path, { path: fault.path, ...problemOf(fault) });
  }
  return [...issues.values()];
}

function problemOf({ path, value, schema, message }: Fault): Problem {
  const name = schema.title ?? path.split("/").at(-1) ?? "";
  if (message === "Unexpected property")
    return { rule: "unknown", message: `There is no field “${fieldName(path)}” here.` };
  if (value === undefined) return { rule: "required", message: `${name || "A body"} is required.` };
  switch (schema[Kind]) {
    case "Text":
      return textProblem(schema as TextSchema, value) ?? { rule: "type", message: `${name} must be text.` };
    case "Choice":
      return { rule: "enum", message: `${name} must be one of: ${schema.enum.map(String).join(", ")}.` };
    case "TimeZone":
      return { rule: "timeZone", message: `${name} must be the name of an IANA time zone, such as Europe/Berlin.` };
    case "PlainDate":
      return { rule: "date", message: `${name} must be a date from 1900 to 2999, such as 2026-05-03.` };
    case "RepeatRule":
      return { rule: "repeat", message: typeof value === "string" ? `${ruleProblem(value)}` : `${name} must be text.` };
    case "PlainTime":
      return { rule: "time", message: `${name} must be a time from 00:00 to 23:59, such as 15:30.` };
    case "Boolean":
      return { rule: "type", message: `${name} must be true or false.` };
    case "Object":
      return { rule: "type", message: "This must be an object with named fields." };
    case "Array":
      return Array.isArray(value)
        ? {
            rule: "items",
            message: schema.minItems
              ? `${name} must have ${schema.minItems} to ${schema.maxItems} entries.`
              : `${name} can have at most ${schema.maxItems} entries.`,
          }
        : { rule: "type", message: `${name} must be a list.` };
    case "Count":
      return { rule: "range", message: `${name} must be a whole number from ${schema.minimum} to ${schema.maximum}.` };
    default:
      return { rule: "type", message: `${name} has the wrong type.` };
  }
}

const fieldName = (path: string) =>
  (path.split("/").at(-1) ?? "").replaceAll("~1", "/").replaceAll("~0", "~").slice(0, 60);
