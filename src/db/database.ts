import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import type { Schema } from "./schema/index.ts";

type Queries = BunSQLiteDatabase<Schema>;

/** Where the data is: a SQLite file, or a PostgreSQL and the address at which LISTEN reaches it directly. */
export type DatabasePlace =
  | { readonly engine: "sqlite"; readonly file: string }
  | { readonly engine: "postgres"; readonly url: string; readonly directUrl: string };

/** Runs queries that change nothing. Always `await` them: PostgreSQL's take time, SQLite's don't. */
export type Reader = Pick<Queries, "select" | "selectDistinct" | "$count">;

/** What a unit of work gets: it sees its own changes, and nothing interleaves with it. */
export interface Writer extends Reader, Pick<Queries, "insert" | "update" | "delete"> {
  /**
   * To be called just before something is appended to an account's changes: from then until the end of the unit
   * nobody else appends to them, so that their numbers become visible in order; and whoever watches is told.
   */
  announce(accountId: string): Promise<void>;
}

/** Told which accounts have new changes; undefined means that any may have. */
export type ChangeListener = (accountIds: ReadonlySet<string> | undefined) => void;

/** The one door to data. Both engines hand out the same. */
export interface Database {
  readonly engine: "sqlite" | "postgres";
  readonly schema: Schema;
  readonly read: Reader;
  /**
   * The only way to change anything. The work is one atomic unit: all of it is on disk when the promise fulfils, and
   * nothing of it is there when the work throws or rejects. On PostgreSQL the work may run again when another unit
   * came between: it must change nothing but the database.
   * @param accountId whose data it is about, where it is one account's: its units wait for each other then, instead
   * of getting in each other's way
   * @throws AppError `unavailable` when the engine can't take the write (disk full, locked for long, out of reach)
   */
  write<Result>(work: (tx: Writer) => Result | Promise<Result>, accountId?: string): Promise<Result>;
  /**
   * Tells of changes as soon as they can be read, whichever process made them. It may tell too often; it tells within
   * a second. @returns what ends it
   */
  watch(listener: ChangeListener): () => void;
  /**
   * A number that is another one after any commit of anybody: what was read at the same number is still so.
   * Undefined where nothing tells it without being asked over the network.
   */
  stamp(): number | undefined;
  /** Resolves when a write has gone all the way to the disk. @throws AppError `unavailable` */
  check(): Promise<void>;
  /**
   * Lets counters go on after the highest number that is there, once rows with numbers of their own were put in.
   * @param ahead how many numbers to leave out
   */
  settleCounters(ahead?: number): Promise<void>;
  /** Finishes the writes that wait, then closes. */
  close(): Promise<void>;
}

/** The readiness check's write, alike on both engines. */
export const beat = (tx: Writer, { heartbeat }: Schema) => {
  const now = new Date();
  return tx
    .insert(heartbeat)
    .values({ id: 1, beatAt: now })
    .onConflictDoUpdate({ target: heartbeat.id, set: { beatAt: now } });
};
