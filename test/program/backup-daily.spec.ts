import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { chmodSync, copyFileSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { withBackup } from "../support/backups.ts";
import { boundByRights } from "../support/bound-by-rights.ts";
import { clockAt, clockFrom } from "../support/clock.ts";
import { runProgram, spawnProgram, tamper } from "../support/program.ts";
import { fill, smallDisk } from "../support/small-disk.ts";

setDefaultTimeout(120_000);

const bound = boundByRights();
const noClock = clockFrom("/dev/null") === undefined && !process.env.CI;
if (noClock || !bound) console.log("skipped: no faketime was found to move a clock, or root can't give up its rights");

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** How long the program may take to start before its clock is at a full minute, when it looks again. */
const START_MS = 6000;

/** The service in production, line by line. */
async function daily(environment: Record<string, string | undefined>, through: string[] = []) {
  const service = await spawnProgram(["backup", "--daily"], { ...environment, NODE_ENV: "production" }, "", through);
  const reader = service.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    async line(): Promise<Record<string, unknown>> {
      while (!text.includes("\n")) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`the program ended: ${text}${await new Response(service.stderr).text()}`);
        text += decoder.decode(value, { stream: true });
      }
      const line = text.slice(0, text.indexOf("\n"));
      text = text.slice(line.length + 1);
      return JSON.parse(line);
    },
    /** @returns the exit code */
    async stop(): Promise<number> {
      service.kill("SIGTERM");
      return service.exited;
    },
    async [Symbol.asyncDispose]() {
      service.kill("SIGKILL");
      await service.exited;
    },
  };
}

describe("the daily service", () => {
  it("makes a backup at once when there is none of today, none when there is, and ends in good order", async () => {
    using place = await withBackup();
    const elsewhere = { ...place.environment, BACKUP_DIR: place.folder.file("others") };
    await using service = await daily(elsewhere);
    expect(await service.line()).toMatchObject({ level: "info", message: "backup proven", users: 1, tasks: 1 });
    expect(await service.stop()).toBe(0);
    await using again = await daily(elsewhere);
    // It has looked once it listens to signals; what it would make then would be a second file.
    await expectLater(() => readdirSync(elsewhere.BACKUP_DIR).length === 1);
    expect([0, 143]).toContain(await again.stop());
    expect(readdirSync(elsewhere.BACKUP_DIR)).toHaveLength(1);
  });

  it.skipIf(noClock)("outlives a full disk, and tries again an hour later", async () => {
    using disk = smallDisk(8);
    if (!disk && !process.env.CI) return console.warn("not held: a small disk takes root");
    if (!disk) throw new Error("no small disk could be mounted");
    using place = await withBackup();
    // So much that the disk is full long before all of it was read.
    await tamper(place.environment.DATA_DIR, {
      sqlite: "update tasks set description = hex(randomblob(4000000))",
      postgres:
        "update tasks set description = (select string_agg(md5(random()::text), '') from generate_series(1, 250000))",
    });
    copyFileSync(place.file, `${disk.path}/${basename(place.file)}`);
    const made = Date.now();
    const clock = place.folder.file("clock");
    // A little over a day later, just before a minute that begins no hour.
    let at = Math.ceil((made + 24 * HOUR_MS + MINUTE_MS) / MINUTE_MS) * MINUTE_MS;
    if (at % HOUR_MS === 0) at += MINUTE_MS;
    const ahead = (at - START_MS - Date.now()) / 1000;
    const BACKUP_AT = new Date(at + 12 * HOUR_MS).toISOString().slice(11, 16);
    writeFileSync(clock, `+${ahead}`);
    const there = { BACKUP_DIR: disk.path, BACKUP_AT, BACKUP_PASSPHRASE: "eight words that nobody else would say" };
    const full = fill(disk.path);
    truncateSync(`${disk.path}/filler`, statSync(`${disk.path}/filler`).size - 1024 * 1024);
    await using service = await daily({ ...place.environment, ...there, ...clockFrom(clock) });
    const reason = expect.stringMatching(/^the disk of .* is full/);
    expect(await service.line()).toMatchObject({ message: "backup failed", reason });
    full[Symbol.dispose]();
    writeFileSync(clock, `+${ahead + 3600}`);
    expect(await service.line()).toMatchObject({ message: "backup proven", users: 1 });
    expect(await service.stop()).toBe(0);
  });

  it.skipIf(noClock)(
    "warns when it backs up a database that has lost its accounts, and names what has them",
    async () => {
      using place = await withBackup();
      const lost = { ...place.environment, DATA_DIR: place.folder.file("lost") };
      expect((await runProgram(["migrate"], lost)).code).toBe(0);
      await using service = await daily({ ...lost, ...clockAt("+25h") });
      expect(await service.line()).toMatchObject({ message: "backup proven", users: 0 });
      expect(await service.line()).toMatchObject({ level: "warn", reason: expect.stringContaining(place.file) });
      expect(await service.stop()).toBe(0);
    },
  );

  it.skipIf(!bound && !process.env.CI)("says so where it can't read its folder, and goes on", async () => {
    using place = await withBackup();
    chmodSync(place.folder.file("backups"), 0);
    await using service = await daily(place.environment, bound);
    for (const message of ["backup failed", "backup too old"])
      expect(await service.line()).toMatchObject({ message, reason: expect.stringContaining("chmod") });
    expect(await service.stop()).toBe(0);
    chmodSync(place.folder.file("backups"), 0o700);
  });
});

async function expectLater(holds: () => boolean) {
  while (!holds()) await new Promise(setImmediate);
}
