import { and, eq, inArray, sql } from "drizzle-orm";
import type { Database, Reader, Writer } from "../../db/database.ts";
import { AppError } from "../../errors.ts";
import type { Actor } from "../accounts/model.ts";
import type { Change } from "../changes/model.ts";
import { type Changes, originOf } from "../changes/service.ts";
import { columnsBefore, entryOf, newerThan, standing } from "./history.ts";
import type { Outcome } from "./model.ts";
import { type Row, toVersioned } from "./rows.ts";

/** Takes actions back: each touched field gets the value it had, unless something newer would be lost by that. */
export function createUndo(db: Database, changes: Changes) {
  const { tasks } = db.schema;

  const rowsOf = async (reader: Reader, actor: Actor, ids: string[]) =>
    new Map<string, Row>(
      (
        await reader
          .select()
          .from(tasks)
          .where(and(eq(tasks.ownerId, actor.user.id), inArray(tasks.id, ids)))
      ).map((row) => [row.id, row]),
    );

  /**
   * @param changeId any change of the action
   * @returns the tasks as they are now, and the action that undoing was: it can be undone as well
   * @throws AppError `notFound`; `conflict` when something newer would be overwritten, or nothing is left to undo
   */
  async function undoAction(tx: Writer, actor: Actor, changeId: number): Promise<Outcome> {
    const action = await changes.actionOf(tx, actor.user.id, changeId);
    const [first] = action;
    if (!first) throw new AppError("notFound", "There is no such change.");
    if (first.entity !== "task" || first.verb === "purge")
      throw new AppError("conflict", "This can't be undone: only what was done to tasks can.");
    const ids = action.map(({ entityId }) => entityId);
    const rows = await rowsOf(tx, actor, ids);
    const newest = action.at(-1)?.id ?? first.id;
    const { live, undone } = standing(first.actionId, await changes.changesSince(tx, actor.user.id, ids, newest));
    if (undone) throw new AppError("conflict", "This was undone already.");
    for (const change of action) {
      const row = rows.get(change.entityId);
      const newer = newerThan(change, live, row);
      if (newer === undefined) continue;
      const title = row ? `“${row.title}”: ` : "";
      throw new AppError("conflict", `${title}${newer}. Undoing would overwrite that, so nothing was changed.`);
    }

    const now = new Date();
    const groups = Map.groupBy(action, (change) => JSON.stringify(change.before));
    const after = new Map<string, Row>();
    for (const alike of groups.values()) {
      const [sample = first] = alike;
      const ids = alike.map(({ entityId }) => entityId);
      const changed = await tx
        .update(tasks)
        .set({ ...columnsBefore(sample, now), version: sql`${tasks.version} + 1`, updatedAt: now })
        .where(and(eq(tasks.ownerId, actor.user.id), inArray(tasks.id, ids)))
        .returning();
      for (const row of changed) after.set(row.id, row);
    }
    const ordered = action.map(({ entityId }) => after.get(entityId)).filter((row) => row !== undefined);
    const entries = ordered.map((row) => entryOf(rows.get(row.id), row));
    const change = await changes.record(tx, originOf(actor), entries, first.actionId);
    return {
      change,
      tasks: ordered.map((row) => ({ ...toVersioned(row), gone: row.deletedAt !== null })),
    };
  }

  /** @returns the numbers of those changes that can be taken back as things stand, each looked at by itself */
  async function undoable(actor: Actor, items: readonly Change[]): Promise<ReadonlySet<number>> {
    const ofTasks = items.filter(({ entity, verb }) => entity === "task" && verb !== "purge");
    if (ofTasks.length === 0) return new Set();
    const ids = [...new Set(ofTasks.map(({ entityId }) => entityId))];
    const oldest = Math.min(...ofTasks.map(({ id }) => id));
    const [rows, since] = await Promise.all([
      rowsOf(db.read, actor, ids),
      changes.changesSince(db.read, actor.user.id, ids, oldest),
    ]);
    const free = ofTasks.filter((change) => {
      const newer = since.filter(({ id, actionId }) => id > change.id && actionId !== change.actionId);
      const { live, undone } = standing(change.actionId, newer);
      return !undone && newerThan(change, live, rows.get(change.entityId)) === undefined;
    });
    return new Set(free.map(({ id }) => id));
  }

  return { undoAction, undoable };
}
