import type { LogLevel } from "../config.ts";
import type { Line } from "./logging.ts";
import type { Snapshot } from "./metrics/snapshot.ts";

/** What each process that handles requests can be asked by the one that serves the operator. */
export interface Answers {
  metrics(): Promise<Snapshot>;
  diagnostics(): Promise<ProcessDiagnostics>;
  /** Changes the log level, and returns it. */
  setLogLevel(level: LogLevel): Promise<LogLevel>;
}

/** What `taskflow diagnose` collects of each process. */
export interface ProcessDiagnostics {
  readonly uptimeSeconds: number;
  readonly logLevel: LogLevel;
  readonly traces: boolean;
  /** The last warnings and errors, the newest last. */
  readonly recentErrors: readonly Line[];
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
