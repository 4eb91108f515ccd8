// Positions in the live stream: the newest change of each project that the account sees (src/features/changes/position.ts).
// Of one project it is a plain number; of several, a hash of the projects and then the numbers in base 36.

/** @typedef {{ projects: string, newest: number[] }} Position */

/** No position: its stream begins with `reload`. */
const UNKNOWN = "0.0.0";

/** @param {string} text @returns {Position} */
function parsePosition(text) {
  const [projects = "", ...newest] = text.split(".");
  if (newest.length === 0) return { projects: "", newest: [Number(projects)] };
  return { projects, newest: newest.map((part) => Number.parseInt(part, 36)) };
}

/** @param {Position} position */
function write({ projects, newest }) {
  if (projects === "") return String(newest[0]);
  return [projects, ...newest.map((part) => part.toString(36))].join(".");
}

/** Returns whether a position of the same projects contains every change of another one. @param {string} one @param {string} other */
export function covers(one, other) {
  const [{ projects, newest }, second] = [parsePosition(one), parsePosition(other)];
  return projects === second.projects && newest.every((part, index) => part >= (second.newest[index] ?? 0));
}

/**
 * Returns the position with what all of them contain, or with what any of them does; undefined if they are of different
 * projects.
 * @param {string[]} positions @param {(...parts: number[]) => number} pick
 */
function combine(positions, pick) {
  const [first, ...others] = positions.map(parsePosition);
  if (!first || others.some(({ projects }) => projects !== first.projects)) return undefined;
  const newest = first.newest.map((part, index) => pick(part, ...others.map((other) => other.newest[index] ?? 0)));
  return write({ projects: first.projects, newest });
}

/** Returns where a stream for all of these positions starts. @param {string[]} positions */
export const furthestBehind = (positions) => combine(positions, Math.min) ?? UNKNOWN;

/** Returns the position after both; the second if they are of different projects. @param {string} one @param {string} other */
export const furthestAhead = (one, other) => combine([one, other], Math.max) ?? other;

/**
 * Returns the position of a page once it has received a change, or undefined if it has received it before.
 * @param {string} page @param {string} stream the position of the stream at the change @param {number} change
 */
export function withChange(page, stream, change) {
  const [{ projects, newest }, { newest: all }] = [parsePosition(page), parsePosition(stream)];
  const index = all.indexOf(change);
  if ((newest[index] ?? 0) >= change) return undefined;
  newest[index] = change;
  return write({ projects, newest });
}
