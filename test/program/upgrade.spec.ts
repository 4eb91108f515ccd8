import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { copyFileSync, readdirSync, statSync } from "node:fs";
import { send, signIn, signUp } from "../support/client.ts";
import { type DataFolder, dataFolder, fingerprint, withSqlite } from "../support/data-folder.ts";
import { ADA, HASH, isTableOfLater, journal, KEPT, oldFolder, openData, tables } from "../support/old-database.ts";
import { noFile, runProgram, startProgram, tamper } from "../support/program.ts";
import { expectRefusedStart } from "../support/refusal.ts";

setDefaultTimeout(60_000);

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

describe.skipIf(noFile)("a database file of a newer version", () => {
  it("is refused with the way back: the newest copy that this version knows, which restore takes", async () => {
    using folder = await oldFolder();
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
