import * as pg from "drizzle-orm/pg-core";
import type { Dialect } from "../sqlite/dialect.ts";

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
