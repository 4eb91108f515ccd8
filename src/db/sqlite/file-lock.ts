import { Database as Sqlite } from "bun:sqlite";
import { codeOf } from "./write-queue.ts";

/**
 * Holds a file until it is let go of, or the process ends in whatever way: SQLite's own lock, which processes of other
 * containers respect too, as they would not a process id.
 * @param file made when it is missing
 * @returns undefined while another process holds it
 */
export function hold(file: string): Disposable | undefined {
  const lock = new Sqlite(file, { create: true, readwrite: true });
  try {
    lock.run("PRAGMA busy_timeout = 0");
    lock.run("BEGIN EXCLUSIVE");
    return { [Symbol.dispose]: () => lock.close() };
  } catch (error) {
    lock.close();
    if (/^SQLITE_BUSY/.test(codeOf(error))) return undefined;
    throw error;
  }
}
