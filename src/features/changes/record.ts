import type { Actor, Channel } from "../../actor.ts";
import type { Database, Writer } from "../../db/database.ts";
import { insertInto } from "../../db/prepared.ts";
import { countEvent } from "../../observe.ts";
import { type LongFieldsOf, shortened } from "./long-texts.ts";
import type { EntityName, Values, Verb } from "./model.ts";

/** Rows of one insert: every engine limits the number of bound values. */
const ROWS = 500;

/** Who made a change, and how. */
export interface Origin {
  /** Null for the program and its operator. */
  readonly actorId: string | null;
  readonly through: Channel;
}

/** One change of an action. */
export interface Entry {
  /** The project whose log gets the change. */
  readonly projectId: string;
  readonly entity: EntityName;
  readonly entityId: string;
  readonly verb: Verb;
  readonly before: Values | null;
  readonly after: Values | null;
}

/** Returns the origin of a change that an actor makes. */
export const originOf = ({ user, through }: Actor): Origin => ({ actorId: user.id, through });

/**
 * Appends the changes of one action, in the transaction that makes them. They can be in the logs of several projects.
 * @param undoes the action that this one takes back
 * @param action the action that the changes belong to, if an earlier transaction has begun it
 * @returns the id of the action: that of its first change
 */
export type RecordAction = (
  tx: Writer,
  origin: Origin,
  entries: readonly Entry[],
  undoes?: number | null,
  action?: number,
) => Promise<number>;

export function createRecord({ schema: { changes } }: Database, longFieldsOf: LongFieldsOf): RecordAction {
  const insertChange = insertInto(changes, [
    "projectId",
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

  return async function record(tx, origin, entries, undoes = null, action = undefined) {
    const at = new Date();
    for (const projectId of new Set(entries.map((entry) => entry.projectId))) await tx.lockChangeLog(projectId);
    const rows = entries.map((entry) => ({
      ...origin,
      ...shortened(entry, longFieldsOf(entry.entity)?.names),
      undoes,
      at,
    }));
    if (undoes === null) for (const entry of entries) countTask(entry);
    const first = action === undefined ? rows.shift() : undefined;
    const actionId = action ?? (first && (await insertChange(tx, first)));
    if (actionId === undefined) throw new Error("an action without changes can't be recorded");
    for (let start = 0; start < rows.length; start += ROWS) {
      await tx.insert(changes).values(rows.slice(start, start + ROWS).map((entry) => ({ ...entry, actionId })));
    }
    return actionId;
  };
}

/** Counts a task that was created or completed, also if its transaction fails later, which is rare. */
function countTask({ entity, verb, after }: Entry) {
  if (entity !== "task") return;
  if (verb === "create") countEvent("task", "created");
  // A task that repeats stays open, and only remembers when it was completed.
  if (after?.completed ?? after?.lastCompletedAt) countEvent("task", "completed");
}
