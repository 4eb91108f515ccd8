/** What the load generator is told, and what it tells. */

export interface Drive {
  readonly kind: "drive";
  readonly port: number;
  readonly connections: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** Whole requests, sent in turn and from the start again. */
  readonly requests: readonly string[];
  /** Which one is first: where the run before ended. */
  readonly offset: number;
  /** The only status that counts as an answer. */
  readonly status: number;
}

export interface Driven {
  /** Answers a second. */
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly next: number;
  /** What went wrong first, when something did. */
  readonly failure: string | undefined;
}

export interface Watch {
  readonly kind: "watch";
  readonly port: number;
  readonly streams: number;
  /** Each opens a stream; they take turns. */
  readonly requests: readonly string[];
  /** One round after another, a second apart; each tells every stream of one change. */
  readonly writes: readonly (readonly string[])[];
}

export interface Watched {
  /** For each write: milliseconds until the last stream had been told. */
  readonly delays: readonly number[];
}

/** Between the two halves of a watch: all streams are open. */
export interface Opened {
  readonly opened: number;
}

export type Job = Drive | Watch;
