import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { SQL } from "bun";
import postgresJournal from "../../src/db/migrations/postgres/meta/_journal.json";
import sqliteJournal from "../../src/db/migrations/sqlite/meta/_journal.json";
import { send, signIn, signUp } from "../support/client.ts";
import { type DataFolder, dataFolder, fingerprint, withSqlite } from "../support/data-folder.ts";
import { databaseUrl, engine, noFile, startProgram, tamper } from "../support/program.ts";
import { expectRefusedStart } from "../support/refusal.ts";

setDefaultTimeout(60_000);

const MIGRATIONS = join(import.meta.dir, "..", "..", "src", "db", "migrations", engine);
const journal = noFile ? postgresJournal : sqliteJournal;
const ADA = { username: "ada", password: "a long enough phrase" };
// The cheapest cost: these specs are not about hashing.
const HASH = Bun.password.hashSync(ADA.password, { algorithm: "bcrypt", cost: 4 });
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
const KEPT = Object.keys(ROWS).filter((name) => name !== "heartbeat");

async function openData(folder: DataFolder): Promise<SQL> {
  const url = await databaseUrl(folder.path);
  return new SQL(noFile ? url : `sqlite://${url}`, { max: 1 });
}

/** Data as a version left it, with something in every table. @param migrations how many of them it had had */
async function oldFolder(migrations = 1): Promise<DataFolder> {
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
function isTableOfLater(error: Error) {
  if (!/no such table|relation "\w+" does not exist/.test(error.message)) throw error;
}

/** Every row of the tables that hold what people wrote. */
async function contents(folder: DataFolder): Promise<Record<string, unknown[]>> {
  await using database = await openData(folder);
  const found = KEPT.map(async (name) => [
    name,
    [...(await database.unsafe(`SELECT * FROM ${name} ORDER BY 1, 2`).catch((error) => isTableOfLater(error) ?? []))],
  ]);
  return Object.fromEntries(await Promise.all(found));
}

const copies = (path: string) => readdirSync(path).filter((name) => name.includes("before-upgrade"));
const tables = (file: string) =>
  withSqlite(file, (database) =>
    database.query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table'").all(),
  ).map((row) => row.name);

describe("a database of an older version", () => {
  it("is brought up to date at the start, with what it holds", async () => {
    using folder = await oldFolder();
    await using program = await startProgram({ DATA_DIR: folder.path });
    const authorization = `Bearer ${await signIn(program.url, ADA)}`;
    const added = await send(program.url, "/api/tasks", { json: { title: "New here" }, headers: { authorization } });
    expect(added.status).toBe(201);
  });

  it.each(journal.entries.slice(0, -1).map(({ tag }, index) => [tag, index + 1] as const))(
    "keeps every row, and is upgraded once by several processes that start together: from %s",
    async (_, migrations) => {
      using folder = await oldFolder(migrations);
      const before = await contents(folder);
      expect(before.users).toHaveLength(1);
      if (migrations === journal.entries.length - 1)
        expect(KEPT.map((name) => before[name]?.length)).toEqual([1, 1, 3, 3, 2]);
      await using programs = new AsyncDisposableStack();
      const started = await Promise.all(Array.from({ length: 3 }, () => startProgram({ DATA_DIR: folder.path })));
      for (const program of started) programs.use(program);
      for (const program of started) expect(await program.stop()).toBe(0);

      expect(await contents(folder)).toEqual(before);
      await using database = await openData(folder);
      const hashes: { hash: string }[] = await database`SELECT hash FROM __drizzle_migrations`;
      expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(hashes.length);
      expect(hashes).toHaveLength(journal.entries.length);
      if (noFile) return;
      expect([...(await database`PRAGMA foreign_key_check`)]).toEqual([]);
      expect(copies(folder.path)).toHaveLength(1);
    },
  );
});

describe.skipIf(noFile)("a database file of an older version", () => {
  it("is first copied beside itself, for this user's eyes only", async () => {
    using folder = await oldFolder();
    await using program = await startProgram({ DATA_DIR: folder.path });
    await program.stop();
    const [copy = "", ...more] = copies(folder.path);
    expect(more).toEqual([]);
    expect(copy).toMatch(/^taskflow\.db\.before-upgrade-[^/:]+$/);
    expect(copy).not.toEndWith(".partial");
    expect(statSync(folder.file(copy)).mode & 0o777).toBe(0o600);
    expect(tables(folder.file(copy)).sort()).toEqual(["__drizzle_migrations", "sessions", "users"]);
    withSqlite(folder.file(copy), (database) => {
      expect(database.query("SELECT username, password_hash FROM users").all()).toEqual([
        { username: "ada", password_hash: HASH },
      ]);
      expect(database.query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    });
  });

  it("can go back: the copy is a database that the program starts on", async () => {
    using folder = await oldFolder();
    await using program = await startProgram({ DATA_DIR: folder.path });
    await program.stop();
    const [copy = ""] = copies(folder.path);
    await using restored = await startProgram({ DATA_DIR: folder.path, DATABASE_URL: folder.file(copy) });
    expect(await signIn(restored.url, ADA)).toBeString();
  });

  it("is left as it was by an upgrade that fails half-way", async () => {
    using folder = await oldFolder();
    const file = folder.file("taskflow.db");
    withSqlite(file, (database) => database.run("CREATE TABLE tasks (in_the_way)"));
    const before = tables(file).sort();
    await expectRefusedStart({ DATA_DIR: folder.path }, /taskflow\.db/);
    expect(tables(file).sort()).toEqual(before);
  });
});

describe("a database of a newer version", () => {
  it("is left alone by an older one, which says so and does not start", async () => {
    using folder = dataFolder();
    await using program = await startProgram({ DATA_DIR: folder.path });
    await signUp(program.url);
    await program.stop();
    const future = "insert into __drizzle_migrations (hash, created_at) values ('of the future', 4102444800000)";
    await tamper(folder.path, { sqlite: future, postgres: future });
    await expectRefusedStart({ DATA_DIR: folder.path }, /newer version.*nothing was changed/);
  });
});

describe.skipIf(noFile)("a database file that needs no upgrade", () => {
  it("is not copied, neither new nor up to date", async () => {
    using folder = dataFolder();
    for (let start = 0; start < 2; start++) {
      await using program = await startProgram({ DATA_DIR: folder.path });
      expect(await program.stop()).toBe(0);
      expect(Object.keys(fingerprint(folder.path))).toEqual(["jwt-secret", "taskflow.db"]);
    }
  });
});
