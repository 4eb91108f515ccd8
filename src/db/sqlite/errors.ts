import { statSync } from "node:fs";
import { CommandError } from "../../errors.ts";
import { fileAdvice } from "../file-permissions.ts";

/** Returns SQLite's code of an error (`SQLITE_FULL`), also inside Drizzle's wrapper, or "". */
export function sqliteCode(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === "string" && code.startsWith("SQLITE_")) return code;
  return cause === undefined ? "" : sqliteCode(cause);
}

/** Returns a CommandError that says why a database file can't be used, and what to do. */
export const sqliteFailure = (file: string, error: unknown): CommandError =>
  error instanceof CommandError ? error : new CommandError(messageFor(file, error), { cause: error });

function messageFor(file: string, error: unknown): string {
  const code = sqliteCode(error) || String((error as NodeJS.ErrnoException).code);
  if (code.startsWith("SQLITE_NOTADB"))
    return `${file} is not a SQLite database; nothing was changed. Move it away or set DATABASE_URL to another file`;
  if (code.startsWith("SQLITE_CORRUPT"))
    return `${file} is damaged; nothing was changed. Restore a backup, or set DATABASE_URL to another file`;
  if (code.startsWith("SQLITE_BUSY")) return `${file} is locked by another program; stop it and start again`;
  if (/^(SQLITE_(CANTOPEN|READONLY|PERM|AUTH)|EACCES|EPERM|EROFS)/.test(code))
    return `can't write ${file}: ${fileAdvice(file)}; or set DATA_DIR or DATABASE_URL`;
  if (/^SQLITE_(FULL|IOERR)/.test(code))
    return `the disk that contains ${file} is full or failing; free some space and start again`;
  return `can't open ${file}: ${(error as Error).message}`;
}

/** Returns whether a file exists. @throws CommandError if this user can't look it up */
export function fileExists(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR") return false;
    throw sqliteFailure(file, error);
  }
}
