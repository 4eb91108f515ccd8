import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { signIn, signUp } from "../support/client.ts";
import { clockAt } from "../support/clock.ts";
import { dataFolder, fingerprint } from "../support/data-folder.ts";
import { engine, noFile, runProgram, spawnProgram, startProgram } from "../support/program.ts";
import { readOnly } from "../support/read-only.ts";
import { expectRefusedCommand } from "../support/refusal.ts";
import { fill, smallDisk } from "../support/small-disk.ts";
import { startStorm } from "../support/storm.ts";
import { createTask } from "../support/tasks.ts";

setDefaultTimeout(120_000);

const PASSPHRASE = "eight words that nobody else would say";

/** Runs a command that is to succeed. @returns what it says */
async function run(args: string[], environment: Record<string, string | undefined>): Promise<string> {
  const { code, stdout, stderr } = await runProgram(args, environment);
  expect({ code, words: code === 0 ? "" : stderr }).toEqual({ code: 0, words: "" });
  return stdout.trim();
}

/** @returns the titles that a person finds in a data folder, by a program that is started on it */
async function titlesIn(dataDir: string, person: { username: string; password: string }): Promise<string[]> {
  await using program = await startProgram({ DATA_DIR: dataDir });
  const authorization = `Bearer ${await signIn(program.url, person)}`;
  const titles: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const at = `${program.url}/api/tasks?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = await (await fetch(at, { headers: { authorization } })).json();
    const { items, nextCursor } = page as { items: { title: string }[]; nextCursor: string | null };
    titles.push(...items.map(({ title }) => title));
    cursor = nextCursor;
  }
  expect(await program.stop()).toBe(0);
  return titles;
}

/** A data folder with one task in it, and one backup of it. */
async function withBackup() {
  const folder = dataFolder();
  await using program = await startProgram({ DATA_DIR: folder.file("data") });
  const person = await signUp(program.url);
  await createTask(person, "From before");
  await program.stop();
  const environment = { DATA_DIR: folder.file("data"), BACKUP_DIR: folder.file("backups") };
  const file = await run(["backup"], environment);
  return { folder, person, environment, file, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

describe("a backup", () => {
  it("of a database that 64 clients write to holds every write that was answered before it began", async () => {
    using folder = dataFolder();
    const DATA_DIR = folder.file("data");
    await using program = await startProgram({ DATA_DIR, LOG_LEVEL: "error" });
    const person = await signUp(program.url);
    const storm = startStorm([program.url], person, { clients: 64 });
    await storm.more(200);
    const before = [...storm.added.keys()];
    const file = await run(["backup"], { DATA_DIR });
    await storm.more(50);
    await storm.end();

    const elsewhere = folder.file("elsewhere");
    await run(["restore", file, "--yes"], { DATA_DIR: elsewhere });
    const titles = new Set(await titlesIn(elsewhere, person));
    expect(before.filter((title) => !titles.has(title))).toEqual([]);
    expect([...titles].filter((title) => !storm.attempted.has(title))).toEqual([]);
  });

  it("is one file under its name, and says what it holds", async () => {
    using place = await withBackup();
    expect(readdirSync(place.folder.file("backups"))).toEqual([place.file.split("/").at(-1) ?? ""]);
    const of = engine === "sqlite" ? "SQLite" : "PostgreSQL";
    expect(await run(["verify", place.file], place.environment)).toMatch(
      new RegExp(`can be restored: 1 users, 1 tasks, as of 20.*on ${of}`),
    );
    expect(await run(["backup", "--list"], place.environment)).toBe(place.file);
  });

  it("is a database by the means of zstd alone", async () => {
    using place = await withBackup();
    const bytes = Bun.zstdDecompressSync(readFileSync(place.file));
    expect(Buffer.from(bytes).toString("latin1", 0, 15)).toBe("SQLite format 3");
  });

  it("can be encrypted, and is nothing then without the passphrase", async () => {
    using place = await withBackup();
    const secret = place.folder.file("passphrase");
    writeFileSync(secret, `${PASSPHRASE}\n`);
    const sealed = { ...place.environment, BACKUP_PASSPHRASE_FILE: secret };
    const file = await run(["backup"], sealed);
    expect(readFileSync(file, "latin1")).toStartWith("age-encryption.org/v1\n");
    expect(readFileSync(file).includes("From before")).toBe(false);
    await expectRefusedCommand(["verify", file], place.environment, /encrypted.*BACKUP_PASSPHRASE_FILE/);
    const wrong = { ...place.environment, BACKUP_PASSPHRASE: "another one altogether" };
    await expectRefusedCommand(["verify", file], wrong, /another passphrase/);
    const elsewhere = { ...sealed, DATA_DIR: place.folder.file("elsewhere") };
    await run(["restore", file, "--yes"], elsewhere);
    expect(await titlesIn(elsewhere.DATA_DIR, place.person)).toEqual(["From before"]);
  });
});

describe("a file that is no sound backup", () => {
  const cases: Record<string, (bytes: Buffer) => Buffer> = {
    "cut short": (bytes) => bytes.subarray(0, bytes.length - 100),
    "cut short in its manifest": (bytes) => bytes.subarray(0, 40),
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
    if (noFile) await run(["restore", kept, "--yes"], place.environment);
    else copyFileSync(kept, join(place.environment.DATA_DIR, "taskflow.db"));
    expect(await titlesIn(place.environment.DATA_DIR, place.person)).toEqual(["From after", "From before"]);
  });

  it("brings back somebody whose database is lost, in one command", async () => {
    using place = await withBackup();
    const lost = { ...place.environment, DATA_DIR: place.folder.file("a/new/volume") };
    await run(["restore", "latest", "--yes"], lost);
    expect(await titlesIn(lost.DATA_DIR, place.person)).toEqual(["From before"]);
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
      format: 1,
      version: "0.0.1",
      engine: "sqlite",
      migration: "",
      createdAt: "2026-01-01T00:00:00.000Z",
      rows: { users: 1, sessions: 0 },
      bytes: bytes.length,
      sha256: new Bun.CryptoHasher("sha256").update(bytes).digest("hex"),
    }),
  );
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a5c, 0);
  head.writeUInt32LE(manifest.length, 4);
  const backup = join(folder, "older.db.zst");
  writeFileSync(backup, Buffer.concat([head, manifest, Bun.zstdCompressSync(bytes)]));
  return backup;
}

function flip(bytes: Buffer, at: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[at] = (flipped[at] ?? 0) ^ 1;
  return flipped;
}

const noClock = clockAt("+0d") === undefined && !process.env.CI;
if (noClock) console.log("skipped: no faketime was found to move a clock");

describe.skipIf(noClock)("backups, as days go by", () => {
  /** Makes backups on days counted from today. @returns the days of those that are left */
  async function left(days: number[], settings: Record<string, string> = {}): Promise<number[]> {
    using place = await withBackup();
    const today = new Date().setUTCHours(0, 0, 0, 0);
    for (const day of days) await run(["backup"], { ...place.environment, ...settings, ...clockAt(`+${day}d`) });
    const names = readdirSync(place.folder.file("backups")).map((name) => /(\d{4})(\d\d)(\d\d)T/.exec(name) ?? []);
    return names
      .map(([, year, month, day]) => (Date.parse(`${year}-${month}-${day}`) - today) / 86_400_000)
      .sort(asNumbers);
  }
  const asNumbers = (one: number, other: number) => one - other;

  it("are kept for seven days, all of a day's", async () => {
    expect(await left([1, 2, 3, 4, 5, 6, 7, 8, 8])).toEqual([2, 3, 4, 5, 6, 7, 8, 8]);
  });

  it("are not lost because nobody made any for a year", async () => {
    expect(await left([1, 2, 367])).toEqual([0, 1, 2, 367]);
  });

  it("can be kept for weeks besides", async () => {
    const days = await left([7, 14, 21, 22, 23], { BACKUP_KEEP: "2", BACKUP_KEEP_WEEKLY: "4" });
    expect(days).toEqual(expect.arrayContaining([7, 14, 22, 23]));
    expect(days.length).toBeLessThan(6);
  });

  it("are too old after a day and two hours, and say so", async () => {
    using place = await withBackup();
    expect(await run(["backup", "--check"], place.environment)).toMatch(/0 hours old/);
    await expectRefusedCommand(["backup", "--check"], { ...place.environment, ...clockAt("+27h") }, /27 hours old/);
    const none = { ...place.environment, BACKUP_DIR: place.folder.file("none") };
    await expectRefusedCommand(["backup", "--check"], none, /no proven backup/);
  });
});

describe("the daily service", () => {
  it("makes a backup at once when there is none of today, none when there is, and ends in good order", async () => {
    using place = await withBackup();
    const elsewhere = { ...place.environment, BACKUP_DIR: place.folder.file("others"), NODE_ENV: "production" };
    const service = await spawnProgram(["backup", "--daily"], elsewhere);
    const { line, rest } = await firstLine(service.stdout);
    expect(JSON.parse(line)).toMatchObject({ level: "info", message: "backup proven", users: 1, tasks: 1 });
    service.kill("SIGTERM");
    expect(await service.exited).toBe(0);
    expect(await rest()).toBe("");
    const again = await spawnProgram(["backup", "--daily"], elsewhere);
    // It has looked once it listens to signals; what it would make then would be a second file.
    await expectLater(() => readdirSync(elsewhere.BACKUP_DIR).length === 1);
    again.kill("SIGTERM");
    expect([0, 143]).toContain(await again.exited);
    expect(readdirSync(elsewhere.BACKUP_DIR)).toHaveLength(1);
  });
});

async function expectLater(holds: () => boolean) {
  while (!holds()) await new Promise(setImmediate);
}

async function firstLine(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the program ended: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  const [line = "", ...more] = text.split("\n");
  return {
    line,
    async rest() {
      let left = more.join("\n");
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return left;
        left += decoder.decode(value, { stream: true });
      }
    },
  };
}

describe("a folder for backups that takes none", () => {
  it("is a clear error, and leaves the backups and the program alone: a read-only one", async () => {
    using place = await withBackup();
    const before = fingerprint(place.folder.file("backups"));
    {
      using closed = readOnly(place.folder.file("backups"));
      if (!closed && !process.env.CI) return console.warn("not held: nothing can be made read-only here");
      await expectRefusedCommand(["backup"], place.environment, /can't write .*backups.*uid \d+.*BACKUP_DIR/);
    }
    expect(fingerprint(place.folder.file("backups"))).toEqual(before);
  });

  it("is a clear error, and leaves the backups and the program alone: a full one", async () => {
    using place = await withBackup();
    using disk = smallDisk();
    if (!disk && !process.env.CI) return console.warn("not held: a small disk takes root");
    if (!disk) throw new Error("no small disk could be mounted");
    const there = { ...place.environment, BACKUP_DIR: disk.path };
    const file = await run(["backup"], there);
    await using program = await startProgram({ DATA_DIR: place.environment.DATA_DIR });
    {
      using _full = fill(disk.path);
      await expectRefusedCommand(["backup"], there, /is full.*BACKUP_DIR/);
    }
    expect(readdirSync(disk.path)).toEqual([file.split("/").at(-1) ?? ""]);
    expect(await run(["verify", file], place.environment)).toContain("can be restored");
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200);
  });
});
