import { and, desc, eq, getTableColumns, gt, inArray, lt, or, sql } from "drizzle-orm";
import type { Database, Reader, Writer } from "../../db/database.ts";
import { insertInto, rowsOf } from "../../db/prepared.ts";
import type { Schema } from "../../db/schema/index.ts";
import type { Actor } from "../accounts/model.ts";
import type { Change, ChangePage, ChangeQuery, Channel, Entity, Values, Verb } from "./model.ts";

const PAGE = 50;
/** Rows of one insert: every engine has a most of bound values. */
const ROWS = 500;

/** Whose data was changed, by whom, through what. */
export interface Origin {
  readonly accountId: string;
  readonly actorId: string | null;
  readonly through: Channel;
}

/** One thing that one action did. */
export interface Entry {
  readonly entity: Entity;
  readonly entityId: string;
  readonly verb: Verb;
  readonly before: Values;
  readonly after: Values;
}

export type Changes = ReturnType<typeof createChanges>;

/** @returns where a change by the actor, to what is theirs, comes from */
export const originOf = ({ user, through }: Actor): Origin => ({ accountId: user.id, actorId: user.id, through });

/** The one list of what happened: activity, undo and the live feed are read from it. */
export function createChanges(db: Database) {
  const { changes } = db.schema;

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

  const since = rowsOf(
    db.engine,
    getTableColumns(changes),
    db.read
      .select()
      .from(changes)
      .where(and(eq(changes.accountId, sql.placeholder("accountId")), gt(changes.id, sql.placeholder("after"))))
      .orderBy(changes.id)
      .limit(sql.placeholder("limit"))
      .prepare(),
  );

  return {
    /**
     * Appends what an action did, in the transaction that does it.
     * @returns the action: the number of its first change
     */
    async record(tx: Writer, origin: Origin, entries: readonly Entry[], undoes: number | null = null): Promise<number> {
      const at = new Date();
      await tx.announce(origin.accountId);
      const [first, ...more] = entries.map((entry) => ({ ...origin, ...entry, undoes, at }));
      if (!first) throw new Error("an action that does nothing is no change");
      const actionId = await insertChange(tx, first);
      for (let start = 0; start < more.length; start += ROWS) {
        await tx.insert(changes).values(more.slice(start, start + ROWS).map((entry) => ({ ...entry, actionId })));
      }
      return actionId;
    },

    /** @returns an account's changes after a number, oldest first */
    async changesAfter(accountId: string, after: number, limit: number): Promise<Change[]> {
      return (await since({ accountId, after, limit })).map(toChange);
    },

    /** @returns the number of an account's newest change, or 0 */
    async newestChange(accountId: string): Promise<number> {
      const [row] = await db.read
        .select({ id: changes.id })
        .from(changes)
        .where(eq(changes.accountId, accountId))
        .orderBy(desc(changes.id))
        .limit(1);
      return row?.id ?? 0;
    },

    /** What happened in the actor's account, or to one of its tasks, newest first. */
    async listChanges(actor: Actor, { task, before, limit = PAGE }: ChangeQuery = {}): Promise<ChangePage> {
      const rows = await db.read
        .select()
        .from(changes)
        .where(
          and(
            eq(changes.accountId, actor.user.id),
            task === undefined ? undefined : eq(changes.entityId, task),
            before === undefined ? undefined : lt(changes.id, Number(before)),
          ),
        )
        .orderBy(desc(changes.id))
        .limit(Number(limit) + 1);
      const items = rows.slice(0, Number(limit)).map(toChange);
      return { items, nextBefore: rows.length > items.length ? (items.at(-1)?.id ?? null) : null };
    },

    /** @returns all changes of the action that a change of this account belongs to; none when there is no such change */
    async actionOf(reader: Reader, accountId: string, id: number): Promise<Change[]> {
      const [change] = await reader
        .select()
        .from(changes)
        .where(and(eq(changes.accountId, accountId), eq(changes.id, id)));
      // The first of an action's changes is gone once its task has left the trash for good; the others name it still.
      const first = change?.actionId ?? id;
      const rows = await reader
        .select()
        .from(changes)
        .where(and(eq(changes.accountId, accountId), or(eq(changes.id, first), eq(changes.actionId, first))))
        .orderBy(changes.id);
      return rows.map(toChange);
    },

    /** @returns what happened to some things after a change, newest first */
    async changesSince(reader: Reader, accountId: string, entityIds: string[], id: number): Promise<Change[]> {
      const rows = await reader
        .select()
        .from(changes)
        .where(and(eq(changes.accountId, accountId), inArray(changes.entityId, entityIds), gt(changes.id, id)))
        .orderBy(desc(changes.id));
      return rows.map(toChange);
    },
  };
}

type Row = Schema["changes"]["$inferSelect"];

function toChange({ accountId: _, ...row }: Row): Change {
  return {
    ...row,
    verb: row.verb as Verb,
    before: row.before as Values,
    after: row.after as Values,
    actionId: row.actionId ?? row.id,
    at: row.at.toISOString(),
  };
}
