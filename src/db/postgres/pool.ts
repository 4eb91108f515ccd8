import type { SQL } from "bun";

/** How often to check whether the server still responds. */
const CHECK_MS = 500;
/** After this many checks without a response (six seconds) the server hangs, or the connection was cut without a packet. */
const MAX_CHECKS = 12;
/** Seconds in which abandoned connections may still finish: the server may have been slow for only one of them. */
const GRACE_SECONDS = 1;

export interface Pool {
  /** The current connections. Read it for each query. */
  readonly sql: SQL;
  /** Waits for a response of the server, within the time limit. */
  track<Result>(response: PromiseLike<Result>): Promise<Result>;
  /** Starts the time limit for a request that is no promise. @returns a function to call when the response arrives */
  startRequest(): () => void;
  /** Runs work on a connection of its own. */
  use<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Returns how much work runs or waits for a connection. */
  used(): number;
  /** @param seconds in which running queries may finish */
  close(seconds?: number): Promise<void>;
}

/**
 * Opens connections that are replaced together when the server responds to none of them: connections that were cut never
 * recover, and closing them fails the waiting queries. Time is counted in checks rather than by the clock, so that a
 * process that was suspended reads the responses it has received first.
 * @param patient never gives up, for long statements such as those of a copy
 */
export function openPool(open: () => SQL, patient: boolean): Pool {
  let sql = open();
  let checks = 0;
  let lastResponse = 0; // a server that still responds to other requests is slow, not gone
  let used = 0;
  const waiting = new Set<{ readonly since: number }>(); // in the order of the requests

  function check() {
    checks++;
    const [oldest] = waiting;
    if (!oldest || checks - Math.max(oldest.since, lastResponse) <= MAX_CHECKS) return;
    const abandoned = sql;
    sql = open();
    waiting.clear();
    void abandoned.close({ timeout: GRACE_SECONDS }).catch(() => {});
  }
  const timer = patient ? undefined : setInterval(check, CHECK_MS);
  timer?.unref();

  function startRequest() {
    const request = { since: checks };
    waiting.add(request);
    return () => {
      if (waiting.delete(request)) lastResponse = checks;
    };
  }

  return {
    get sql() {
      return sql;
    },
    startRequest,
    used: () => used,
    async use(work) {
      used++;
      try {
        return await work();
      } finally {
        used--;
      }
    },
    async track(response) {
      const finish = startRequest();
      try {
        return await response;
      } finally {
        finish();
      }
    },
    async close(seconds = 5) {
      clearInterval(timer);
      await sql.close({ timeout: seconds });
    },
  };
}
