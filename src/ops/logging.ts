import type { Config, LogLevel } from "../config.ts";
import { LOG_LEVELS } from "../config.ts";

type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** Returns whether lines of this level are written. */
  writes(level: LogLevel): boolean;
}

/** Writes one line per event: JSON in production, readable text in development. Callers pass no secrets, bodies or queries. */
export function createLogger({ production, logLevel }: Pick<Config, "production" | "logLevel">): Logger {
  const writes = (level: LogLevel) => LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(logLevel);
  const output = createOutput();
  const write =
    (level: Exclude<LogLevel, "silent">) =>
    (message: string, fields: Fields = {}) => {
      if (!writes(level)) return;
      const time = new Date().toISOString();
      output(
        production
          ? `${JSON.stringify({ time, level, message, ...fields })}\n`
          : readable(time, level, message, fields),
      );
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error"), writes };
}

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

function readable(time: string, level: string, message: string, fields: Fields): string {
  const details = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${name}=${value}`);
  return `${[time.slice(11, 23), level.padEnd(5), message, ...details].join("  ")}\n`;
}

/** Returns what a log may contain of an error: its kind and where it came from. A database's message quotes the row. */
export function describeError(error: unknown) {
  const {
    name,
    message,
    code,
    stack = "",
    cause,
  } = (error instanceof Error ? error : new Error(String(error))) as NodeJS.ErrnoException;
  const quotesData = error instanceof Error && ("query" in error || /^(SQLite|Postgres)Error$/.test(name));
  const { errno, code: causeCode } = (cause ?? {}) as { errno?: unknown; code?: unknown };
  const shownCode = code ?? (typeof errno === "string" ? errno : causeCode);
  return {
    error: quotesData ? error.constructor.name : name,
    code: shownCode === undefined ? undefined : String(shownCode),
    // The stack starts with the message, which may contain anything.
    stack: quotesData ? stack.slice(stack.indexOf(message) + message.length) : stack,
  };
}
