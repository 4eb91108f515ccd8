import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** The column and constraint builders of SQLite, under the names that `declareSchema` uses. */
export const sqliteDialect = {
  table: sqliteTable,
  text,
  integer,
  /** A time in UTC with milliseconds: a number in SQLite, a `Date` in code. */
  instant: (name: string) => integer(name, { mode: "timestamp_ms" }),
  /** A JSON value, stored as text. */
  json: (name: string) => text(name, { mode: "json" }),
  /** A primary key that counts up and never repeats a number. */
  counter: (name: string) => integer(name).primaryKey({ autoIncrement: true }),
  /** A reference to a counter. */
  counted: (name: string) => integer(name),
  primaryKey,
  index,
  uniqueIndex,
  check,
};

export type Dialect = typeof sqliteDialect;
