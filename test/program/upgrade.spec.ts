import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import journal from "../../src/db/migrations/sqlite/meta/_journal.json";
import { send, signIn } from "../support/client.ts";
import { type DataFolder, dataFolder, fingerprint, withSqlite } from "../support/data-folder.ts";
import { noFile, startProgram } from "../support/program.ts";
import { expectRefusedStart } from "../support/refusal.ts";

setDefaultTimeout(60_000);

const MIGRATIONS = join(import.meta.dir, "..", "..", "src", "db", "migrations", "sqlite");
const ADA = { username: "ada", password: "a long enough phrase" };
// The cheapest cost: these specs are not about hashing.
const HASH = Bun.password.hashSync(ADA.password, { algorithm: "bcrypt", cost: 4 });

/** A data folder as the first version left it, with one person in it. */
function oldFolder(): DataFolder {
  const folder = dataFolder();
  const [first] = journal.entries;
  const text = readFileSync(join(MIGRATIONS, `${first?.tag}.sql`), "utf8");
  withSqlite(folder.file("taskflow.db"), (database) => {
    for (const statement of text.split("--> statement-breakpoint")) database.run(statement);
    database.run("CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric)");
    database.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)", [
      Bun.SHA256.hash(text, "hex"),
      first?.when ?? 0,
    ]);
    database.run("INSERT INTO users VALUES ('1', 'ada', 'ada', 'ada@example.org', 'ada@example.org', ?, NULL, 1, 1)", [
      HASH,
    ]);
  });
  return folder;
}

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
