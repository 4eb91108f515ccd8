import * as pg from "drizzle-orm/pg-core";
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

/** Sorted by code point as in SQLite, so that lists and cursors are the same on both engines. */
const plainText = pg.customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
const jsonText = pg.customType<{ data: unknown; driverData: string }>({
  dataType: () => "text",
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (text) => JSON.parse(text),
});

/** The builders of PostgreSQL, with SQLite's types: both are used the same way. */
export const postgresDialect = {
  table: pg.pgTable,
  text: (name: string) => plainText(name),
  integer: (name: string) => pg.integer(name),
  instant: (name: string) => pg.timestamp(name, { mode: "date", precision: 3, withTimezone: true }),
  json: (name: string) => jsonText(name),
  counter: (name: string) => pg.bigserial(name, { mode: "number" }).primaryKey(),
  counted: (name: string) => pg.bigint(name, { mode: "number" }),
  primaryKey: pg.primaryKey,
  index: pg.index,
  uniqueIndex: pg.uniqueIndex,
  check: pg.check,
} as unknown as Dialect;
