import { type Column, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Database } from "./database.ts";

const BATCH = 1000;

/**
 * Deletes what may be very much, in units of work that others can write in between, and that each take little time.
 * @param key what finds one row of the table
 */
export async function deleteInBatches(db: Database, table: SQLiteTable, key: Column[], which: SQL): Promise<void> {
  const columns = sql.join(key, sql`, `);
  const some = sql`select ${columns} from ${table} where ${which} limit ${BATCH}`;
  for (;;) {
    const gone = await db.write(async (tx) =>
      tx.delete(table).where(sql`(${columns}) in (${some})`).returning({ gone: sql`1` }),
    );
    if (gone.length < BATCH) return;
  }
}
