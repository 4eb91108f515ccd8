import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import type { Schema } from "./schema.ts";

type Queries = BunSQLiteDatabase<Schema>;

/** Runs queries that change nothing. Always `await` them: PostgreSQL's take time, SQLite's don't. */
export type Reader = Pick<Queries, "select" | "selectDistinct" | "$count">;

/** What a unit of work gets: it sees its own changes, and nothing interleaves with it. */
export type Writer = Reader & Pick<Queries, "insert" | "update" | "delete">;

/** The one door to data. Both engines hand out the same. */
export interface Database {
  readonly schema: Schema;
  readonly read: Reader;
  /**
   * The only way to change anything. The work is one atomic unit: all of it is on disk when the promise fulfils, and
   * nothing of it is there when the work throws or rejects.
   * @throws AppError `unavailable` when the engine can't take the write (disk full, locked for long)
   */
  write<Result>(work: (tx: Writer) => Result | Promise<Result>): Promise<Result>;
  /** Resolves when a write has gone all the way to the disk. @throws AppError `unavailable` */
  check(): Promise<void>;
  /** Finishes the writes that wait, then closes. */
  close(): Promise<void>;
}
