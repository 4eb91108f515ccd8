import { and, asc, gt, inArray, sql } from "drizzle-orm";
import type { Database } from "../../db/database.ts";

/** Changes of one transaction, so that others can write in between. */
const BATCH = 1000;

/**
 * Removes changes from before a time. The newest of them stays in each project: a position never goes back, and a client
 * that knows an older one has to reload.
 * @returns how many changes were removed
 */
export async function pruneChanges(db: Database, before: Date): Promise<number> {
  const { changes } = db.schema;
  const isFollowedByOld = sql`(
    select newer.at from ${changes} as newer
    where newer.project_id = ${changes.projectId} and newer.id > ${changes.id} order by newer.id limit 1
  ) < ${sql.param(before, changes.at)}`;
  for (let [total, last] = [0, 0]; ; ) {
    // In the order of their ids, which is that of time: what is left of earlier runs is one change for each project.
    const rows = await db.read
      .select({ id: changes.id, at: changes.at })
      .from(changes)
      .where(gt(changes.id, last))
      .orderBy(asc(changes.id))
      .limit(BATCH);
    const end = rows.findIndex(({ at }) => at >= before);
    const ids = (end < 0 ? rows : rows.slice(0, end)).map(({ id }) => id);
    if (ids.length > 0) {
      const removed = await db.write(async (tx) =>
        tx
          .delete(changes)
          .where(and(inArray(changes.id, ids), isFollowedByOld))
          .returning({ id: changes.id }),
      );
      total += removed.length;
    }
    if (ids.length < BATCH) return total;
    last = ids.at(-1) ?? last;
  }
}
