import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import type { Schema } from "./schema/index.ts";
import type { Turn } from "./turns.ts";

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
   * Locks a project's change log until the end of the unit, so that its ids become visible in order, and notifies
   * listeners after the commit. Call it just before appending to the log.
   * @throws AppError `conflict` if the unit locked other projects from its start: the item has moved meanwhile
   */
  lockChangeLog(projectId: string): Promise<void>;
}

/** Called with the projects that changed, or undefined if any may have. */
export type ChangeListener = (projectIds: ReadonlySet<string> | undefined) => void;

/** How much this process asks of the database. */
export interface DatabaseLoad {
  /** Long reads that have not started. */
  readonly longReadsWaiting: number;
  /** Connections to a server: in use, free, and how many queries and units wait for one. */
  readonly connections?: { readonly busy: number; readonly idle: number; readonly waiting: number };
}

/** What an operator sees of a database. */
export interface DatabaseStatus {
  readonly bytes: number;
  /** The size of the write-ahead log beside a SQLite file. */
  readonly walBytes?: number;
  /** How far each replica of the server is behind. */
  readonly replicas?: readonly { readonly name: string; readonly lagSeconds: number }[];
}

/** The only access to data, the same for both engines. */
export interface Database {
  readonly engine: "sqlite" | "postgres";
  readonly schema: Schema;
  /** For reads that an index limits to a few rows: on SQLite they block the event loop. */
  readonly read: Reader;
  /**
   * Runs reads that may take long, such as a search. They run elsewhere, on SQLite on a thread, and accounts take turns.
   * @throws AppError `tooManyRequests` if the turn was aborted or replaced, or if too many reads of the account wait
   */
  readLong<Result>(turn: Turn, work: (reader: Reader) => Promise<Result>): Promise<Result>;
  /**
   * Runs a unit of work, which is atomic: all of it is on disk when the promise resolves, and none of it if the work
   * throws or rejects. On PostgreSQL the work may run again after a conflict, so it must have no other side effects.
   * @param scopes all projects that the work changes, or the network whose attempts it counts: units that share one wait
   * for each other instead of conflicting
   * @throws AppError `unavailable` if the engine can't write (disk full, locked for too long, unreachable)
   */
  write<Result>(work: (tx: Writer) => Result | Promise<Result>, ...scopes: string[]): Promise<Result>;
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
  load(): DatabaseLoad;
  /** Returns sizes, for metrics. @throws Error if the server does not respond */
  status(): Promise<DatabaseStatus>;
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
