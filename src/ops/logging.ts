import type { Config, LogLevel } from "../config.ts";
import { LOG_LEVELS } from "../config.ts";
import { isTerminal, readableLine } from "./log-format.ts";

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;
type WrittenLevel = Exclude<LogLevel, "silent">;

/** A line of the log, without its level and message. Attributes have the names of OpenTelemetry's semantic conventions. */
export interface Line extends Fields {
  readonly timestamp: string;
  readonly severity_text: string;
  readonly body: string;
}

export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** Returns whether lines of this level are written. */
  writes(level: LogLevel): boolean;
  /** The least level that is written. It can change while the program runs. */
  level: LogLevel;
  /** Returns what every line contains at the time, such as the ids of the trace. */
  context: () => Fields | undefined;
  /** Returns the last warnings and errors, the newest last, whatever the level. */
  recentErrors(): readonly Line[];
}

/** Warnings and errors that are kept for `taskflow diagnose`. */
const KEPT = 50;

/**
 * Writes one line per event: JSON in production, in the data model of OpenTelemetry's logs, readable text in development.
 * Callers pass no secrets, bodies, queries, nor what people have written.
 */
export function createLogger({ production, logLevel, colors }: Pick<Config, "production" | "logLevel" | "colors">) {
  const output = createOutput();
  const painted = colors && isTerminal();
  const recent: Line[] = [];
  const write = (level: WrittenLevel) => (message: string, fields?: Fields) => {
    const isProblem = level === "warn" || level === "error";
    if (!logger.writes(level) && !isProblem) return;
    const line = Object.assign(lineOf(level, message), logger.context(), fields);
    if (isProblem) recent.push(line);
    if (recent.length > KEPT) recent.shift();
    if (logger.writes(level)) output(production ? `${JSON.stringify(line)}\n` : readableLine(line, painted));
  };
  const logger: Logger = {
    ...{ debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
    writes: (level) => LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(logger.level),
    level: logLevel,
    context: () => undefined,
    recentErrors: () => recent,
  };
  return logger;
}

/** Returns a line in the data model of OpenTelemetry's logs. */
export const lineOf = (level: WrittenLevel, message: string): Line => ({
  timestamp: new Date().toISOString(),
  severity_text: level.toUpperCase(),
  body: message,
});

/**
 * Returns what writes to standard output. `process.stdout` would take 6 MB; `console.log` would wait for a slow reader.
 * A line that can't be written is lost, as it must not fail a request.
 */
function createOutput() {
  const output = Bun.stdout.writer();
  return async (text: string) => {
    try {
      output.write(text);
      await output.flush();
    } catch {
      // The reader of the log has ended.
    }
  };
}

/**
 * Returns what a log may contain of an error: its kind, its code and where it came from. Never its message, which may
 * quote anything: a row, a header, a part of the input.
 */
export function describeError(error: unknown): Fields {
  if (!(error instanceof Error)) return { "exception.type": typeof error };
  const { cause, code, stack = "" } = error as NodeJS.ErrnoException;
  // Drizzle wraps the error of the database, which says more.
  const kind = "query" in error && cause instanceof Error ? cause : error;
  const { code: causeCode } = (cause ?? {}) as { code?: unknown };
  // PostgreSQL's SQLSTATE says what its driver's code does not.
  const { errno } = kind as { errno?: unknown };
  const shownCode = typeof errno === "string" ? errno : (code ?? causeCode);
  return {
    "exception.type": kind.name === "Error" ? kind.constructor.name : kind.name,
    "error.code": shownCode === undefined ? undefined : String(shownCode),
    "exception.stacktrace": framesOf(stack, error.message),
  };
}

/** Returns the places in the code. The stack starts with the message, whose lines may look like places. */
function framesOf(stack: string, message: string): string {
  const start = stack.indexOf(message);
  const lines = start === -1 ? [] : stack.slice(start + message.length).split("\n");
  return lines.filter((line) => /^\s+at /.test(line)).join("\n");
}
