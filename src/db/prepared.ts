import { and, Column, eq, getTableColumns, type InferInsertModel, type InferSelectModel, sql } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Database, Writer } from "./database.ts";

/** The used part of a query that Drizzle has prepared. */
interface Prepared<Row> {
  execute(values: Record<string, unknown>): Promise<Row[]>;
  /** Returns each row as an array, in the order of the selected fields. */
  values(values: Record<string, unknown>): unknown;
}

/**
 * Returns a function that prepares a query once per handle. SQLite has one handle that reads and one that writes, for the
 * life of the process, and preparing a query costs more than running it.
 */
export function preparedFor<Handle extends object, Query>(prepare: (handle: Handle) => Query) {
  const prepared = new WeakMap<Handle, Query>();
  return (handle: Handle): Query => {
    const query = prepared.get(handle) ?? prepare(handle);
    prepared.set(handle, query);
    return query;
  };
}

/**
 * Returns a function that runs a prepared query. On SQLite it decodes rows itself: Drizzle inspects each field of each
 * row again, which costs more than the query.
 * @param columns the selected columns, in order
 */
export function rowsOf<Row>(
  engine: Database["engine"],
  columns: Readonly<Record<string, Column>>,
  query: Prepared<Row>,
): (values: Record<string, unknown>) => Promise<Row[]> | Row[] {
  if (engine !== "sqlite") return (values) => query.execute(values);
  const names = Object.keys(columns);
  const decoders = Object.values(columns).map((column) =>
    column.mapFromDriverValue === Column.prototype.mapFromDriverValue
      ? undefined
      : (cell: unknown) => column.mapFromDriverValue(cell),
  );
  const rowOf = (cells: unknown[]) => {
    const row: Record<string, unknown> = {};
    for (let index = 0; index < names.length; index++) {
      const cell = cells[index];
      const decode = decoders[index];
      row[names[index] as string] = decode && cell !== null ? decode(cell) : cell;
    }
    return row as Row;
  };
  return (values) => {
    const rows = query.values(values) as unknown[][] | Promise<unknown[][]>;
    return rows instanceof Promise ? rows.then((all) => all.map(rowOf)) : rows.map(rowOf);
  };
}

/**
 * Returns the values of a list of placeholders, `NAME0`, `NAME1` and so on. Their number is a power of two, so that lists of
 * any length need few queries; what is missing is empty and matches nothing.
 */
export function padded(name: string, items: readonly string[]) {
  const size = items.length <= 1 ? 1 : 2 ** Math.ceil(Math.log2(items.length));
  const values = Array.from({ length: size }, (_, index) => [`${name}${index}`, items[index] ?? ""]);
  return { size, values: Object.fromEntries(values) as Record<string, string> };
}

/** Returns placeholders and an encoder for columns by name. Drizzle's own encoding placeholders don't support null. */
function bindable(table: SQLiteTable, names: readonly string[]) {
  const columns = getTableColumns(table) as Record<string, Column>;
  return {
    placeholders: Object.fromEntries(names.map((name) => [name, sql`${sql.placeholder(name)}`])) as never,
    encode: (row: Record<string, unknown>): Record<string, unknown> =>
      Object.fromEntries(
        names.map((name) => {
          const value = row[name] ?? null;
          return [name, value === null ? null : columns[name]?.mapToDriverValue(value)];
        }),
      ),
  };
}

/**
 * Prepares the insert of one row into a table with an id.
 * @param given the columns that a row contains; the others get their defaults
 * @returns a function that inserts a row and returns its id
 */
export function insertInto<Table extends SQLiteTable & { id: SQLiteColumn }>(
  table: Table,
  given: (keyof InferInsertModel<Table> & string)[],
) {
  const { placeholders, encode } = bindable(table, given);
  const prepared = preparedFor((tx: Writer) =>
    tx.insert(table).values(placeholders).returning({ id: table.id }).prepare(),
  );
  return async (tx: Writer, row: InferInsertModel<Table>): Promise<Table["id"]["_"]["data"]> => {
    const [inserted] = (await prepared(tx).execute(encode(row))) as { id: Table["id"]["_"]["data"] }[];
    return inserted?.id;
  };
}

/**
 * Prepares the update of one row, once per set of columns that change together: an unchanged column updates no index.
 * @param key the columns that identify the row, with their values before the update
 */
export function updateIn<Table extends SQLiteTable>(table: Table, key: readonly string[]) {
  const all = getTableColumns(table) as Record<string, Column>;
  const condition = and(...key.map((name) => eq(all[name] as Column, sql.placeholder(`key_${name}`))));
  const names = Object.keys(getTableColumns(table));
  const prepare = (tx: Writer, columns: readonly string[]) => {
    const { placeholders, encode } = bindable(table, columns);
    const query = tx.update(table).set(placeholders).where(condition).prepare();
    return { query, encode };
  };
  const prepared = preparedFor((_: Writer) => new Map<string, ReturnType<typeof prepare>>());

  return async (tx: Writer, before: InferSelectModel<Table>, after: InferSelectModel<Table>): Promise<void> => {
    const changed = names.filter((name) => !isSame(before[name as never], after[name as never]));
    const queries = prepared(tx);
    const shape = changed.join();
    const { query, encode } = queries.get(shape) ?? prepare(tx, changed);
    queries.set(shape, { query, encode });
    const keys = key.map((name) => [`key_${name}`, before[name as never]]);
    await query.execute({ ...Object.fromEntries(keys), ...encode(after) });
  };
}

const isSame = (one: unknown, other: unknown) =>
  one instanceof Date && other instanceof Date ? one.getTime() === other.getTime() : one === other;
