import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { signUp } from "../support/client.ts";
import { expectCommandError, expectStartError } from "../support/command-errors.ts";
import { holdPort } from "../support/connection.ts";
import { dataFolder, fingerprint, withSqlite } from "../support/data-folder.ts";
import { LEFT_BEHIND, noFile, startProgram } from "../support/program.ts";
import { readOnly } from "../support/read-only.ts";

setDefaultTimeout(180_000);

/** Creates a data folder with a database. */
async function usedFolder() {
  const folder = dataFolder();
  await using program = await startProgram({ DATA_DIR: folder.path });
  expect(await program.stop()).toBe(0);
  return folder;
}

describe("busy port", () => {
  it("prevents the start with an error that names it", async () => {
    await using holder = await startProgram();
    const { port } = new URL(holder.url);
    await using _ = await holdPort(Number(port));
    using folder = dataFolder();
    await expectStartError({ PORT: port, DATA_DIR: folder.path }, new RegExp(`port ${port} is in use.*PORT`));
  });

  it("prevents a second start with the same data, and does not disturb the first", async () => {
    await using first = await startProgram();
    const person = await signUp(first.url);
    const { port } = new URL(first.url);
    await expectStartError({ PORT: port, DATA_DIR: first.dataDir }, new RegExp(`port ${port} is in use`));
    expect((await person.send("/api/tasks", { json: { title: "Not disturbed" } })).status).toBe(201);
    expect(await first.stop()).toBe(0);
    expect(readdirSync(first.dataDir).sort()).toEqual(LEFT_BEHIND);
  });
});

describe("data folder", () => {
  it("prevents the start if it is a file, which is kept", async () => {
    using folder = dataFolder();
    writeFileSync(folder.file("data"), "a letter");
    await expectStartError({ DATA_DIR: folder.file("data") }, /DATA_DIR/);
    await expectStartError({ DATA_DIR: folder.file("data/below") }, /DATA_DIR/);
    expect(readFileSync(folder.file("data"), "utf8")).toBe("a letter");
  });

  it("prevents the start if it can't be created", () =>
    expectStartError({ DATA_DIR: "/proc/nope" }, /\/proc\/nope.*DATA_DIR/));

  it.skipIf(noFile).each([
    ["empty", async () => dataFolder()],
    ["with a database", usedFolder],
  ] as const)("prevents the start if it is read-only: %s", async (_, make) => {
    using folder = await make();
    const before = fingerprint(folder.path);
    using lock = readOnly(folder.path);
    if (!lock && !process.env.CI) return console.warn("skipped: this user can't create a read-only folder");
    expect(lock).toBeDefined();
    const output = await expectStartError({ DATA_DIR: folder.path }, /can't write/);
    expect(output).toContain(folder.path);
    expect(fingerprint(folder.path)).toEqual(before);
  });
});

describe.skipIf(noFile)("database file", () => {
  const damage: Record<string, (file: string) => void> = {
    "from a newer version": (file) =>
      withSqlite(file, (database) =>
        database.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('of the future', 4102444800000)"),
      ),
    "of text": (file) => writeFileSync(file, "Dear diary, today I was not a database. ".repeat(200)),
    "of one character": (file) => writeFileSync(file, "x"),
    "of random bytes": (file) => writeFileSync(file, crypto.getRandomValues(new Uint8Array(20_000))),
    "of another program": (file) => {
      writeFileSync(file, "");
      withSqlite(file, (database) => {
        database.run("CREATE TABLE notes (text)");
        database.run("INSERT INTO notes VALUES ('mine')");
      });
    },
    "of another program, in WAL mode": (file) => {
      writeFileSync(file, "");
      withSqlite(file, (database) => {
        database.run("PRAGMA journal_mode = WAL");
        database.run("CREATE TABLE users (name)");
        database.run("INSERT INTO users VALUES ('theirs')");
      });
    },
  };
  const reasons: Record<string, RegExp> = {
    "from a newer version": /newer version.*nothing was changed/,
    "of another program": /another program.*DATABASE_URL/,
    "of another program, in WAL mode": /another program.*DATABASE_URL/,
  };

  it.each(Object.keys(damage))("prevents the start and stays unchanged: %s", async (kind) => {
    using folder = await usedFolder();
    damage[kind]?.(folder.file("taskflow.db"));
    const before = fingerprint(folder.path);
    await expectStartError({ DATA_DIR: folder.path }, reasons[kind] ?? /not a SQLite database.*DATABASE_URL/);
    expect(fingerprint(folder.path)).toEqual(before);
    await expectCommandError(["user", "disable", "ada"], { DATA_DIR: folder.path }, /taskflow\.db/);
    expect(fingerprint(folder.path)).toEqual(before);
  });

  it("is recovered after a crash", async () => {
    using folder = dataFolder();
    const program = await startProgram({ DATA_DIR: folder.path });
    const person = await signUp(program.url);
    await person.send("/api/tasks", { json: { title: "Only in the log so far" } });
    await program.stop("SIGKILL");
    using moved = dataFolder();
    cpSync(folder.path, moved.path, { recursive: true });
    await using after = await startProgram({ DATA_DIR: moved.path });
    const list = await fetch(`${after.url}/api/tasks`, { headers: { authorization: `Bearer ${person.token}` } });
    expect(await list.json()).toMatchObject({ items: [{ title: "Only in the log so far" }] });
  });
});

describe("DATABASE_URL", () => {
  it("prevents the start if its folder is missing, and creates none", async () => {
    using folder = dataFolder();
    const DATABASE_URL = folder.file("not/there/taskflow.db");
    await expectStartError({ DATABASE_URL, DATA_DIR: folder.file("data") }, /not\/there.*DATABASE_URL/);
    expect(readdirSync(folder.path)).not.toContain("not");
  });

  it("prevents the start if it names a folder", async () => {
    using folder = dataFolder();
    mkdirSync(folder.file("folder"));
    await expectStartError({ DATABASE_URL: folder.file("folder"), DATA_DIR: folder.file("data") }, /DATABASE_URL/);
    expect(readdirSync(folder.file("folder"))).toEqual([]);
  });
});
