import { and, desc, eq, getTableColumns, gt, inArray, lt, or, sql } from "drizzle-orm";
import type { Actor } from "../../actor.ts";
import type { Database, Reader } from "../../db/database.ts";
import { rowsOf } from "../../db/prepared.ts";
import type { Schema } from "../../db/schema/index.ts";
import type { Change, ChangePage, ChangeQuery, Values, Verb } from "./model.ts";

const PAGE = 50;

export type ChangeLog = ReturnType<typeof createChangeLog>;

/** Reads the change log: activity, undo and live updates are based on it. */
export function createChangeLog(db: Database) {
  const { changes } = db.schema;

  const after = rowsOf(
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
    /** Returns an account's changes after one of them, oldest first. */
    async changesAfter(accountId: string, id: number, limit: number): Promise<Change[]> {
      return (await after({ accountId, after: id, limit })).map(toChange);
    },

    /** Returns the id of an account's newest change, or 0. */
    async newestChange(accountId: string): Promise<number> {
      const [row] = await db.read
        .select({ id: changes.id })
        .from(changes)
        .where(eq(changes.accountId, accountId))
        .orderBy(desc(changes.id))
        .limit(1);
      return row?.id ?? 0;
    },

    /** Returns a page of the changes in the actor's account, or of one task, newest first. */
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

    /** Returns all changes of the action that a change belongs to; none if there is no such change in the account. */
    async actionOf(reader: Reader, accountId: string, id: number): Promise<Change[]> {
      const [change] = await reader
        .select()
        .from(changes)
        .where(and(eq(changes.accountId, accountId), eq(changes.id, id)));
      // Purging a task removes its changes. The others of the action still refer to the first one.
      const first = change?.actionId ?? id;
      const rows = await reader
        .select()
        .from(changes)
        .where(and(eq(changes.accountId, accountId), or(eq(changes.id, first), eq(changes.actionId, first))))
        .orderBy(changes.id);
      return rows.map(toChange);
    },

    /** Returns the changes to some items after a change, newest first. */
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

function toChange({ accountId: _, ...row }: Schema["changes"]["$inferSelect"]): Change {
  return {
    ...row,
    verb: row.verb as Verb,
    before: row.before as Values | null,
    after: row.after as Values | null,
    actionId: row.actionId ?? row.id,
    at: row.at.toISOString(),
  };
}
