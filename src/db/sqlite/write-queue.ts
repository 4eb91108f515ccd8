import type { Database as Sqlite } from "bun:sqlite";
import { AppError } from "../../errors.ts";
import { type Carry, carryOn, observed, type Work } from "../../observe.ts";
import { sqliteCode } from "./errors.ts";

interface Job {
  work: () => unknown;
  carry: Carry;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

const STEPS = ["BEGIN IMMEDIATE", "SAVEPOINT unit", "RELEASE unit", "ROLLBACK TO unit", "COMMIT", "ROLLBACK"] as const;
type Step = (typeof STEPS)[number];

/** The most units in a batch, so that the first one is not delayed without limit. */
const BATCH_SIZE = 128;
/** How long the units of a batch run before waiting reads have their turn. */
const BUSY_MS = 2;
/** How long to wait for another process's write lock before the write fails. */
const LOCK_TIMEOUT_MS = 10_000;

/**
 * Group commit on the one connection that writes. Waiting units of work share a transaction, each in its own savepoint,
 * and resolve together after one `COMMIT`. Drizzle's `transaction` doesn't work for this: with bun:sqlite it commits
 * before an async callback has finished, so a later error rolls nothing back.
 */
export class WriteQueue {
  readonly #connection: Sqlite;
  readonly #run: Record<Step, () => void>;
  readonly #committed: () => void;
  readonly #waiting: Job[] = [];
  #running: Promise<void> | undefined;
  readonly #onFailedSync: (code: string) => void;
  #stopped = false;

  /**
   * @param committed called after each commit, before its units resolve
   * @param onFailedSync called once, when the queue stops because the disk failed to store a commit
   */
  constructor(connection: Sqlite, committed: () => void, onFailedSync: (code: string) => void) {
    this.#connection = connection;
    this.#onFailedSync = onFailedSync;
    this.#run = Object.fromEntries(
      STEPS.map((step) => {
        const statement = connection.query(step);
        return [step, () => void statement.run()];
      }),
    ) as Record<Step, () => void>;
    this.#committed = committed;
  }

  /** Runs a unit of work. @returns its result, once it is on disk */
  run<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ work, carry: carryOn(), resolve: resolve as Job["resolve"], reject });
      this.#running ??= this.#drain();
    });
  }

  /** Resolves when the queue is empty. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #drain() {
    // Waits one turn of the event loop, so that requests that have already arrived join the batch.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#batch();
    this.#running = undefined;
  }

  async #batch() {
    const answers: (() => void)[] = [];
    const failures: ((error: AppError) => void)[] = [];
    const completes: Carry[] = [];
    if (this.#stopped) {
      for (const { reject } of this.#waiting.splice(0)) reject(stopped("nothing was changed"));
      return;
    }
    try {
      await this.#lock();
      let started = performance.now();
      while (answers.length < BATCH_SIZE) {
        if (performance.now() - started > BUSY_MS) {
          await new Promise(setImmediate);
          started = performance.now();
        }
        const job = this.#waiting.shift();
        if (!job) break;
        failures.push(job.reject);
        completes.push(job.carry);
        answers.push(await this.#savepoint(job));
      }
      const commit: Work = { kind: "commit", name: "commit", count: answers.length, completes, engine: "sqlite" };
      observed(commit, this.#run.COMMIT);
    } catch (error) {
      this.#rollback();
      const code = sqliteCode(error);
      if (isFailedSync(code)) {
        this.#stopped = true;
        this.#onFailedSync(code);
        for (const fail of failures) fail(stopped("this change may be lost", error));
        return;
      }
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

  /** On a full or failing disk SQLite may have rolled back already, or be unable to. */
  #rollback() {
    try {
      if (this.#connection.inTransaction) this.#run.ROLLBACK();
    } catch {
      // The next BEGIN shows whether the connection still works.
    }
  }

  /** Runs one unit. Its own errors go to its caller; an engine failure ends the batch. */
  async #savepoint(job: Job): Promise<() => void> {
    this.#run["SAVEPOINT unit"]();
    try {
      const value = await job.carry(job.work);
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
   * Takes the write lock before anything is read: a transaction that reads first and writes later fails with "database
   * is locked", whatever the timeout. Waits for other processes without blocking the event loop.
   */
  async #lock() {
    const deadline = performance.now() + LOCK_TIMEOUT_MS;
    for (let delay = 1; ; delay = Math.min(delay * 2, 50)) {
      try {
        this.#run["BEGIN IMMEDIATE"]();
        return;
      } catch (error) {
        if (!/^SQLITE_BUSY/.test(sqliteCode(error)) || performance.now() > deadline) throw error;
        await Bun.sleep(Math.random() * delay);
      }
    }
  }
}

/**
 * After a failed sync, what the system shows of a file may differ from the disk, and the next sync reports success: a
 * later commit would be confirmed on top of one that is missing.
 */
const isFailedSync = (code: string) => /^SQLITE_IOERR_(DIR_)?FSYNC$/.test(code);

const stopped = (outcome: string, cause?: unknown) =>
  new AppError(
    "unavailable",
    `The disk of TaskFlow failed, so it has stopped writing, and ${outcome}. Ask its operator to check the disk and restart it.`,
    [],
    { cause },
  );

/** Failures of the disk or the file, after which no unit of the batch is reliable. */
const isEngineFailure = (error: unknown) =>
  /^SQLITE_(FULL|IOERR|READONLY|CORRUPT|NOTADB|CANTOPEN|NOMEM|PROTOCOL)/.test(sqliteCode(error));
