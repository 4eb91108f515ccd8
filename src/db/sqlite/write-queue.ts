import type { Database as Sqlite } from "bun:sqlite";
import { AppError } from "../../errors.ts";

interface Job {
  work: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

const STEPS = ["BEGIN IMMEDIATE", "SAVEPOINT unit", "RELEASE unit", "ROLLBACK TO unit", "COMMIT", "ROLLBACK"] as const;
type Step = (typeof STEPS)[number];

/** A batch ends at this many units, so that the first one's answer does not wait for ever. */
const BATCH = 128;
/** How long another process may hold the write lock before a caller is told to try later. */
const LOCK_PATIENCE_MS = 10_000;

/**
 * Group commit on the one connection that writes: units of work that wait share a transaction, each in a savepoint
 * of its own, and are answered together after the one `COMMIT`. Drizzle's own `transaction` can't serve here: with
 * bun:sqlite it commits before an async callback has finished, so a late throw rolls nothing back.
 */
export class WriteQueue {
  readonly #connection: Sqlite;
  readonly #run: Record<Step, () => void>;
  readonly #committed: () => void;
  readonly #waiting: Job[] = [];
  #running: Promise<void> | undefined;

  /** @param committed called after each commit, before the units in it are answered */
  constructor(connection: Sqlite, committed: () => void) {
    this.#connection = connection;
    this.#run = Object.fromEntries(
      STEPS.map((step) => {
        const statement = connection.query(step);
        return [step, () => void statement.run()];
      }),
    ) as Record<Step, () => void>;
    this.#committed = committed;
  }

  /** @returns what the work returns, once it is on disk */
  run<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as Job["resolve"], reject });
      this.#running ??= this.#drain();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #drain() {
    // One turn of the event loop later, so that requests which have already arrived can join the batch.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#batch();
    this.#running = undefined;
  }

  async #batch() {
    const answers: (() => void)[] = [];
    const failures: ((error: AppError) => void)[] = [];
    try {
      await this.#lock();
      while (answers.length < BATCH) {
        const job = this.#waiting.shift();
        if (!job) break;
        failures.push(job.reject);
        answers.push(await this.#savepoint(job));
      }
      this.#run.COMMIT();
    } catch (error) {
      this.#rollback();
      if (failures.length === 0) failures.push(...this.#waiting.splice(0).map((job) => job.reject));
      const unavailable = new AppError(
        "unavailable",
        "The database can't store changes right now. Nothing was changed; try again in a moment.",
        [],
        { cause: error },
      );
      for (const fail of failures) fail(unavailable);
      return;
    }
    this.#committed();
    for (const answer of answers) answer();
  }

  /** On a full or broken disk SQLite may have rolled back by itself, or may not be able to. */
  #rollback() {
    try {
      if (this.#connection.inTransaction) this.#run.ROLLBACK();
    } catch {
      // The next BEGIN tells whether the connection still works.
    }
  }

  /** Runs one unit. What it throws is its caller's; what the engine throws ends the batch. */
  async #savepoint(job: Job): Promise<() => void> {
    this.#run["SAVEPOINT unit"]();
    try {
      const value = await job.work();
      this.#run["RELEASE unit"]();
      return () => job.resolve(value);
    } catch (error) {
      if (isEngineFailure(error)) throw error;
      this.#run["ROLLBACK TO unit"]();
      this.#run["RELEASE unit"]();
      return () => job.reject(error);
    }
  }

  /**
   * Takes the write lock before anything is read, as a read that turns into a write later fails with "database is
   * locked" whatever the timeout. Waits for another process without blocking this one.
   */
  async #lock() {
    const giveUp = performance.now() + LOCK_PATIENCE_MS;
    for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
      try {
        this.#run["BEGIN IMMEDIATE"]();
        return;
      } catch (error) {
        if (!/^SQLITE_BUSY/.test(codeOf(error)) || performance.now() > giveUp) throw error;
        await Bun.sleep(Math.random() * pause);
      }
    }
  }
}

/** @returns SQLite's name for what went wrong (`SQLITE_FULL`), looking through Drizzle's wrapper, or "" */
export function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === "string" && code.startsWith("SQLITE_")) return code;
  return cause === undefined ? "" : codeOf(cause);
}

/** Faults of the disk or the file, after which no unit of the batch can be trusted. */
const isEngineFailure = (error: unknown) =>
  /^SQLITE_(FULL|IOERR|READONLY|CORRUPT|NOTADB|CANTOPEN|NOMEM|PROTOCOL)/.test(codeOf(error));
