/** The field types that JSON Schema alone can't express, for API routes and page forms alike. */
import { Kind, type TSchema, TypeRegistry } from "@sinclair/typebox";
import { t } from "elysia";
import { timeZoneOf } from "../calendar.ts";
import type { Issue } from "../errors.ts";
import { INVISIBLE } from "../text/fold.ts";
import { MAX_RULE, ruleProblem } from "../text/repeat-rule.ts";

/** Option of an object that rejects fields it does not declare. */
export const strict = { additionalProperties: false } as const;

export interface TextRules {
  /** Name of the field as a person reads it; starts each message. */
  title: string;
  /** In characters (code points, as in JSON Schema), after trimming unless `trim` is false. */
  minLength: number;
  maxLength: number;
  /** Tested on the trimmed text; `hint` is the message when it does not match. */
  pattern?: string;
  hint?: string;
  trim?: boolean;
  description?: string;
  examples?: (string | null)[];
  format?: string;
  default?: string;
}

const invisible = new RegExp(INVISIBLE, "gu");

export type TextSchema = TSchema & TextRules & { "x-hint"?: string };
type CountSchema = TSchema & { minimum: number; maximum: number };
type ChoiceSchema = TSchema & { title: string; enum: readonly (string | null)[] };

/** Text of bounded length: well-formed Unicode without NUL, so that every engine stores it unchanged. */
export function Text({ hint, ...rules }: TextRules) {
  return t.Unsafe<string>({ [Kind]: "Text", type: "string", "x-hint": hint, ...rules });
}

/** One of a few words. Elysia's own `UnionEnum` makes the first one the default. */
export function Choice<const Words extends readonly string[]>(
  words: Words,
  rules: { title: string; description?: string; default?: Words[number]; examples?: string[] },
) {
  return t.Unsafe<Words[number]>({ [Kind]: "Choice", type: "string", enum: words, ...rules });
}

/** One of a few words, or null for none. */
export function OptionalChoice<const Words extends readonly string[]>(
  words: Words,
  rules: { title: string; description?: string },
) {
  return t.Unsafe<Words[number] | null>({
    [Kind]: "Choice",
    type: ["string", "null"],
    enum: [...words, null],
    ...rules,
  });
}

/** A whole number in a response. Elysia's own `Integer` would document text as well, which it accepts in a query. */
export const Integer = (rules: { description?: string } = {}) => t.Unsafe<number>({ type: "integer", ...rules });

/** A whole number in the query of a URL, in digits. Elysia's own checks its bounds apart from the other fields. */
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

interface OptionalRules {
  title: string;
  description?: string;
  default?: null;
  examples?: (string | null)[];
}

/** The name of an IANA time zone, or null for none. */
export const TimeZone = (rules: OptionalRules) =>
  t.Unsafe<string | null>({ [Kind]: "TimeZone", type: ["string", "null"], ...rules });

/** A rule of RFC 5545 that says when something repeats, or null for none. */
export const RepeatRule = (rules: OptionalRules) =>
  t.Unsafe<string | null>({ [Kind]: "RepeatRule", type: ["string", "null"], maxLength: MAX_RULE, ...rules });

/** A date without a time, or null for none. */
export const PlainDate = (rules: OptionalRules) =>
  t.Unsafe<string | null>({ [Kind]: "PlainDate", type: ["string", "null"], format: "date", ...rules });

/** A time of day, to the minute, or null for none. */
export const PlainTime = (rules: OptionalRules) =>
  t.Unsafe<string | null>({ [Kind]: "PlainTime", type: ["string", "null"], pattern: CLOCK_TIME.source, ...rules });

const CLOCK_TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Returns whether a text is a date of the years 1900 to 2999, such as 2026-05-03. */
export function isPlainDate(text: string): boolean {
  if (!/^(19|2\d)\d\d-\d\d-\d\d$/.test(text)) return false;
  try {
    return Temporal.PlainDate.from(text).toString() === text;
  } catch {
    return false;
  }
}

TypeRegistry.Set<TSchema>(
  "PlainDate",
  (_, value) => value === null || (typeof value === "string" && isPlainDate(value)),
);
TypeRegistry.Set<TSchema>("PlainTime", (_, value) => value === null || CLOCK_TIME.test(String(value)));

TypeRegistry.Set<TSchema>(
  "TimeZone",
  (_, value) => value === null || (typeof value === "string" && timeZoneOf(value) !== undefined),
);
TypeRegistry.Set<TSchema>(
  "RepeatRule",
  (_, value) => value === null || (typeof value === "string" && ruleProblem(value) === undefined),
);
TypeRegistry.Set<CountSchema>(
  "Count",
  (schema, value) =>
    /^\d{1,16}$/.test(String(value)) && Number(value) >= schema.minimum && Number(value) <= schema.maximum,
);
TypeRegistry.Set<TextSchema>("Text", (schema, value) => textProblem(schema, value) === undefined);
TypeRegistry.Set<ChoiceSchema>("Choice", (schema, value) => schema.enum.includes(value as string | null));

/** What is wrong with a value: an issue without the path of its field. */
export type Problem = Omit<Issue, "path">;

/** Returns what is wrong with a value of a `Text` field, or undefined. */
export function textProblem(schema: TextSchema, value: unknown): Problem | undefined {
  const name = schema.title;
  if (typeof value !== "string") return { rule: "type", message: `${name} must be text.` };
  if (!value.isWellFormed()) return { rule: "characters", message: `${name} contains a lone surrogate.` };
  if (value.includes("\0")) return { rule: "characters", message: `${name} can't contain NUL characters.` };
  const text = schema.trim === false ? value : value.trim();
  // Counting the code points of a very long text would be wasted work.
  const length = text.length > schema.maxLength * 2 ? text.length : [...text].length;
  if (schema.minLength > 0 && (schema.trim === false ? text === "" : isBlank(text)))
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

/** Returns whether a text shows nothing. */
const isBlank = (text: string) => text.replace(invisible, "") === "";

/** Returns whether every engine can store a time, in milliseconds since 1970: the years 1 to 9999. */
export const isStorableTime = (milliseconds: number) =>
  Number.isSafeInteger(milliseconds) && milliseconds >= -62_135_596_800_000 && milliseconds < 253_402_300_800_000;
