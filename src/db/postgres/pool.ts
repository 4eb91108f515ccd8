import type { SQL } from "bun";

/** How often it is looked whether the server still answers. */
const LOOK_MS = 500;
/** After so many looks without an answer it has hung, or is cut off, which no packet tells: six seconds. */
const PATIENCE = 12;
/** Seconds for what a server that was only slow for one may still answer the others. */
const GRACE = 1;

export interface Pool {
  /** The connections to use now: ask for them each time. */
  readonly sql: SQL;
  /** Runs what waits for an answer of the server, which has so long for it and no longer. */
  awaited<Result>(answer: PromiseLike<Result>): Promise<Result>;
  /** The same for what is no promise. @returns to be called when the answer is there */
  ask(): () => void;
  /** @param seconds for what is under way */
  close(seconds?: number): Promise<void>;
}

/**
 * Connections that are given up together when the server leaves every question without an answer, so that everybody who
 * waits is told (as when the connection is lost), and that are made anew then: those that were cut off never come back.
 * Time is counted in looks, not by the clock: a process that stood still itself finds its answers first.
 * @param patient for work whose questions take long, such as a copy: never gives up
 */
export function openPool(open: () => SQL, patient: boolean): Pool {
  let sql = open();
  let now = 0;
  let heard = 0; // when the last answer came: a server that others keep busy is slow, and not gone
  const waiting = new Set<{ readonly since: number }>(); // in the order in which they were asked

  function look() {
    now++;
    const [oldest] = waiting;
    if (!oldest || now - Math.max(oldest.since, heard) <= PATIENCE) return;
    const hung = sql;
    sql = open();
    waiting.clear();
    void hung.close({ timeout: GRACE }).catch(() => {});
  }
  const timer = patient ? undefined : setInterval(look, LOOK_MS);
  timer?.unref();

  function ask() {
    const question = { since: now };
    waiting.add(question);
    return () => {
      if (waiting.delete(question)) heard = now;
    };
  }

  return {
    get sql() {
      return sql;
    },
    ask,
    async awaited(answer) {
      const answered = ask();
      try {
        return await answer;
      } finally {
        answered();
      }
    },
    async close(seconds = 5) {
      clearInterval(timer);
      await sql.close({ timeout: seconds });
    },
  };
}
