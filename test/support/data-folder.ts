import { Database } from "bun:sqlite";
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./program.ts";

/** A folder for the data of one spec, removed on disposal. */
export interface DataFolder extends Disposable {
  readonly path: string;
  file(name: string): string;
}

export function dataFolder(): DataFolder {
  const path = temporaryFolder();
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Calls a function with an open database file, which it creates if missing. */
export function withSqlite<Result>(file: string, work: (database: Database) => Result): Result {
  const database = new Database(file, { create: true, readwrite: true });
  try {
    database.run("PRAGMA busy_timeout = 10000");
    return work(database);
  } finally {
    database.close();
  }
}

/** Calls a function with a copy of a folder's database, as opening the original may repair it. */
export function withCopy<Result>(folder: string, work: (database: Database) => Result): Result {
  using copy = dataFolder();
  cpSync(folder, copy.path, { recursive: true });
  return withSqlite(copy.file("taskflow.db"), work);
}

/** Returns the hash of each file of a folder, to check that none has changed. */
export function fingerprint(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    files
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, Bun.SHA256.hash(readFileSync(join(folder, name)), "hex")]),
  );
}
