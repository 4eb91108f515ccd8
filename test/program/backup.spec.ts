import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { run, titlesIn, withBackup } from "../support/backups.ts";
import { signUp } from "../support/client.ts";
import { clockAt } from "../support/clock.ts";
import { dataFolder, fingerprint } from "../support/data-folder.ts";
import { engine, startProgram } from "../support/program.ts";
import { readOnly } from "../support/read-only.ts";
import { expectRefusedCommand } from "../support/refusal.ts";
import { fill, smallDisk } from "../support/small-disk.ts";
import { startStorm } from "../support/storm.ts";

setDefaultTimeout(120_000);

const PASSPHRASE = "eight words that nobody else would say";

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

describe("a folder for backups that takes none", () => {
  it("is a clear error, and leaves the backups and the program alone: a read-only one", async () => {
    using place = await withBackup();
    const before = fingerprint(place.folder.file("backups"));
    {
      using closed = readOnly(place.folder.file("backups"));
      if (!closed && !process.env.CI) return console.warn("not held: nothing can be made read-only here");
      await expectRefusedCommand(["backup"], place.environment, /uid \d+ can't write .*backups.*BACKUP_DIR/);
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
