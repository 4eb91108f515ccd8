import { readFileSync } from "node:fs";
import { join } from "node:path";
import journal from "../../src/db/migrations/sqlite/meta/_journal.json";
import { type DataFolder, dataFolder, withSqlite } from "./data-folder.ts";

const MIGRATIONS = join(import.meta.dir, "..", "..", "src", "db", "migrations", "sqlite");
/** Who is in an old database. */
export const ADA = { username: "ada", password: "a long enough phrase" };
// The cheapest cost: these specs are not about hashing.
export const HASH = Bun.password.hashSync(ADA.password, { algorithm: "bcrypt", cost: 4 });

/** Rows for the tables of each schema, as versions with that schema wrote them. */
const ROWS: Record<string, string> = {
  users: `INSERT INTO users VALUES ('1', 'ada', 'ada', 'ada@example.org', 'ada@example.org', '${HASH}', NULL, 1, 1)`,
  sessions: "INSERT INTO sessions VALUES ('s', '1', 1, 4102444800000)",
  heartbeat: "INSERT INTO heartbeat VALUES (1, 1700000000000)",
  tasks: `INSERT INTO tasks VALUES
    ('1', '01900000-0000-7000-8000-000000000001', 'Open', 'open', 'Two\nlines', 'two\nlines', 'high', NULL, NULL, 1, 1, 2),
    ('1', '01900000-0000-7000-8000-000000000002', 'Done', 'done', '', '', 'low', 1700000000001, NULL, 3, 1, 2),
    ('1', '01900000-0000-7000-8000-000000000003', 'Deleted', 'deleted', '', '', 'medium', NULL, 4102444800000, 2, 1, 2)`,
};

/** A data folder as a version left it, with something in every table. @param migrations how many of them it had had */
export function oldFolder(migrations = 1): DataFolder {
  const folder = dataFolder();
  withSqlite(folder.file("taskflow.db"), (database) => {
    database.run("CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric)");
    for (const { tag, when } of journal.entries.slice(0, migrations)) {
      const text = readFileSync(join(MIGRATIONS, `${tag}.sql`), "utf8");
      for (const statement of text.split("--> statement-breakpoint")) database.run(statement);
      database.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)", [
        Bun.SHA256.hash(text, "hex"),
        when,
      ]);
    }
  });
  const file = folder.file("taskflow.db");
  const there = tables(file);
  withSqlite(file, (database) => {
    for (const [table, rows] of Object.entries(ROWS)) if (there.includes(table)) database.run(rows);
  });
  return folder;
}

/** @returns the names of the tables in a database file */
export const tables = (file: string) =>
  withSqlite(file, (database) =>
    database.query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table'").all(),
  ).map((row) => row.name);
