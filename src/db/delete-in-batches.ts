import { type Column, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Database } from "./database.ts";

const BATCH_SIZE = 1000;

/**
 * Deletes rows in short units of work, so that other writes run in between.
 * @param key the columns that identify a row
 */
export async function deleteInBatches(db: Database, table: SQLiteTable, key: Column[], condition: SQL): Promise<void> {
  const columns = sql.join(key, sql`, `);
  const batch = sql`select ${columns} from ${table} where ${condition} limit ${BATCH_SIZE}`;
  for (;;) {
    const deleted = await db.write(async (tx) =>
      tx.delete(table).where(sql`(${columns}) in (${batch})`).returning({ deleted: sql`1` }),
    );
    if (deleted.length < BATCH_SIZE) return;
  }
}
