/** The newest change of each project that an account sees, by project. */
export type Position = ReadonlyMap<string, number>;

/**
 * Writes a position as text: a hash of the projects, then the newest change of each, in the order of their ids. If there is
 * only one project, which is the Inbox, it is the plain number of its newest change.
 */
export function writePosition(position: Position): string {
  const ids = [...position.keys()].sort();
  const newest = ids.map((id) => position.get(id) ?? 0);
  if (ids.length === 1) return String(newest[0]);
  return [Bun.hash(ids.join()).toString(36), ...newest.map((id) => id.toString(36))].join(".");
}

/** The text of a position. `static/changes/position.js` reads it as well. */
export const POSITION = /^(\d{1,15}|[0-9a-z]{1,13}(\.[0-9a-z]{1,11}){2,1000})$/;

/** Reads a position. @returns undefined if it is not one of these projects */
export function readPosition(text: string, projectIds: Iterable<string>): Position | undefined {
  const ids = [...projectIds].sort();
  const parts = text.split(".");
  const [first = ""] = parts;
  if (!POSITION.test(text)) return undefined;
  if (parts.length === 1) return ids.length === 1 ? new Map([[ids[0] ?? "", Number(first)]]) : undefined;
  if (parts.length !== ids.length + 1 || first !== Bun.hash(ids.join()).toString(36)) return undefined;
  return new Map(ids.map((id, index) => [id, Number.parseInt(parts[index + 1] ?? "", 36)]));
}
