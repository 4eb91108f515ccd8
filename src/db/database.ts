import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import type { Schema } from "./schema/index.ts";

type Queries = BunSQLiteDatabase<Schema>;

/** Where the data is: a SQLite file, or a PostgreSQL server and the address at which LISTEN reaches it directly. */
export type DatabasePlace =
  | { readonly engine: "sqlite"; readonly file: string }
  | { readonly engine: "postgres"; readonly url: string; readonly directUrl: string };

/** Runs queries that change nothing. Always `await` them: on PostgreSQL they are asynchronous. */
export type Reader = Pick<Queries, "select" | "selectDistinct" | "$count">;

/** Runs the queries of one unit of work. It sees its own changes, and no other unit runs in between. */
export interface Writer extends Reader, Pick<Queries, "insert" | "update" | "delete"> {
  /**
   * Locks an account's change log until the end of the unit, so that its ids become visible in order, and notifies
   * listeners after the commit. Call it just before appending to the log.
   */
  lockChangeLog(accountId: string): Promise<void>;
}

/** Called with the accounts that changed, or undefined if any may have. */
export type ChangeListener = (accountIds: ReadonlySet<string> | undefined) => void;

/** The only access to data, the same for both engines. */
export interface Database {
  readonly engine: "sqlite" | "postgres";
  readonly schema: Schema;
  readonly read: Reader;
  /**
   * Runs a unit of work, which is atomic: all of it is on disk when the promise resolves, and none of it if the work
   * throws or rejects. On PostgreSQL the work may run again after a conflict, so it must have no other side effects.
   * @param accountId the one account that the work is about: units of the same account wait for each other instead of
   * conflicting
   * @throws AppError `unavailable` if the engine can't write (disk full, locked for too long, unreachable)
   */
  write<Result>(work: (tx: Writer) => Result | Promise<Result>, accountId?: string): Promise<Result>;
  /**
   * Notifies a listener within a second of any process's changes, once they can be read. It may notify too often.
   * @returns a function that removes the listener
   */
  watch(listener: ChangeListener): () => void;
  /**
   * Returns a number that changes with every commit of any process, so that a result can be cached until then.
   * Undefined if it would take a request over the network.
   */
  dataVersion(): number | undefined;
  /** Resolves when a write has reached the disk. @throws AppError `unavailable` */
  check(): Promise<void>;
  /**
   * Makes counters continue after the highest id, once rows with their own ids were inserted.
   * @param skip how many ids to leave out
   */
  advanceCounters(skip?: number): Promise<void>;
  /** Finishes waiting writes, then closes. */
  close(): Promise<void>;
}

/** Writes the row that the readiness check uses. */
export const writeHeartbeat = (tx: Writer, { heartbeat }: Schema) => {
  const now = new Date();
  return tx
    .insert(heartbeat)
    .values({ id: 1, beatAt: now })
    .onConflictDoUpdate({ target: heartbeat.id, set: { beatAt: now } });
};
