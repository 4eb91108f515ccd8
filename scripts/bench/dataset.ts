import { Database } from "bun:sqlite";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { randomNumbers, taskRows } from "./task-rows.ts";

export const FILE = "taskflow.db";
export const PASSWORD = "seven green bottles on a wall";
const TASKS = 1000;

/** What lies in the table of tasks: 1,000 an account, and as many accounts as it says. */
export type Table = "base" | "small" | "large";

/** An account that asks. */
export interface Account {
  readonly username: string;
  readonly ownerId: string;
  readonly token: string;
  /** Its open tasks. */
  readonly ids: readonly string[];
}

export interface Dataset {
  /** Read by every case that changes nothing. */
  readonly readers: readonly [Account, ...Account[]];
  /** Everything that is written goes here. */
  readonly writer: Account;
  /** All who came in by HTTP: live streams are shared out among them, as an account may have few. */
  readonly everyone: readonly Account[];
  /** The folder that holds a table's file. */
  folder(table: Table): string;
}

interface Size {
  /** How many accounts hold tasks in the table most cases ask. */
  readonly accounts: number;
  readonly readers: number;
  /** Whether the tables of 1,000 and 1,000,000 tasks are wanted. */
  readonly scaled: boolean;
}

/**
 * Fills databases that TaskFlow itself has made.
 * @param run folder for the files
 * @param registered the accounts that came in by HTTP; the last one is the writer
 */
export function buildDataset(run: string, registered: readonly Omit<Account, "ids">[], size: Size): Dataset {
  const folder = (table: Table) => join(run, table);
  const file = (table: Table) => join(folder(table), FILE);
  const random = randomNumbers(7);
  const [first, ...others] = registered;
  if (!first) throw new Error("nobody was registered");

  const ids = new Map([[first.ownerId, fill(file("base"), [first.ownerId], random)]]);
  if (size.scaled) copyTable(folder("base"), folder("small"));
  for (const { ownerId } of others) ids.set(ownerId, fill(file("base"), [ownerId], random));
  const strangers = addUsers(file("base"), size.accounts - registered.length, "stranger");
  fill(file("base"), strangers, random);
  if (size.scaled) {
    copyTable(folder("base"), folder("large"));
    const crowd = addUsers(file("large"), 1000 - size.accounts, "crowd");
    multiply(file("large"), first.ownerId, crowd);
  }

  const accounts = registered.map((account) => ({ ...account, ids: ids.get(account.ownerId) ?? [] }));
  const [reader, ...readers] = accounts.slice(0, size.readers);
  const writer = accounts.at(-1);
  if (!reader || !writer) throw new Error("at least two accounts are needed");
  return { readers: [reader, ...readers], writer, everyone: accounts, folder };
}

/** @returns the folder, made, with a copy of the table's file */
export function copyTable(from: string, to: string): string {
  mkdirSync(to, { recursive: true });
  copyFileSync(join(from, FILE), join(to, FILE));
  return to;
}

/**
 * Makes the table of tasks an ordinary one, its rows in order of creation, with the same indexes: as it would be
 * without a thought about who reads it.
 */
export function makeOrdinary(folder: string) {
  on(join(folder, FILE), (db) => {
    const parts = db
      .query("select type, sql from sqlite_master where tbl_name = 'tasks' and sql is not null")
      .all() as {
      type: string;
      sql: string;
    }[];
    const table = parts.find(({ type }) => type === "table")?.sql ?? "";
    db.run("alter table tasks rename to clustered");
    db.run(table.replace(/\s*without rowid/i, ""));
    db.run("insert into tasks select * from clustered order by created_at, id");
    db.run("drop table clustered");
    for (const { type, sql } of parts) if (type === "index") db.run(sql);
  });
}

/** Runs work on a file that nobody else has open, without waiting for the disk. */
function on<Result>(file: string, work: (db: Database) => Result): Result {
  const db = new Database(file);
  try {
    db.run("PRAGMA synchronous = OFF");
    const result = db.transaction(() => work(db))();
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    return result;
  } finally {
    db.close();
  }
}

/** @returns the ids of the open ones */
function fill(file: string, owners: readonly string[], random: () => number): string[] {
  return on(file, (db) => {
    const ids: string[] = [];
    for (const owner of owners.toSorted()) {
      for (const row of taskRows(owner, TASKS, random)) {
        const names = Object.keys(row);
        db.query(`insert into tasks (${names}) values (${names.map(() => "?")})`).run(...Object.values(row));
        if (row.completed_at === null) ids.push(row.id);
      }
    }
    return ids;
  });
}

/** @returns the ids of accounts that nobody signs in to */
function addUsers(file: string, count: number, prefix: string): string[] {
  return on(file, (db) =>
    Array.from({ length: count }, (_, index) => {
      const id = Bun.randomUUIDv7();
      const name = `${prefix}${index}`;
      db.query(
        "insert into users (id, username, username_key, email, email_key, password_hash, created_at, updated_at) values (?, ?, ?, ?, ?, '', 0, 0)",
      ).run(id, name, name, `${name}@example.org`, `${name}@example.org`);
      return id;
    }),
  );
}

/** Gives every owner a copy of one account's tasks, inside the engine: a million rows in seconds. */
function multiply(file: string, from: string, owners: readonly string[]) {
  on(file, (db) => {
    const columns = (db.query("select name from pragma_table_info('tasks')").all() as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => name !== "owner_id");
    const copy = db.query(
      `insert into tasks (owner_id, ${columns}) select ?, ${columns} from tasks where owner_id = ?`,
    );
    for (const owner of owners.toSorted()) copy.run(owner, from);
  });
}
