import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { signUp } from "../support/client.ts";
import { holdPort } from "../support/connection.ts";
import { dataFolder, fingerprint, withSqlite } from "../support/data-folder.ts";
import { LEFT_BEHIND, noFile, startProgram } from "../support/program.ts";
import { readOnly } from "../support/read-only.ts";
import { expectRefusedCommand, expectRefusedStart } from "../support/refusal.ts";

setDefaultTimeout(60_000);

/** A data folder that the program has made and left. */
async function usedFolder() {
  const folder = dataFolder();
  await using program = await startProgram({ DATA_DIR: folder.path });
  expect(await program.stop()).toBe(0);
  return folder;
}

describe("a busy port", () => {
  it("stops the start with its number", async () => {
    await using holder = await startProgram();
    const { port } = new URL(holder.url);
    await using _ = await holdPort(Number(port));
    using folder = dataFolder();
    await expectRefusedStart({ PORT: port, DATA_DIR: folder.path }, new RegExp(`port ${port} is in use.*PORT`));
  });

  it("also stops a second start on the same data, and the first goes on", async () => {
    await using first = await startProgram();
    const person = await signUp(first.url);
    const { port } = new URL(first.url);
    await expectRefusedStart({ PORT: port, DATA_DIR: first.dataDir }, new RegExp(`port ${port} is in use`));
    expect((await person.send("/api/tasks", { json: { title: "Not disturbed" } })).status).toBe(201);
    expect(await first.stop()).toBe(0);
    expect(readdirSync(first.dataDir).sort()).toEqual(LEFT_BEHIND);
  });
});

describe("a data folder", () => {
  it("that is a file stops the start, and the file stays", async () => {
    using folder = dataFolder();
    writeFileSync(folder.file("data"), "a letter");
    await expectRefusedStart({ DATA_DIR: folder.file("data") }, /DATA_DIR/);
    await expectRefusedStart({ DATA_DIR: folder.file("data/below") }, /DATA_DIR/);
    expect(readFileSync(folder.file("data"), "utf8")).toBe("a letter");
  });

  it("that can't be made stops the start", () =>
    expectRefusedStart({ DATA_DIR: "/proc/nope" }, /\/proc\/nope.*DATA_DIR/));

  it.skipIf(noFile).each([
    ["an empty one", async () => dataFolder()],
    ["one in use", usedFolder],
  ] as const)("that is read-only stops the start, %s", async (_, make) => {
    using folder = await make();
    const before = fingerprint(folder.path);
    using lock = readOnly(folder.path);
    if (!lock && !process.env.CI) return console.warn("not held: this user can't make a folder read-only for itself");
    expect(lock).toBeDefined();
    const words = await expectRefusedStart({ DATA_DIR: folder.path }, /can't write/);
    expect(words).toContain(folder.path);
    expect(fingerprint(folder.path)).toEqual(before);
  });
});

describe.skipIf(noFile)("a database file", () => {
  const spoil: Record<string, (file: string) => void> = {
    "from a newer version": (file) =>
      withSqlite(file, (database) =>
        database.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('of the future', 4102444800000)"),
      ),
    "that is text": (file) => writeFileSync(file, "Dear diary, today I was not a database. ".repeat(200)),
    "that is one line": (file) => writeFileSync(file, "x"),
    "that is noise": (file) => writeFileSync(file, crypto.getRandomValues(new Uint8Array(20_000))),
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

  it.each(Object.keys(spoil))("%s stops the start, and no byte of it changes", async (kind) => {
    using folder = await usedFolder();
    spoil[kind]?.(folder.file("taskflow.db"));
    const before = fingerprint(folder.path);
    await expectRefusedStart({ DATA_DIR: folder.path }, reasons[kind] ?? /not a SQLite database.*DATABASE_URL/);
    expect(fingerprint(folder.path)).toEqual(before);
    await expectRefusedCommand(["user", "disable", "ada"], { DATA_DIR: folder.path }, /taskflow\.db/);
    expect(fingerprint(folder.path)).toEqual(before);
  });

  it("left by a crash is taken up as it is", async () => {
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
  it("into a folder that is not there stops the start, and makes none", async () => {
    using folder = dataFolder();
    const DATABASE_URL = folder.file("not/there/taskflow.db");
    await expectRefusedStart({ DATABASE_URL, DATA_DIR: folder.file("data") }, /not\/there.*DATABASE_URL/);
    expect(readdirSync(folder.path)).not.toContain("not");
  });

  it("that names a folder stops the start", async () => {
    using folder = dataFolder();
    mkdirSync(folder.file("folder"));
    await expectRefusedStart({ DATABASE_URL: folder.file("folder"), DATA_DIR: folder.file("data") }, /DATABASE_URL/);
    expect(readdirSync(folder.file("folder"))).toEqual([]);
  });
});
