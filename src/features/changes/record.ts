import type { Actor, Channel } from "../../actor.ts";
import type { Database, Writer } from "../../db/database.ts";
import { insertInto } from "../../db/prepared.ts";
import type { EntityName, Values, Verb } from "./model.ts";

/** Rows of one insert: every engine limits the number of bound values. */
const ROWS = 500;

/** Whose data was changed, by whom and how. */
export interface Origin {
  readonly accountId: string;
  /** Null for the program and its operator. */
  readonly actorId: string | null;
  readonly through: Channel;
}

/** One change of an action. */
export interface Entry {
  readonly entity: EntityName;
  readonly entityId: string;
  readonly verb: Verb;
  readonly before: Values | null;
  readonly after: Values | null;
}

/** Returns the origin of a change that an actor makes to their own data. */
export const originOf = ({ user, through }: Actor): Origin => ({ accountId: user.id, actorId: user.id, through });

/**
 * Appends the changes of one action, in the transaction that makes them.
 * @param undoes the action that this one takes back
 * @returns the id of the action: that of its first change
 */
export type RecordAction = (
  tx: Writer,
  origin: Origin,
  entries: readonly Entry[],
  undoes?: number | null,
) => Promise<number>;

export function createRecord({ schema: { changes } }: Database): RecordAction {
  const insertChange = insertInto(changes, [
    "accountId",
    "actorId",
    "through",
    "entity",
    "entityId",
    "verb",
    "before",
    "after",
    "undoes",
    "at",
  ]);

  return async function record(tx, origin, entries, undoes = null) {
    const at = new Date();
    await tx.lockChangeLog(origin.accountId);
    const [first, ...more] = entries.map((entry) => ({ ...origin, ...entry, undoes, at }));
    if (!first) throw new Error("an action without changes can't be recorded");
    const actionId = await insertChange(tx, first);
    for (let start = 0; start < more.length; start += ROWS) {
      await tx.insert(changes).values(more.slice(start, start + ROWS).map((entry) => ({ ...entry, actionId })));
    }
    return actionId;
  };
}
