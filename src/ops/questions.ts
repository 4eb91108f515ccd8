import type { Snapshot } from "./metrics/snapshot.ts";

/** What each process that handles requests can be asked by the one that serves the operator. */
export interface Answers {
  metrics(): Promise<Snapshot>;
}

export interface Reply<Value> {
  /** The id of the process. */
  readonly pid: number;
  /** Undefined if the process did not answer in time. */
  readonly value: Value | undefined;
}

/** Asks every process, and waits a second at most. */
export type Ask = <Name extends keyof Answers>(
  name: Name,
  ...given: Parameters<Answers[Name]>
) => Promise<Reply<Awaited<ReturnType<Answers[Name]>>>[]>;

/** Returns what asks this process itself. */
export const askItself =
  (answers: Answers): Ask =>
  async (name, ...given) => [
    { pid: process.pid, value: (await Reflect.apply(answers[name], answers, given)) as never },
  ];
