import { and, asc, eq, sql } from "drizzle-orm";
import { fold } from "../text/fold.ts";
import { sortKey } from "../text/sort-key.ts";
import type { Writer } from "./database.ts";
import type { Schema } from "./schema/index.ts";

/** Rows read at a time. */
const BATCH = 500;

/**
 * Computes the columns again that are derived from a task's text, after an upgrade: a column may be new, and an older
 * version may have folded differently. Runs in the transaction of the upgrade.
 */
export async function updateTextKeys(tx: Pick<Writer, "select" | "update">, { tasks }: Schema): Promise<void> {
  const { projectId, id, title, titleKey, titleSort, description, descriptionKey } = tasks;
  let last = { projectId: "", id: "" };
  for (;;) {
    const rows = await tx
      .select({ projectId, id, title, titleKey, titleSort, description, descriptionKey })
      .from(tasks)
      .where(sql`(${projectId}, ${id}) > (${last.projectId}, ${last.id})`)
      .orderBy(asc(projectId), asc(id))
      .limit(BATCH);
    const updates = rows.flatMap((row) => {
      const keys = {
        titleKey: fold(row.title),
        titleSort: sortKey(row.title),
        descriptionKey: fold(row.description),
      };
      if (Object.entries(keys).every(([name, key]) => row[name as keyof typeof keys] === key)) return [];
      return [
        tx
          .update(tasks)
          .set(keys)
          .where(and(eq(projectId, row.projectId), eq(id, row.id))),
      ];
    });
    await Promise.all(updates);
    if (rows.length < BATCH) return;
    last = rows.at(-1) ?? last;
  }
}
