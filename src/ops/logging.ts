import type { Config, LogLevel } from "../config.ts";
import { LOG_LEVELS } from "../config.ts";

type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** Whether a line of this level is written at all. */
  writes(level: LogLevel): boolean;
}

/** One JSON line an event in production, a readable one in development. Callers pass no secrets, bodies or queries. */
export function createLogger({ production, logLevel }: Pick<Config, "production" | "logLevel">): Logger {
  const writes = (level: LogLevel) => LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(logLevel);
  const write =
    (level: Exclude<LogLevel, "silent">) =>
    (message: string, fields: Fields = {}) => {
      if (!writes(level)) return;
      const time = new Date().toISOString();
      process.stdout.write(
        production
          ? `${JSON.stringify({ time, level, message, ...fields })}\n`
          : readable(time, level, message, fields),
      );
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error"), writes };
}

function readable(time: string, level: string, message: string, fields: Fields): string {
  const details = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${name}=${value}`);
  return `${[time.slice(11, 23), level.padEnd(5), message, ...details].join("  ")}\n`;
}
