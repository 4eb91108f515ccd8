import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SQL } from "bun";
import postgresJournal from "../../src/db/postgres/migrations/meta/_journal.json";
import sqliteJournal from "../../src/db/sqlite/migrations/meta/_journal.json";
import { type DataFolder, dataFolder, withSqlite } from "./data-folder.ts";
import { databaseUrl, engine, noFile } from "./program.ts";

const MIGRATIONS = join(import.meta.dir, "..", "..", "src", "db", engine, "migrations");
/** The migrations of the engine, oldest first. */
export const journal = noFile ? postgresJournal : sqliteJournal;
/** Who is in an old database. */
export const ADA = { username: "ada", password: "a long enough phrase" };
// The cheapest cost: these specs are not about hashing.
export const HASH = Bun.password.hashSync(ADA.password, { algorithm: "bcrypt", cost: 4 });
/** A moment as the engine keeps it. */
const at = (milliseconds: number) => (noFile ? `to_timestamp(${milliseconds} / 1000.0)` : `${milliseconds}`);
const CHANGES =
  "INSERT INTO changes (account_id, actor_id, through, entity, entity_id, verb, before, after, action_id, undoes, at)";

/** Rows for the tables of each schema, as versions with that schema wrote them. */
const ROWS: Record<string, string> = {
  users: `INSERT INTO users VALUES ('1', 'ada', 'ada', 'ada@example.org', 'ada@example.org', '${HASH}', NULL, ${at(1)}, ${at(1)})`,
  sessions: `INSERT INTO sessions VALUES ('s', '1', ${at(1)}, ${at(4102444800000)})`,
  heartbeat: `INSERT INTO heartbeat VALUES (1, ${at(1700000000000)})`,
  tasks: `INSERT INTO tasks VALUES
    ('1', '01900000-0000-7000-8000-000000000001', 'Open', 'open', 'Two\nlines', 'two\nlines', 'high', NULL, NULL, 1, ${at(1)}, ${at(2)}),
    ('1', '01900000-0000-7000-8000-000000000002', 'Done', 'done', '', '', 'low', ${at(1700000000001)}, NULL, 3, ${at(1)}, ${at(2)}),
    ('1', '01900000-0000-7000-8000-000000000003', 'Deleted', 'deleted', '', '', 'medium', NULL, ${at(4102444800000)}, 2, ${at(1)}, ${at(2)})`,
  changes: `${CHANGES} VALUES
    ('1', '1', 'browser', 'task', '01900000-0000-7000-8000-000000000001', 'create', NULL, '{"title":"Open"}', NULL, NULL, ${at(1)}),
    ('1', NULL, 'commandLine', 'account', '1', 'disable', '{"disabledAt":null}', '{"disabledAt":"ünïcode 🎉"}', 1, NULL, ${at(2)}),
    ('1', '1', 'token', 'task', '01900000-0000-7000-8000-000000000001', 'undo', NULL, NULL, NULL, 1, ${at(3)})`,
  idempotency_keys: `INSERT INTO idempotency_keys VALUES
    ('1', 'answered', 'f', '{"id":"01900000-0000-7000-8000-000000000001"}', ${at(4102444800000)}),
    ('1', 'not yet', 'f', NULL, ${at(4102444800000)})`,
};
/** Every start writes to the readiness check's row. */
export const KEPT = Object.keys(ROWS).filter((name) => name !== "heartbeat");

export async function openData(folder: DataFolder): Promise<SQL> {
  const url = await databaseUrl(folder.path);
  return new SQL(noFile ? url : `sqlite://${url}`, { max: 1 });
}

/** Data as a version left it, with something in every table. @param migrations how many of them it had had */
export async function oldFolder(migrations = 1): Promise<DataFolder> {
  const folder = dataFolder();
  await using database = await openData(folder);
  await database.unsafe(
    `CREATE TABLE __drizzle_migrations (id ${noFile ? "serial" : "INTEGER"} PRIMARY KEY, hash text NOT NULL, created_at ${noFile ? "bigint" : "numeric"})`,
  );
  for (const { tag, when } of journal.entries.slice(0, migrations)) {
    const text = readFileSync(join(MIGRATIONS, `${tag}.sql`), "utf8");
    for (const statement of text.split("--> statement-breakpoint")) await database.unsafe(statement);
    await database`INSERT INTO __drizzle_migrations (hash, created_at) VALUES (${Bun.SHA256.hash(text, "hex")}, ${when})`;
  }
  for (const rows of Object.values(ROWS)) await database.unsafe(rows).catch(isTableOfLater);
  return folder;
}

/** @throws what says anything else than that a schema does not have a table yet */
export function isTableOfLater(error: Error) {
  if (!/no such table|relation "\w+" does not exist/.test(error.message)) throw error;
}

/** @returns the names of the tables in a database file */
export const tables = (file: string) =>
  withSqlite(file, (database) =>
    database.query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table'").all(),
  ).map((row) => row.name);
