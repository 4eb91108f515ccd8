/**
 * The field types that JSON Schema alone can't say well, and the sentences a person gets when a value does
 * not fit. API routes and page forms check against the same schemas and answer with the same words.
 */
import { Kind, type TSchema, TypeRegistry } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { t } from "elysia";
import { AppError, type Issue } from "../errors.ts";

interface TextRules {
  /** Name of the field as a person reads it; starts each message. */
  title: string;
  /** In characters (code points, as JSON Schema counts), after trimming unless `trim` is false. */
  minLength: number;
  maxLength: number;
  /** Tested on the trimmed text; `hint` is the message when it does not match. */
  pattern?: string;
  hint?: string;
  trim?: boolean;
  description?: string;
  examples?: string[];
  format?: string;
  default?: string;
}

type TextSchema = TSchema & TextRules & { "x-hint"?: string };
type CountSchema = TSchema & { minimum: number; maximum: number };
type ChoiceSchema = TSchema & { title: string; enum: readonly string[] };

/** Text of bounded length: well-formed Unicode without NUL, so that every engine stores it as it came. */
export function Text({ hint, ...rules }: TextRules) {
  return t.Unsafe<string>({ [Kind]: "Text", type: "string", "x-hint": hint, ...rules });
}

/** One of a few words. (Elysia's own `UnionEnum` quietly makes the first one the default.) */
export function Choice<const Words extends readonly string[]>(
  words: Words,
  rules: { title: string; description?: string; default?: Words[number]; examples?: string[] },
) {
  return t.Unsafe<Words[number]>({ [Kind]: "Choice", type: "string", enum: words, ...rules });
}

/** A whole number in an answer. (Elysia's own `Integer` would document text as well, which it takes in a query.) */
export const Integer = (rules: { description?: string } = {}) => t.Unsafe<number>({ type: "integer", ...rules });

/** A whole number as the query of an address has it: in digits. Elysia's own checks its bounds after the other fields, and apart. */
export function Count(rules: {
  title: string;
  minimum: number;
  maximum: number;
  default?: number;
  description?: string;
}) {
  return t
    .Transform(t.Unsafe<string | number>({ [Kind]: "Count", type: "integer", ...rules }))
    .Decode(Number)
    .Encode((count) => count);
}

TypeRegistry.Set<CountSchema>(
  "Count",
  (schema, value) =>
    /^\d{1,16}$/.test(String(value)) && Number(value) >= schema.minimum && Number(value) <= schema.maximum,
);
TypeRegistry.Set<TextSchema>("Text", (schema, value) => textIssue(schema, value) === undefined);
TypeRegistry.Set<ChoiceSchema>("Choice", (schema, value) => schema.enum.includes(value as string));

type Fault = Omit<Issue, "path">;

function textIssue(schema: TextSchema, value: unknown): Fault | undefined {
  const name = schema.title;
  if (typeof value !== "string") return { rule: "type", message: `${name} must be text.` };
  if (!value.isWellFormed())
    return { rule: "characters", message: `${name} contains half a character (a lone surrogate).` };
  if (value.includes("\0")) return { rule: "characters", message: `${name} can't contain NUL characters.` };
  const text = schema.trim === false ? value : value.trim();
  // A quick bound first: counting code points of a huge text is wasted work.
  const length = text.length > schema.maxLength * 2 ? text.length : [...text].length;
  if (schema.minLength > 0 && isBlank(text) && schema.trim !== false)
    return { rule: "required", message: `${name} is required.` };
  if (length < schema.minLength)
    return { rule: "minLength", message: `${name} needs at least ${schema.minLength} characters.` };
  if (length > schema.maxLength)
    return {
      rule: "maxLength",
      message: `${name} can have at most ${schema.maxLength} characters; this has ${length}.`,
    };
  if (schema.pattern && !new RegExp(schema.pattern, "u").test(text))
    return { rule: "pattern", message: schema["x-hint"] ?? `${name} has the wrong form.` };
  return undefined;
}

/** Whether a moment, in milliseconds, is one that every engine can hold: the years 1 to 9999. */
export const isStorable = (milliseconds: number) =>
  Number.isSafeInteger(milliseconds) && milliseconds >= -62_135_596_800_000 && milliseconds < 253_402_300_800_000;

/** Nothing that shows: spaces, controls and zero-width characters only. */
const isBlank = (text: string) => !/[^\p{Z}\p{Cc}\p{Cf}]/u.test(text);

/** More than this helps nobody, and would make the answer larger than the question. */
const MOST_ISSUES = 50;

interface SchemaFault {
  path: string;
  value: unknown;
  schema: TSchema;
  message: string;
}

/**
 * The first problem of each wrong field, in the words of the schema's `title`.
 * @param faults what TypeBox reports for a value, any number of times a field
 */
export function issuesOf(faults: Iterable<SchemaFault>): Issue[] {
  const issues = new Map<string, Issue>();
  for (const fault of faults) {
    if (issues.size === MOST_ISSUES) break;
    if (!issues.has(fault.path)) issues.set(fault.path, { path: fault.path, ...faultOf(fault) });
  }
  return [...issues.values()];
}

function faultOf({ path, value, schema, message }: SchemaFault): Fault {
  const name = schema.title ?? path.split("/").at(-1) ?? "";
  if (message === "Unexpected property")
    return { rule: "unknown", message: `There is no field “${fieldName(path)}” here.` };
  if (value === undefined) return { rule: "required", message: `${name || "A body"} is required.` };
  switch (schema[Kind]) {
    case "Text":
      return textIssue(schema as TextSchema, value) ?? { rule: "type", message: `${name} must be text.` };
    case "Choice":
      return { rule: "enum", message: `${name} must be one of: ${schema.enum.join(", ")}.` };
    case "Boolean":
      return { rule: "type", message: `${name} must be true or false.` };
    case "Object":
      return { rule: "type", message: "This must be an object with named fields." };
    case "Array":
      return Array.isArray(value)
        ? { rule: "items", message: `${name} must have ${schema.minItems} to ${schema.maxItems} entries.` }
        : { rule: "type", message: `${name} must be a list.` };
    case "Count":
      return { rule: "range", message: `${name} must be a whole number from ${schema.minimum} to ${schema.maximum}.` };
    default:
      return { rule: "type", message: `${name} has the wrong type.` };
  }
}

const fieldName = (path: string) =>
  (path.split("/").at(-1) ?? "").replaceAll("~1", "/").replaceAll("~0", "~").slice(0, 60);

/**
 * Checks a value that did not come through a typed route, such as a page's form.
 * @throws AppError `invalid` with one issue for each wrong field
 */
export function check<Schema extends TSchema>(schema: Schema, value: unknown): Schema["static"] {
  if (Value.Check(schema, value)) return value as Schema["static"];
  throw invalid(issuesOf(Value.Errors(schema, value)));
}

/** @returns the error for wrong input, with one sentence that sums it up */
export function invalid(issues: readonly Issue[]): AppError {
  const [first, ...more] = issues;
  const summary =
    more.length === 0
      ? (first?.message ?? "The input is wrong.")
      : `${issues.length} fields are wrong. First: ${first?.message}`;
  return new AppError("invalid", summary, issues);
}
