import { sql } from "drizzle-orm";
import { CommandError } from "../../errors.ts";
import type { Database, Writer } from "../database.ts";
import type { Schema } from "../schema/index.ts";
import { TABLES, tableOf } from "./tables.ts";

/** The progress of a copy that has not inserted anything. It marks the target until the copy is complete. */
export const MARK = { table: "users", lastKey: null, rows: 0 };

/** Returns whether a copy into a database was started and has not finished. */
export async function isUnfinished({ read, schema }: Pick<Database, "read" | "schema">): Promise<boolean> {
  return (await read.select().from(schema.copyProgress).limit(1)).length > 0;
}

/** Returns the error for an unfinished copy. */
export const unfinishedCopy = () =>
  new CommandError(
    "a copy into this database has not finished; run the same `taskflow copy` or `restore` again, or use another database",
  );

/** Checks that a database is no unfinished copy, which must not be served, copied or backed up. @throws CommandError */
export async function assertComplete(db: Pick<Database, "read" | "schema">): Promise<void> {
  if (await isUnfinished(db)) throw unfinishedCopy();
}

/** Marks an empty database as the target of a copy. @returns false if it was marked before or is not empty */
export async function markTarget(tx: Pick<Writer, "select" | "insert">, schema: Schema): Promise<boolean> {
  for (const [name] of TABLES) {
    const rows = await tx.select({ any: sql`1` }).from(tableOf({ schema }, name)).limit(1);
    if (rows.length > 0) return false;
  }
  const { copyProgress } = schema;
  const marked = await tx.insert(copyProgress).values(MARK).onConflictDoNothing().returning();
  return marked.length > 0;
}
