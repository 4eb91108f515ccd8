import { and, asc, eq, inArray, lt } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { inChunks } from "../../chunks.ts";
import type { Database, Writer } from "../../db/database.ts";
import { type Entity, type EntityRow, projectOf } from "./entity.ts";
import { TRASH_DAYS } from "./model.ts";
import type { RecordAction } from "./record.ts";

/** Items of one transaction, so that others can write in between. */
const BATCH = 200;
const DAY_MS = 86_400_000;

/**
 * Removes the items of an entity that have been in the trash for over 30 days, with their parts and changes.
 * @returns how many items were removed
 */
export async function purgeTrash(
  db: Database,
  record: RecordAction,
  entity: Entity<EntityRow>,
  parts: readonly Entity<EntityRow>[],
): Promise<number> {
  const { name, table, scope, count, purge } = entity;
  const { changes } = db.schema;
  const expired = lt(table.deletedAt, new Date(Date.now() - TRASH_DAYS * DAY_MS));

  /** Removes items of one project. */
  async function remove(projectId: string, ids: string[]): Promise<number> {
    // An item that was moved has changes in the logs of other projects, which get a newer one in exchange.
    const logs = await db.read
      .selectDistinct({ projectId: changes.projectId })
      .from(changes)
      .where(inArray(changes.entityId, ids));
    return db.write(
      async (tx) => {
        const removed = (await tx
          .delete(table)
          .where(and(eq(table[scope] as SQLiteColumn, projectId), inArray(table.id, ids), expired))
          .returning()) as EntityRow[];
        if (removed.length === 0) return 0; // another process was faster
        await count?.(
          tx,
          removed.map((before) => ({ before })),
        );
        const removedIds = removed.map(({ id }) => id);
        // A part has changes only where its item has some, too.
        for await (const partIds of inChunks(await removeParts(tx, projectId, removedIds), BATCH))
          await tx.delete(changes).where(inArray(changes.entityId, partIds));
        const forgotten = await tx
          .delete(changes)
          .where(inArray(changes.entityId, removedIds))
          .returning({ projectId: changes.projectId, entityId: changes.entityId });
        const places = new Map(
          [...removedIds.map((entityId) => ({ projectId, entityId })), ...forgotten].map((place) => [
            `${place.projectId} ${place.entityId}`,
            place,
          ]),
        );
        await record(
          tx,
          { actorId: null, through: "program" },
          [...places.values()].map((place) => ({ ...place, entity: name, verb: "purge", before: null, after: null })),
        );
        return removed.length;
      },
      projectId,
      ...logs.map((log) => log.projectId),
    );
  }

  /** Removes the parts of items. @returns their ids */
  async function removeParts(tx: Writer, projectId: string, ids: string[]): Promise<string[]> {
    const removed: string[] = [];
    for (const { table: each, partOf } of parts) {
      if (!partOf) continue;
      const inItems = and(eq(each.projectId as SQLiteColumn, projectId), inArray(partOf.key, ids));
      for (const row of await tx.delete(each).where(inItems).returning({ id: each.id })) removed.push(String(row.id));
    }
    return removed;
  }

  for (let total = 0; ; ) {
    const old = (await db.read
      .select()
      .from(table)
      .where(expired)
      .orderBy(asc(table.deletedAt))
      .limit(BATCH)) as EntityRow[];
    if (purge) for (const row of old) await purge(row);
    else
      for (const [projectId, rows] of Map.groupBy(old, (row) => projectOf(entity, row)))
        total += await remove(
          projectId,
          rows.map(({ id }) => id),
        );
    if (purge) total += old.length;
    if (old.length < BATCH) return total;
  }
}
