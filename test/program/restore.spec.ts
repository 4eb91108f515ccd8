import { describe, expect, it, setDefaultTimeout } from "bun:test";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { createBackups } from "../../src/backups/service.ts";
import { loadConfig } from "../../src/config.ts";
import { inspectSqlite } from "../../src/db/sqlite/snapshot.ts";
import { CommandError } from "../../src/errors.ts";
import { copyBackup, flipBit, run, titlesIn, withBackup } from "../support/backups.ts";
import { signIn } from "../support/client.ts";
import { expectCommandError } from "../support/command-errors.ts";
import { dataFolder, fingerprint, withSqlite } from "../support/data-folder.ts";
import { noFile, startProgram } from "../support/program.ts";
import { initialSql } from "../support/versions.ts";

setDefaultTimeout(180_000);

describe("a damaged backup", () => {
  const truncate = (bytes: Buffer, by: number) => bytes.subarray(0, bytes.length - by);

  it("is refused after any flipped bit, truncation or addition, and leaves the database unchanged", async () => {
    using place = await withBackup();
    const before = fingerprint(place.folder.file("data"));
    const bytes = readFileSync(place.file);
    const damaged = place.folder.file("damaged.db.zst");
    copyBackup(place.file, damaged);
    const accepts = (content: Buffer) => {
      writeFileSync(damaged, content);
      return isAccepted(damaged, place.environment);
    };
    const step = Math.ceil(bytes.length / 50);
    for (let at = 0; at < bytes.length; at += at < 32 || at > bytes.length - 32 ? 1 : step)
      expect({ at, accepted: await accepts(flipBit(bytes, at, 1 << (at % 8))) }).toEqual({ at, accepted: false });
    for (const by of [1, 4, 5, 100, bytes.length])
      expect({ by, accepted: await accepts(truncate(bytes, by)) }).toEqual({ by, accepted: false });
    expect(await accepts(Buffer.concat([bytes, Buffer.from("\n")]))).toBe(false);
    await expectCommandError(["restore", damaged, "--yes"], place.environment, /damaged.*a backup of 20/);
    expect(fingerprint(place.folder.file("data"))).toEqual(before);
    expect(await accepts(bytes)).toBe(true);
  });

  it("is refused when its manifest is damaged or states other contents", async () => {
    using place = await withBackup();
    const other = place.folder.file("other.db.zst");
    copyBackup(place.file, other, { rows: { users: 1, tasks: 2 } });
    await expectCommandError(["verify", other], place.environment, /differs from its manifest/);
    copyBackup(place.file, other, { format: 2 });
    await expectCommandError(["verify", other], place.environment, /json is .*damaged, or from a newer version/);
    writeFileSync(`${other}.json`, "{");
    await expectCommandError(["restore", other, "--yes"], place.environment, /json is .*damaged/);
  });
});

describe("a backup without its manifest", () => {
  it("is restored after a full check, with a note", async () => {
    using place = await withBackup();
    const alone = place.folder.file("alone.db.zst");
    copyFileSync(place.file, alone);
    expect(await run(["verify", alone], place.environment)).toMatch(/1 users, 1 tasks, .*no manifest to compare with/);
    const elsewhere = { ...place.environment, DATA_DIR: place.folder.file("elsewhere") };
    expect(await run(["restore", alone, "--yes"], elsewhere)).toContain("no manifest to compare with");
    expect(await titlesIn(elsewhere.DATA_DIR, place.person)).toEqual(["From before"]);
  });

  it("is refused when it is damaged, or not a backup", async () => {
    using place = await withBackup();
    const bytes = readFileSync(place.file);
    const cases = {
      truncated: bytes.subarray(0, -1),
      "additional bytes": Buffer.concat([bytes, Buffer.from("\n")]),
      "other contents": Bun.zstdCompressSync("CREATE TABLE cats (name text)"),
      empty: Buffer.alloc(0),
    };
    const damaged = place.folder.file("damaged.db.zst");
    const flips = Array.from({ length: 25 }, (_, index) => 16 + Math.floor((index / 25) * (bytes.length - 16)));
    const flipped = flips.map((at) => [`flipped at ${at}`, flipBit(bytes, at, 1 << (at % 8))] as const);
    const data = Bun.zstdDecompressSync(bytes);
    for (const [name, content] of [...Object.entries(cases), ...flipped]) {
      writeFileSync(damaged, content);
      // Some bits of zstd have no meaning: the data is the same whatever they are.
      const accepted = (await isAccepted(damaged, place.environment)) && !Bun.zstdDecompressSync(content).equals(data);
      expect({ name, accepted }).toEqual({ name, accepted: false });
    }
    writeFileSync(damaged, "");
    await expectCommandError(["restore", damaged, "--yes"], place.environment, /not a TaskFlow backup/);
  });
});

describe("a kept database file", () => {
  it.skipIf(noFile)("is refused when it is damaged, empty, or another program's", async () => {
    using place = await withBackup();
    const file = place.folder.file("kept.db");
    const expectRefused = async (reason: RegExp) => {
      const before = fingerprint(place.folder.file("data"));
      await expectCommandError(["restore", file, "--yes"], place.environment, reason);
      expect(fingerprint(place.folder.file("data"))).toEqual(before);
    };
    const whole = readFileSync(place.folder.file("data/taskflow.db"));
    writeFileSync(file, Buffer.concat([whole.subarray(0, 8192), Buffer.alloc(4096, 7), whole.subarray(12_288)]));
    await expectRefused(/kept\.db is damaged/);
    writeFileSync(file, whole);
    withSqlite(file, (database) => {
      database.run("PRAGMA foreign_keys = OFF");
      database.run("DELETE FROM users");
    });
    await expectRefused(/kept\.db is damaged: a row of \w+ references a missing row of users/);
    rmSync(file);
    withSqlite(file, (database) => database.run("CREATE TABLE cats (name text)"));
    await expectRefused(/kept\.db belongs to another program/);
    withSqlite(file, (database) => database.run("DROP TABLE cats"));
    await expectRefused(/kept\.db is not a database of TaskFlow/);
  });

  it("is reported when it doesn't exist", async () => {
    using place = await withBackup();
    await expectCommandError(["restore", "/no/such/file", "--yes"], place.environment, /no file/);
    const empty = { ...place.environment, BACKUP_DIR: place.folder.file("none") };
    await expectCommandError(["restore", "latest", "--yes"], empty, /no backup in .*BACKUP_DIR/);
  });
});

describe("restoring", () => {
  it("is refused while a server uses the database", async () => {
    using place = await withBackup();
    await using program = await startProgram({ DATA_DIR: place.environment.DATA_DIR });
    await expectCommandError(["restore", place.file, "--yes"], place.environment, /using.*stop.*Nothing was changed/);
    const person = await signIn(program.url, place.person);
    expect(person).toBeString();
  });

  it("asks for confirmation first", async () => {
    using place = await withBackup();
    const before = fingerprint(place.folder.file("data"));
    await expectCommandError(["restore", place.file], place.environment, /--yes.*nothing was changed/);
    expect(fingerprint(place.folder.file("data"))).toEqual(before);
  });

  it("keeps the replaced database, which can be restored, too", async () => {
    using place = await withBackup();
    await using program = await startProgram({ DATA_DIR: place.environment.DATA_DIR });
    const authorization = `Bearer ${await signIn(program.url, place.person)}`;
    const headers = { authorization, "content-type": "application/json" };
    const body = JSON.stringify({ title: "From after" });
    expect((await fetch(`${program.url}/api/tasks`, { method: "POST", headers, body })).status).toBe(201);
    await program.stop();
    const [, kept = ""] = /kept in (\S+)\.$/m.exec(await run(["restore", "latest", "--yes"], place.environment)) ?? [];
    expect(await titlesIn(place.environment.DATA_DIR, place.person)).toEqual(["From before"]);
    expect(await run(["verify", kept], place.environment)).toContain("2 tasks");
    await run(["restore", kept, "--yes"], place.environment);
    expect(await titlesIn(place.environment.DATA_DIR, place.person)).toEqual(["From after", "From before"]);
  });

  it("recreates a lost database in one command", async () => {
    using place = await withBackup();
    const lost = { ...place.environment, DATA_DIR: place.folder.file("a/new/volume") };
    await run(["restore", "latest", "--yes"], lost);
    if (!noFile) expect(readdirSync(lost.DATA_DIR)).toEqual(["taskflow.db"]);
    expect(await titlesIn(lost.DATA_DIR, place.person)).toEqual(["From before"]);
  });

  it.skipIf(noFile)("rolls back when the disk returns other data than was written", async () => {
    using place = await withBackup();
    const { DATA_DIR } = place.environment;
    const lying = {
      BUN_OPTIONS: `--preload=${join(import.meta.dir, "..", "support", "corrupting-disk.ts")}`,
      CORRUPT_FILE: join(DATA_DIR, "taskflow.db"),
    };
    const before = readdirSync(DATA_DIR).sort();
    await expectCommandError(
      ["restore", place.file, "--yes"],
      { ...place.environment, ...lying },
      /taskflow\.db is damaged: .*The previous database is back in its place/,
    );
    expect(readdirSync(DATA_DIR).sort()).toEqual(before);
    expect(await titlesIn(DATA_DIR, place.person)).toEqual(["From before"]);
  });

  it.skipIf(noFile)("keeps a symbolic link, and the owner and mode of its target", async () => {
    using place = await withBackup();
    const { DATA_DIR } = place.environment;
    const [link, behind] = [join(DATA_DIR, "taskflow.db"), place.folder.file("elsewhere/real.db")];
    mkdirSync(dirname(behind));
    renameSync(link, behind);
    symlinkSync(behind, link);
    chmodSync(behind, 0o640);
    const root = process.getuid?.() === 0;
    if (root) chownSync(behind, 1234, 4321);
    const { uid, gid, mode } = statSync(behind);
    await run(["restore", place.file, "--yes"], place.environment);
    expect(readlinkSync(link)).toBe(behind);
    expect(statSync(behind)).toMatchObject({ uid, gid, mode });
    for (const name of readdirSync(dirname(behind))) rmSync(join(dirname(behind), name));
    if (root) chownSync(dirname(behind), 1234, 4321);
    await run(["restore", place.file, "--yes"], place.environment);
    expect(readlinkSync(link)).toBe(behind);
    expect(readdirSync(dirname(behind))).toEqual(["real.db"]);
    expect(statSync(behind)).toMatchObject({ uid, gid });
    expect(await titlesIn(DATA_DIR, place.person)).toEqual(["From before"]);
  });

  it("never reuses the number of a change", async () => {
    using place = await withBackup();
    await using first = await startProgram({ DATA_DIR: place.environment.DATA_DIR });
    const send = async (url: string) => {
      const authorization = `Bearer ${await signIn(url, place.person)}`;
      const headers = { authorization, "content-type": "application/json" };
      const response = await fetch(`${url}/api/tasks`, { method: "POST", headers, body: '{"title":"One more"}' });
      return Number(response.headers.get("taskflow-change"));
    };
    const seen = await send(first.url);
    await first.stop();
    await run(["restore", "latest", "--yes"], place.environment);
    await using second = await startProgram({ DATA_DIR: place.environment.DATA_DIR });
    expect(await send(second.url)).toBeGreaterThan(seen);
  });

  it("upgrades a backup of an older version", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.file("data") };
    await run(["restore", await olderBackup(folder.path), "--yes"], environment);
    expect(await run(["user", "list"], environment)).toContain("ada@example.org");
    expect(await run(["backup", "--list"], environment)).toBe("");
  });
});

/** Verifies a file in this process: a program for each of hundreds of damaged files would take minutes. */
async function isAccepted(file: string, environment: Record<string, string>): Promise<boolean> {
  try {
    await createBackups(loadConfig(environment, { serving: false })).verify(file);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** Creates a backup with the initial schema. @returns its path */
async function olderBackup(folder: string): Promise<string> {
  const file = join(folder, "older.db");
  withSqlite(file, (database) => database.run(initialSql("sqlite")));
  const { migration, rows } = inspectSqlite(file);
  const bytes = readFileSync(file);
  const packed = Bun.zstdCompressSync(bytes);
  const digestOf = (content: Uint8Array) => ({ bytes: content.length, sha256: Bun.SHA256.hash(content, "hex") });
  const manifest = {
    ...{ format: 1, version: "0.0.1", engine: "sqlite", migration, createdAt: "2026-01-01T00:00:00.000Z" },
    ...{ rows, database: digestOf(bytes), packed: digestOf(packed) },
  };
  const backup = join(folder, "older.db.zst");
  writeFileSync(backup, packed);
  writeFileSync(`${backup}.json`, JSON.stringify(manifest));
  return backup;
}
