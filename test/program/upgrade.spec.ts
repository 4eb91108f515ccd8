import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { copyFileSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import journal from "../../src/db/migrations/sqlite/meta/_journal.json";
import { send, signIn, signUp } from "../support/client.ts";
import { type DataFolder, dataFolder, fingerprint, withSqlite } from "../support/data-folder.ts";
import { noFile, runProgram, startProgram, tamper } from "../support/program.ts";
import { expectRefusedStart } from "../support/refusal.ts";

setDefaultTimeout(60_000);

const MIGRATIONS = join(import.meta.dir, "..", "..", "src", "db", "migrations", "sqlite");
const ADA = { username: "ada", password: "a long enough phrase" };
// The cheapest cost: these specs are not about hashing.
const HASH = Bun.password.hashSync(ADA.password, { algorithm: "bcrypt", cost: 4 });

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
function oldFolder(migrations = 1): DataFolder {
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

/** Every row of the tables that hold what people wrote. */
const contents = (file: string, names: string[]) =>
  withSqlite(file, (database) =>
    Object.fromEntries(names.map((name) => [name, database.query(`SELECT * FROM ${name} ORDER BY 1, 2`).all()])),
  );

const copies = (path: string) => readdirSync(path).filter((name) => name.includes("before-upgrade"));
const tables = (file: string) =>
  withSqlite(file, (database) =>
    database.query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table'").all(),
  ).map((row) => row.name);

describe.skipIf(noFile)("a database file of an older version", () => {
  it("is brought up to date at the start, with what it holds", async () => {
    using folder = oldFolder();
    await using program = await startProgram({ DATA_DIR: folder.path });
    const authorization = `Bearer ${await signIn(program.url, ADA)}`;
    const added = await send(program.url, "/api/tasks", { json: { title: "New here" }, headers: { authorization } });
    expect(added.status).toBe(201);
  });

  it.each(journal.entries.slice(0, -1).map(({ tag }, index) => [tag, index + 1] as const))(
    "keeps every row: from %s",
    async (_, migrations) => {
      using folder = oldFolder(migrations);
      const file = folder.file("taskflow.db");
      const names = ["users", "sessions", "tasks"].filter((name) => tables(file).includes(name));
      const before = contents(file, names);
      expect(before.users).toHaveLength(1);
      await using program = await startProgram({ DATA_DIR: folder.path });
      expect(await program.stop()).toBe(0);
      expect(contents(file, names)).toEqual(before);
      expect(withSqlite(file, (database) => database.query("PRAGMA foreign_key_check").all())).toEqual([]);
    },
  );

  it("is first copied beside itself, for this user's eyes only", async () => {
    using folder = oldFolder();
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

  it("is copied and upgraded once when several processes start together", async () => {
    using folder = oldFolder();
    await using programs = new AsyncDisposableStack();
    const started = await Promise.all(Array.from({ length: 3 }, () => startProgram({ DATA_DIR: folder.path })));
    for (const program of started) programs.use(program);
    expect(copies(folder.path)).toHaveLength(1);
    expect(
      withSqlite(folder.file("taskflow.db"), (database) =>
        database.query("SELECT count(*) AS rows, count(DISTINCT hash) AS hashes FROM __drizzle_migrations").get(),
      ),
    ).toEqual({ rows: journal.entries.length, hashes: journal.entries.length });
  });

  it("can go back: the copy is a database that the program starts on", async () => {
    using folder = oldFolder();
    await using program = await startProgram({ DATA_DIR: folder.path });
    await program.stop();
    const [copy = ""] = copies(folder.path);
    await using restored = await startProgram({ DATA_DIR: folder.path, DATABASE_URL: folder.file(copy) });
    expect(await signIn(restored.url, ADA)).toBeString();
  });

  it("is left as it was by an upgrade that fails half-way", async () => {
    using folder = oldFolder();
    const file = folder.file("taskflow.db");
    withSqlite(file, (database) => database.run("CREATE TABLE tasks (in_the_way)"));
    const before = tables(file).sort();
    await expectRefusedStart({ DATA_DIR: folder.path }, /taskflow\.db/);
    expect(tables(file).sort()).toEqual(before);
  });
});

describe.skipIf(noFile)("a database file of a newer version", () => {
  it("is refused with the way back: the newest copy that this version knows, which restore takes", async () => {
    using folder = oldFolder();
    const file = folder.file("taskflow.db");
    await using program = await startProgram({ DATA_DIR: folder.path });
    await program.stop();
    const [copy = ""] = copies(folder.path);
    // The upgrade after that one has kept what this version does not know either.
    const future = "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('of the future', 4102444800000)";
    withSqlite(file, (database) => database.run(future));
    copyFileSync(file, `${file}.before-upgrade-2999-01-01T00-00-00.000Z`);
    const command = `taskflow restore ${folder.file(copy)}`;
    for (const words of [["serve"], ["backup"]]) {
      const { code, stderr } = await runProgram(words, { DATA_DIR: folder.path });
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(command) });
      expect(stderr).toStartWith(`taskflow: ${file} was written by a newer version`);
    }
    const back = await runProgram(["restore", folder.file(copy), "--yes"], { DATA_DIR: folder.path });
    expect(back).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("1 users") });
    await using restored = await startProgram({ DATA_DIR: folder.path });
    expect(await signIn(restored.url, ADA)).toBeString();
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
    await expectRefusedStart({ DATA_DIR: folder.path }, /newer version.*nothing was changed.*restore/);
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
