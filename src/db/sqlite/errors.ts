import { statSync } from "node:fs";
import { CommandError } from "../../errors.ts";
import { fileAdvice } from "../file-permissions.ts";
import { codeOf } from "./write-queue.ts";

/** @returns CommandError that says what keeps a database file from being used, and what to do */
export const sqliteFailure = (file: string, error: unknown): CommandError =>
  error instanceof CommandError ? error : new CommandError(messageOf(file, error), { cause: error });

function messageOf(file: string, error: unknown): string {
  const code = codeOf(error) || String((error as NodeJS.ErrnoException).code);
  if (code.startsWith("SQLITE_NOTADB"))
    return `${file} is not a SQLite database; nothing was changed. Move it away or set DATABASE_URL to another file`;
  if (code.startsWith("SQLITE_CORRUPT"))
    return `${file} is damaged; nothing was changed. Restore a backup, or set DATABASE_URL to another file`;
  if (code.startsWith("SQLITE_BUSY")) return `${file} is locked by another program; stop it and start again`;
  if (/^(SQLITE_(CANTOPEN|READONLY|PERM|AUTH)|EACCES|EPERM|EROFS)/.test(code))
    return `can't write ${file}: ${fileAdvice(file)}; or set DATA_DIR or DATABASE_URL`;
  if (/^SQLITE_(FULL|IOERR)/.test(code))
    return `the disk that holds ${file} is full or failing; make room and start again`;
  return `can't open ${file}: ${(error as Error).message}`;
}

/** @returns whether there is a file @throws CommandError where this user may not look */
export function isThere(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR") return false;
    throw sqliteFailure(file, error);
  }
}
