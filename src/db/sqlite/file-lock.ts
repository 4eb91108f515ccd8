import { Database as Sqlite } from "bun:sqlite";
import { sqliteCode } from "./errors.ts";

/**
 * Locks a file until the lock is disposed or the process ends. It is SQLite's own lock, so it also works between
 * containers, where process ids mean nothing.
 * @param file created if it is missing
 * @returns undefined if another process has locked it
 */
export function lockFile(file: string): Disposable | undefined {
  const lock = new Sqlite(file, { create: true, readwrite: true });
  try {
    lock.run("PRAGMA busy_timeout = 0");
    lock.run("BEGIN EXCLUSIVE");
    return { [Symbol.dispose]: () => lock.close() };
  } catch (error) {
    lock.close();
    if (/^SQLITE_BUSY/.test(sqliteCode(error))) return undefined;
    throw error;
  }
}
