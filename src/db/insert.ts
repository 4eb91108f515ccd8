import { type Column, getTableColumns, type InferInsertModel, type InferSelectModel, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Writer } from "./database.ts";

/**
 * The insert of one row, prepared once for each writer: there is one on SQLite, where preparing an insert costs more
 * than running it.
 * @param given the columns that come with a row; the others get their defaults
 * @returns a function that inserts and gives back the whole row
 */
export function insertInto<Table extends SQLiteTable>(table: Table, given: (keyof InferInsertModel<Table> & string)[]) {
  const columns = getTableColumns(table) as Record<string, Column>;
  const prepared = new WeakMap<Writer, ReturnType<typeof prepare>>();

  function prepare(tx: Writer) {
    // A bare placeholder, as Drizzle's encoded one knows no null.
    const values = Object.fromEntries(given.map((name) => [name, sql`${sql.placeholder(name)}`]));
    return tx
      .insert(table)
      .values(values as { [name in keyof InferInsertModel<Table>]: SQL } as never)
      .returning()
      .prepare();
  }

  return async (tx: Writer, row: InferInsertModel<Table>): Promise<InferSelectModel<Table>> => {
    const insert = prepared.get(tx) ?? prepare(tx);
    prepared.set(tx, insert);
    const values = given.map((name) => {
      const value = (row as Record<string, unknown>)[name] ?? null;
      return [name, value === null ? null : columns[name]?.mapToDriverValue(value)] as const;
    });
    const [inserted] = (await insert.execute(Object.fromEntries(values))) as InferSelectModel<Table>[];
    return inserted as InferSelectModel<Table>;
  };
}
