import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { run, titlesIn, withBackup } from "../support/backups.ts";
import { signUp } from "../support/client.ts";
import { clockAt } from "../support/clock.ts";
import { expectCommandError } from "../support/command-errors.ts";
import { dataFolder, fingerprint } from "../support/data-folder.ts";
import { fill, smallDisk } from "../support/disk.ts";
import { startLoad } from "../support/load.ts";
import { engine, runProgram, startProgram } from "../support/program.ts";
import { readOnly } from "../support/read-only.ts";

setDefaultTimeout(180_000);

const PASSPHRASE = "eight words that nobody else would say";

describe("a backup", () => {
  it("contains every write confirmed before it began, while 64 clients write", async () => {
    using folder = dataFolder();
    const DATA_DIR = folder.file("data");
    await using program = await startProgram({ DATA_DIR, LOG_LEVEL: "error" });
    const person = await signUp(program.url);
    const load = startLoad([program.url], person, { clients: 64 });
    await load.waitForMore(200);
    const before = [...load.added.keys()];
    const file = await run(["backup"], { DATA_DIR });
    await load.waitForMore(50);
    await load.end();

    const elsewhere = folder.file("elsewhere");
    await run(["restore", file, "--yes"], { DATA_DIR: elsewhere });
    const titles = new Set(await titlesIn(elsewhere, person));
    expect(before.filter((title) => !titles.has(title))).toEqual([]);
    expect([...titles].filter((title) => !load.attempted.has(title))).toEqual([]);
  });

  it("is one file with a manifest next to it", async () => {
    using place = await withBackup();
    const name = basename(place.file);
    expect(readdirSync(place.folder.file("backups")).sort()).toEqual([name, `${name}.json`]);
    const manifest = JSON.parse(readFileSync(`${place.file}.json`, "utf8"));
    expect(manifest).toMatchObject({ format: 1, engine, rows: { users: 1, tasks: 1 } });
    const bytes = readFileSync(place.file);
    expect(manifest.packed).toEqual({ bytes: bytes.length, sha256: Bun.SHA256.hash(bytes, "hex") });
    const on = engine === "sqlite" ? "SQLite" : "PostgreSQL";
    expect(await run(["verify", place.file], place.environment)).toMatch(
      new RegExp(`can be restored: 1 users, 1 tasks, as of 20.*on ${on}`),
    );
    expect(await run(["backup", "--list"], place.environment)).toBe(place.file);
  });

  it("is reported as one line of JSON, and nothing else, with --json", async () => {
    using place = await withBackup();
    const { stdout, stderr } = await runProgram(["backup", "--json"], place.environment);
    expect(stderr).toBe("");
    const { backup, ...rest } = JSON.parse(stdout);
    expect((await run(["backup", "--list"], place.environment)).split("\n")).toContain(backup);
    expect(rest).toEqual({ createdAt: expect.stringMatching(/^20/), users: 1, tasks: 1 });
  });

  it("decompresses to a SQLite database with plain zstd", async () => {
    using place = await withBackup();
    const bytes = Bun.zstdDecompressSync(readFileSync(place.file));
    expect(Buffer.from(bytes).toString("latin1", 0, 15)).toBe("SQLite format 3");
    expect(JSON.parse(readFileSync(`${place.file}.json`, "utf8")).database).toEqual({
      bytes: bytes.length,
      sha256: Bun.SHA256.hash(bytes, "hex"),
    });
  });

  it("is unreadable without its passphrase when encrypted", async () => {
    using place = await withBackup();
    const secret = place.folder.file("passphrase");
    writeFileSync(secret, `${PASSPHRASE}\n`);
    const encrypted = { ...place.environment, BACKUP_PASSPHRASE_FILE: secret };
    const file = await run(["backup"], encrypted);
    expect(readFileSync(file, "latin1")).toStartWith("age-encryption.org/v1\n");
    for (const path of [file, `${file}.json`]) expect(readFileSync(path).includes("From before")).toBe(false);
    await expectCommandError(["verify", file], place.environment, /encrypted.*BACKUP_PASSPHRASE_FILE/);
    const wrong = { ...place.environment, BACKUP_PASSPHRASE: "another one altogether" };
    await expectCommandError(["verify", file], wrong, /BACKUP_PASSPHRASE is wrong/);
    const elsewhere = { ...encrypted, DATA_DIR: place.folder.file("elsewhere") };
    await run(["restore", file, "--yes"], elsewhere);
    expect(await titlesIn(elsewhere.DATA_DIR, place.person)).toEqual(["From before"]);
  });
});

const noClock = clockAt("+0d") === undefined && !process.env.CI;
if (noClock) console.log("skipped: setting the clock needs faketime");

describe.skipIf(noClock)("retention", () => {
  /** Creates backups on days counted from today. @returns the days of the remaining backups */
  async function remainingDays(days: number[], settings: Record<string, string> = {}): Promise<number[]> {
    using place = await withBackup();
    const today = new Date().setUTCHours(0, 0, 0, 0);
    for (const day of days) await run(["backup"], { ...place.environment, ...settings, ...clockAt(`+${day}d`) });
    const names = readdirSync(place.folder.file("backups"));
    const backups = names.filter((name) => name.endsWith(".zst"));
    expect(names.sort()).toEqual(backups.flatMap((name) => [name, `${name}.json`]).sort());
    return backups
      .map((name) => /(\d{4})(\d\d)(\d\d)T/.exec(name) ?? [])
      .map(([, year, month, day]) => (Date.parse(`${year}-${month}-${day}`) - today) / 86_400_000)
      .sort((one, other) => one - other);
  }

  it("keeps all backups of the seven newest days, and removes older ones with their manifests", async () => {
    expect(await remainingDays([1, 2, 3, 4, 5, 6, 7, 8, 8])).toEqual([2, 3, 4, 5, 6, 7, 8, 8]);
  });

  it("keeps old backups after a year without new ones", async () => {
    expect(await remainingDays([1, 2, 367])).toEqual([0, 1, 2, 367]);
  });

  it("keeps weekly backups, too, if configured", async () => {
    const days = await remainingDays([7, 14, 21, 22, 23], { BACKUP_KEEP: "2", BACKUP_KEEP_WEEKLY: "4" });
    expect(days).toEqual(expect.arrayContaining([7, 14, 22, 23]));
    expect(days.length).toBeLessThan(6);
  });
});

describe.skipIf(noClock)("backup --check", () => {
  it("fails when the newest backup is over 26 hours old, or there is none", async () => {
    using place = await withBackup();
    expect(await run(["backup", "--check"], place.environment)).toMatch(/0 hours old/);
    await expectCommandError(["backup", "--check"], { ...place.environment, ...clockAt("+27h") }, /27 hours old/);
    const none = { ...place.environment, BACKUP_DIR: place.folder.file("none") };
    await expectCommandError(["backup", "--check"], none, /no verified backup/);
  });
});

describe("creating a backup", () => {
  it("fails with a clear error in a read-only folder, and leaves the backups there unchanged", async () => {
    using place = await withBackup();
    const before = fingerprint(place.folder.file("backups"));
    {
      using closed = readOnly(place.folder.file("backups"));
      if (!closed && !process.env.CI) return console.warn("skipped: nothing can be made read-only here");
      await expectCommandError(["backup"], place.environment, /uid \d+ can't write .*backups.*BACKUP_DIR/);
    }
    expect(fingerprint(place.folder.file("backups"))).toEqual(before);
  });

  it("fails with a clear error on a full disk, and leaves the backups and the server alone", async () => {
    using place = await withBackup();
    using disk = smallDisk();
    if (!disk && !process.env.CI) return console.warn("skipped: mounting a small disk needs root");
    if (!disk) throw new Error("no small disk could be mounted");
    const there = { ...place.environment, BACKUP_DIR: disk.path };
    const file = await run(["backup"], there);
    await using program = await startProgram({ DATA_DIR: place.environment.DATA_DIR });
    {
      using _full = fill(disk.path);
      await expectCommandError(["backup"], there, /is full.*BACKUP_DIR/);
    }
    expect(readdirSync(disk.path).sort()).toEqual([basename(file), `${basename(file)}.json`]);
    expect(await run(["verify", file], place.environment)).toContain("can be restored");
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200);
  });
});
