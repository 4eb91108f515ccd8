import { describe, expect, it, setDefaultTimeout } from "bun:test";
import {
  chmodSync,
  chownSync,
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
import { unpack } from "../../src/backups/file.ts";
import { CommandError } from "../../src/errors.ts";
import { run, titlesIn, withBackup } from "../support/backups.ts";
import { signIn } from "../support/client.ts";
import { dataFolder, fingerprint, withSqlite } from "../support/data-folder.ts";
import { noFile, startProgram } from "../support/program.ts";
import { expectRefusedCommand } from "../support/refusal.ts";

setDefaultTimeout(120_000);

describe("a file that is no sound backup", () => {
  const cases: Record<string, (bytes: Buffer) => Buffer> = {
    "cut short": (bytes) => bytes.subarray(0, bytes.length - 100),
    "cut short in its manifest": (bytes) => bytes.subarray(0, 40),
    "with something after it": (bytes) => Buffer.concat([bytes, Buffer.from("\n")]),
    "with one bit flipped in the middle": (bytes) => flip(bytes, bytes.length >> 1),
    "with one bit flipped at the end": (bytes) => flip(bytes, bytes.length - 1),
    "with another number of rows in its manifest": (bytes) =>
      Buffer.from(bytes.toString("latin1").replace('"tasks":1', '"tasks":2'), "latin1"),
    "of another program": () => Buffer.from(Bun.zstdCompressSync("CREATE TABLE cats (name text)")),
    "of nothing": () => Buffer.alloc(0),
  };

  it.each(Object.entries(cases))("is refused, and the database is untouched: one %s", async (_, spoil) => {
    using place = await withBackup();
    const spoiled = place.folder.file("spoiled.db.zst");
    writeFileSync(spoiled, spoil(readFileSync(place.file)));
    const before = fingerprint(place.folder.file("data"));
    await expectRefusedCommand(["verify", spoiled], place.environment, /damaged|not a backup|does not hold/);
    await expectRefusedCommand(["restore", spoiled, "--yes"], place.environment, /damaged|not a backup|does not hold/);
    expect(fingerprint(place.folder.file("data"))).toEqual(before);
    expect(await titlesIn(place.environment.DATA_DIR, place.person)).toEqual(["From before"]);
  });

  it("is found by any byte of its two ends that is another one, missing or too much", async () => {
    using place = await withBackup();
    const bytes = readFileSync(place.file);
    const spoiled = place.folder.file("spoiled.db.zst");
    const accepted: string[] = [];
    const take = async (words: string, spoilt: Uint8Array) => {
      writeFileSync(spoiled, spoilt);
      const taken = await unpack(spoiled, place.folder.file("taken.db")).then(
        () => true,
        (error) => !(error instanceof CommandError),
      );
      if (taken) accepted.push(words);
    };
    const head = 8 + bytes.readUInt32LE(4);
    for (let at = 0; at < head + 16; at++) await take(`flipped at ${at}`, flip(bytes, at, 1 << (at % 8)));
    for (let from = 1; from <= 64; from++) {
      await take(`flipped at ${from} from the end`, flip(bytes, bytes.length - from, 1 << (from % 8)));
      await take(`cut by ${from}`, bytes.subarray(0, -from));
      await take(`with ${from} bytes too many`, Buffer.concat([bytes, Buffer.alloc(from)]));
    }
    await take("twice", Buffer.concat([bytes, bytes]));
    expect(accepted).toEqual([]);
    await take("as it was", bytes);
    expect(accepted).toEqual(["as it was"]);
  });

  it.skipIf(noFile)("is refused as a database file too: damaged, of another program, of nothing", async () => {
    using place = await withBackup();
    const file = place.folder.file("kept.db");
    const refused = async (reason: RegExp) => {
      const before = fingerprint(place.folder.file("data"));
      await expectRefusedCommand(["restore", file, "--yes"], place.environment, reason);
      expect(fingerprint(place.folder.file("data"))).toEqual(before);
    };
    const whole = readFileSync(place.folder.file("data/taskflow.db"));
    writeFileSync(file, Buffer.concat([whole.subarray(0, 8192), Buffer.alloc(4096, 7), whole.subarray(12_288)]));
    await refused(/kept\.db is damaged/);
    writeFileSync(file, whole);
    withSqlite(file, (database) => {
      database.run("PRAGMA foreign_keys = OFF");
      database.run("DELETE FROM users");
    });
    await refused(/kept\.db is damaged: a row of \w+ belongs to none of users/);
    rmSync(file);
    withSqlite(file, (database) => database.run("CREATE TABLE cats (name text)"));
    await refused(/kept\.db is the database of another program/);
    withSqlite(file, (database) => database.run("DROP TABLE cats"));
    await refused(/kept\.db is not a database of TaskFlow/);
  });

  it("is not looked for where there is none", async () => {
    using place = await withBackup();
    await expectRefusedCommand(["restore", "/no/such/file", "--yes"], place.environment, /no file/);
    const empty = { ...place.environment, BACKUP_DIR: place.folder.file("none") };
    await expectRefusedCommand(["restore", "latest", "--yes"], empty, /no backup in .*BACKUP_DIR/);
  });
});

describe("restoring", () => {
  it("is refused while the program serves, on the same database or beside it", async () => {
    using place = await withBackup();
    await using program = await startProgram({ DATA_DIR: place.environment.DATA_DIR });
    await expectRefusedCommand(["restore", place.file, "--yes"], place.environment, /using.*stop.*Nothing was changed/);
    const person = await signIn(program.url, place.person);
    expect(person).toBeString();
  });

  it("asks first: without an answer nothing happens", async () => {
    using place = await withBackup();
    const before = fingerprint(place.folder.file("data"));
    await expectRefusedCommand(["restore", place.file], place.environment, /--yes.*nothing was changed/);
    expect(fingerprint(place.folder.file("data"))).toEqual(before);
  });

  it("keeps aside what was there, and can be taken back with it", async () => {
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

  it("brings back somebody whose database is lost, in one command", async () => {
    using place = await withBackup();
    const lost = { ...place.environment, DATA_DIR: place.folder.file("a/new/volume") };
    await run(["restore", "latest", "--yes"], lost);
    if (!noFile) expect(readdirSync(lost.DATA_DIR)).toEqual(["taskflow.db"]);
    expect(await titlesIn(lost.DATA_DIR, place.person)).toEqual(["From before"]);
  });

  it.skipIf(noFile)("puts back what was there when the disk does not give back what was restored", async () => {
    using place = await withBackup();
    const { DATA_DIR } = place.environment;
    const lying = {
      BUN_OPTIONS: `--preload=${join(import.meta.dir, "..", "support", "lying-disk.ts")}`,
      SPOILT: join(DATA_DIR, "taskflow.db"),
    };
    const before = readdirSync(DATA_DIR).sort();
    await expectRefusedCommand(
      ["restore", place.file, "--yes"],
      { ...place.environment, ...lying },
      /taskflow\.db is damaged: .*What was there before is back in its place/,
    );
    expect(readdirSync(DATA_DIR).sort()).toEqual(before);
    expect(await titlesIn(DATA_DIR, place.person)).toEqual(["From before"]);
  });

  it.skipIf(noFile)("leaves a link where it is, and the file behind it as its owner had it", async () => {
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

  it("gives no change a number that somebody has seen already", async () => {
    using place = await withBackup();
    await using first = await startProgram({ DATA_DIR: place.environment.DATA_DIR });
    const send = async (url: string) => {
      const authorization = `Bearer ${await signIn(url, place.person)}`;
      const headers = { authorization, "content-type": "application/json" };
      const answer = await fetch(`${url}/api/tasks`, { method: "POST", headers, body: '{"title":"One more"}' });
      return Number(answer.headers.get("taskflow-change"));
    };
    const seen = await send(first.url);
    await first.stop();
    await run(["restore", "latest", "--yes"], place.environment);
    await using second = await startProgram({ DATA_DIR: place.environment.DATA_DIR });
    expect(await send(second.url)).toBeGreaterThan(seen);
  });

  it("takes a backup of an older version, and brings it up to date", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.file("data") };
    await run(["restore", await olderBackup(folder.path), "--yes"], environment);
    expect(await run(["user", "list"], environment)).toContain("grace@example.org");
    expect(await run(["backup", "--list"], environment)).toBe("");
  });
});

/** @returns a backup as the version with the first schema would have made it */
async function olderBackup(folder: string): Promise<string> {
  const { Database } = await import("bun:sqlite");
  const migrations = join(import.meta.dir, "..", "..", "src", "db", "migrations", "sqlite");
  const [first = ""] = readdirSync(migrations).filter((name) => name.startsWith("0000_"));
  const sql = readFileSync(join(migrations, first), "utf8");
  const file = join(folder, "older.db");
  {
    using database = new Database(file, { create: true });
    database.run("CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric)");
    for (const statement of sql.split("--> statement-breakpoint")) database.run(statement);
    const hash = new Bun.CryptoHasher("sha256").update(sql).digest("hex");
    database.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, 1)", [hash]);
    database.run(
      "INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at, updated_at) VALUES ('019aab2c-7f3e-7000-8b2a-3d5e6f708192', 'grace', 'grace', 'grace@example.org', 'grace@example.org', '', 0, 0)",
    );
  }
  const bytes = readFileSync(file);
  const manifest = Buffer.from(
    JSON.stringify({
      format: 2,
      version: "0.0.1",
      engine: "sqlite",
      migration: new Bun.CryptoHasher("sha256").update(sql).digest("hex"),
      createdAt: "2026-01-01T00:00:00.000Z",
      rows: { users: 1, sessions: 0 },
      bytes: bytes.length,
      sha256: new Bun.CryptoHasher("sha256").update(bytes).digest("hex"),
    }),
  );
  const content = Buffer.concat([frame(0x184d2a5c, manifest), Bun.zstdCompressSync(bytes)]);
  const seal = frame(0x184d2a5d, new Bun.CryptoHasher("sha256").update(content).digest());
  const backup = join(folder, "older.db.zst");
  writeFileSync(backup, Buffer.concat([content, seal]));
  return backup;
}

function frame(magic: number, content: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(magic, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

function flip(bytes: Buffer, at: number, bit = 1): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[at] = (flipped[at] ?? 0) ^ bit;
  return flipped;
}
