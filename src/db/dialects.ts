import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/**
 * The column and constraint builders that `declareSchema` uses, by the names it uses. PostgreSQL's object has the
 * same keys over `drizzle-orm/pg-core` (`instant` is a `timestamptz` there); everything else is shared.
 */
export const sqliteDialect = {
  table: sqliteTable,
  text,
  integer,
  /** A moment in UTC: milliseconds since 1970 in SQLite, a `Date` in the code. */
  instant: (name: string) => integer(name, { mode: "timestamp_ms" }),
  primaryKey,
  index,
  uniqueIndex,
  check,
};

export type Dialect = typeof sqliteDialect;
