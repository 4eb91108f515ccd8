import { generateNKeysBetween } from "fractional-indexing";

/** How many levels of subtasks a task can have. */
export const MAX_DEPTH = 4;
/** Siblings get new keys before one is longer. */
const MAX_KEY = 24;
/** Hexadecimal digits of an id: siblings with the same position differ in them. */
export const ID_DIGITS = 6;

/**
 * Returns the text that a section is sorted by: the outline of the parent, then the position and a part of the id. Both
 * separators sort below the characters of a position, so that subtasks come directly after their parent.
 */
export const outlineOf = (parent: string | null, position: string, id: string): string =>
  `${prefixOf(parent)}${position}-${id.slice(-ID_DIGITS)}`;

/** Returns what the outlines of subtasks start with. @param parent the outline of the parent; null for no parent */
export const prefixOf = (parent: string | null): string => (parent === null ? "" : `${parent}.`);

/** Returns the first text that sorts after an outline and those of its subtasks. */
export const endOf = (outline: string): string => `${outline}/`;

/** Returns how many parents a task with an outline has. */
export const depthOf = (outline: string): number => outline.split(".").length - 1;

/** Returns the outline of the task below a prefix that a task is, or is below. */
export function siblingIn(prefix: string, outline: string): string {
  const end = outline.indexOf(".", prefix.length);
  return end < 0 ? outline : outline.slice(0, end);
}

/** Returns the position at the end of an outline. */
export const positionIn = (outline: string): string =>
  outline.slice(outline.lastIndexOf(".") + 1, outline.lastIndexOf("-"));

/** Returns positions between two others, or undefined if there is no room. @param before null for the start of the list */
export function positionsBetween(before: string | null, after: string | null, count: number): string[] | undefined {
  if (before !== null && after !== null && before >= after) return undefined;
  const positions = generateNKeysBetween(before, after, count);
  return positions.every(({ length }) => length <= MAX_KEY) ? positions : undefined;
}

/** Returns positions for a list that gets new ones. */
export const newPositions = (count: number): string[] => generateNKeysBetween(null, null, count);
