import { AppError } from "../errors.ts";
import { carryOn, countEvent } from "../observe.ts";

/** Whom a long read is for. */
export interface Turn {
  readonly accountId: string;
  /** Aborted when the result is no longer needed. */
  readonly signal?: AbortSignal | undefined;
  /** A later read with the same key replaces one that has not finished. */
  readonly key?: string | undefined;
}

interface Job<Slot> {
  readonly turn: Turn;
  readonly start: (slot: Slot) => Promise<void>;
  readonly drop: (error: AppError) => void;
}

/** Reads of one account that may wait. */
const MAX_WAITING = 50;

const dropped = (message: string) => new AppError("tooManyRequests", message);

/** @throws AppError `tooManyRequests` if the result is no longer needed */
export function assertWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw dropped("The request was cancelled.");
}

/**
 * Lets accounts take turns on a few slots, so that one account's long reads delay only its own: it has one slot at most,
 * and the account that has waited longest is next. Reads that were aborted or replaced don't start.
 */
export function createTurns<Slot>(slots: readonly Slot[]) {
  const free = [...slots];
  const running = new Set<string>();
  /** By account, in the order of their turns. */
  const waiting = new Map<string, Job<Slot>[]>();

  function next() {
    for (const [accountId, jobs] of waiting) {
      if (free.length === 0) return;
      if (running.has(accountId)) continue;
      const [slot, job] = [free.pop() as Slot, jobs.shift() as Job<Slot>];
      if (jobs.length === 0) waiting.delete(accountId);
      running.add(accountId);
      void job.start(slot).finally(() => {
        free.push(slot);
        running.delete(accountId);
        const more = waiting.get(accountId);
        if (more) {
          waiting.delete(accountId);
          waiting.set(accountId, more); // behind the others
        }
        next();
      });
    }
  }

  function drop(job: Job<Slot>, error: AppError) {
    const jobs = waiting.get(job.turn.accountId) ?? [];
    if (!jobs.includes(job)) return;
    jobs.splice(jobs.indexOf(job), 1);
    if (jobs.length === 0) waiting.delete(job.turn.accountId);
    job.drop(error);
  }

  /**
   * Runs work when it is the account's turn.
   * @throws AppError `tooManyRequests` if it was aborted or replaced, or if too many reads of the account wait
   */
  async function takeTurn<Result>(turn: Turn, work: (slot: Slot) => Promise<Result>): Promise<Result> {
    const { accountId, signal, key } = turn;
    assertWanted(signal);
    const jobs = waiting.get(accountId) ?? [];
    const replaced = key === undefined ? undefined : jobs.find((each) => each.turn.key === key);
    if (replaced) drop(replaced, dropped("A newer search has replaced this one."));
    if (jobs.length >= MAX_WAITING) {
      countEvent("limited", "search");
      throw dropped("This account has too many searches waiting. Wait for the responses.");
    }
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const carry = carryOn();
    const start = (slot: Slot) => carry(() => work(slot)).then(resolve, reject);
    const job: Job<Slot> = { turn, start, drop: reject };
    signal?.addEventListener("abort", () => drop(job, dropped("The request was cancelled.")), { once: true });
    jobs.push(job);
    waiting.set(accountId, jobs);
    next();
    return promise;
  }

  /** Returns the number of reads that have not started. */
  const waitingCount = () => [...waiting.values()].reduce((sum, jobs) => sum + jobs.length, 0);
  return Object.assign(takeTurn, { waitingCount });
}
