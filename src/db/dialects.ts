import * as pg from "drizzle-orm/pg-core";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** The column and constraint builders that `declareSchema` uses, by the names it uses: here as SQLite has them. */
export const sqliteDialect = {
  table: sqliteTable,
  text,
  integer,
  /** A moment in UTC, to the millisecond: a number since 1970 in SQLite, a `Date` in the code. */
  instant: (name: string) => integer(name, { mode: "timestamp_ms" }),
  /** A value of JSON, kept as its text. */
  json: (name: string) => text(name, { mode: "json" }),
  /** A primary key that counts up and never gives a number twice. */
  counter: (name: string) => integer(name).primaryKey({ autoIncrement: true }),
  /** What refers to a counter. */
  counted: (name: string) => integer(name),
  primaryKey,
  index,
  uniqueIndex,
  check,
};

export type Dialect = typeof sqliteDialect;

/** Sorted by code point, as SQLite does: a list has the same order, and a cursor the same meaning, on both engines. */
const plainText = pg.customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
const jsonText = pg.customType<{ data: unknown; driverData: string }>({
  dataType: () => "text",
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (text) => JSON.parse(text),
});

/** The same for PostgreSQL. The types are SQLite's: what the two builders give is used alike. */
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
