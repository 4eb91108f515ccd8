import { and, asc, eq, inArray, lt } from "drizzle-orm";
import type { Database } from "../../db/database.ts";
import type { Entity, EntityRow } from "./entity.ts";
import { TRASH_DAYS } from "./model.ts";
import type { RecordAction } from "./record.ts";

/** Items of one transaction, so that others can write in between. */
const BATCH = 200;
const DAY_MS = 86_400_000;

/**
 * Removes the items of an entity that have been in the trash for over 30 days, with their changes.
 * @returns how many items were removed
 */
export async function purgeTrash(
  db: Database,
  record: RecordAction,
  { name, table }: Entity<EntityRow>,
): Promise<number> {
  const { changes } = db.schema;
  const expired = lt(table.deletedAt, new Date(Date.now() - TRASH_DAYS * DAY_MS));
  for (let total = 0; ; ) {
    const old = (await db.read
      .select({ ownerId: table.ownerId, id: table.id })
      .from(table)
      .where(expired)
      .orderBy(asc(table.deletedAt))
      .limit(BATCH)) as Pick<EntityRow, "ownerId" | "id">[];
    for (const [ownerId, rows] of Map.groupBy(old, (row) => row.ownerId)) {
      const ids = rows.map(({ id }) => id);
      total += await db.write(async (tx) => {
        const removed = (await tx
          .delete(table)
          .where(and(eq(table.ownerId, ownerId), inArray(table.id, ids), expired))
          .returning({ id: table.id })) as Pick<EntityRow, "id">[];
        if (removed.length === 0) return 0; // another process was faster
        const removedIds = removed.map(({ id }) => id);
        await tx.delete(changes).where(and(eq(changes.accountId, ownerId), inArray(changes.entityId, removedIds)));
        await record(
          tx,
          { accountId: ownerId, actorId: null, through: "program" },
          removedIds.map((entityId) => ({ entity: name, entityId, verb: "purge", before: null, after: null })),
        );
        return removed.length;
      }, ownerId);
    }
    if (old.length < BATCH) return total;
  }
}
