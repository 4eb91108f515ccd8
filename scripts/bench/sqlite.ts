import { Database } from "bun:sqlite";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Account } from "./dataset.ts";

/** Edits of TaskFlow's database while no process has it open. The columns are read from the file. */

const FILE = "taskflow.db";

/** Copies a folder's database into a new folder. */
export function copyDatabase(from: string, to: string, ordinary = false): string {
  mkdirSync(to, { recursive: true });
  copyFileSync(join(from, FILE), join(to, FILE));
  if (ordinary) unclusterTasks(to);
  return to;
}

/** Reads the accounts' scopes. */
export const withScopes = (folder: string, accounts: readonly Account[]) =>
  edit(folder, (db) => {
    const find = db.query<{ scope: string }, [string]>(`select ${scopeColumn(db)} as scope from tasks where id = ?`);
    return accounts.map((account) => ({ ...account, ...find.get(account.openIds[0] ?? "") }));
  });

/** Adds copies of one scope's tasks to another scope, to get `total` tasks. */
export const resizeTasks = (folder: string, from: string, to: string, total: number) =>
  edit(folder, (db) => {
    const scope = scopeColumn(db);
    const { count } = db.query("select count(*) as count from tasks").get() as { count: number };
    const copies = Math.ceil((total - count) / db.query(`select id from tasks where ${scope} = ?`).all(from).length);
    const columns = db.query("select * from tasks").columnNames;
    const copied = columns.map((name) => ({ [scope]: "?2", id: "id || '-' || n" })[name] ?? name);
    // In the order of the key: a million rows at random places would take minutes.
    const insert = `with recursive copies(n) as (select 10000 union all select n + 1 from copies where n < 9999 + ?3)
      insert into tasks (${columns}) select ${copied} from tasks cross join copies where ${scope} = ?1`;
    return db.query(insert).run(from, to, copies);
  });

/** Makes `tasks` an ordinary table in order of creation, with the same indexes: not clustered by scope. */
const unclusterTasks = (folder: string) =>
  edit(folder, (db) => {
    const select = db.query("select sql from sqlite_master where tbl_name = 'tasks' and sql > '' order by type desc");
    const [table = "", ...indexes] = (select.all() as { sql: string }[]).map(({ sql }) => sql);
    db.run("alter table tasks rename to clustered");
    db.run(table.replace(/\s*without rowid/i, ""));
    db.run("insert into tasks select * from clustered order by created_at, id");
    db.run("drop table clustered");
    for (const index of indexes) db.run(index);
  });

function edit<Result>(folder: string, work: (db: Database) => Result): Result {
  using db = new Database(join(folder, FILE));
  db.run("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000");
  const result = db.transaction(() => work(db))();
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  return result;
}

const scopeColumn = (db: Database) =>
  (db.query("select name from pragma_table_info('tasks') where pk = 1").get() as { name: string }).name;
