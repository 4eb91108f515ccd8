import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { chmodSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { copyBackup, withBackup } from "../support/backups.ts";
import { clockAt, clockFrom } from "../support/clock.ts";
import { fill, smallDisk } from "../support/disk.ts";
import { enforcePermissions } from "../support/enforce-permissions.ts";
import { runProgram, spawnProgram, tamper } from "../support/program.ts";

setDefaultTimeout(180_000);

const bound = enforcePermissions();
const noClock = clockFrom("/dev/null") === undefined && !process.env.CI;
if (noClock || !bound)
  console.log("skipped: setting the clock needs faketime, and giving up root's privileges needs setpriv");

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** How long the program may take to start before its clock reaches a full minute, when it checks again. */
const START_MS = 6000;

/** Starts the service in production. */
async function daily(environment: Record<string, string | undefined>, through: string[] = []) {
  const service = await spawnProgram(["backup", "--daily"], { ...environment, NODE_ENV: "production" }, "", through);
  const reader = service.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    /** Returns the next line of its log. */
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

describe("backup --daily", () => {
  it("creates a backup at the start if there is none, and exits cleanly", async () => {
    using place = await withBackup();
    await using service = await daily({ ...place.environment, BACKUP_DIR: place.folder.file("others") });
    expect(await service.line()).toMatchObject({ severity_text: "INFO", body: "backup verified", users: 1, tasks: 1 });
    expect(await service.stop()).toBe(0);
  });

  it.skipIf(noClock)("creates a backup at BACKUP_AT, and none before if there is a recent one", async () => {
    using place = await withBackup();
    const at = Math.ceil((Date.now() + MINUTE_MS) / MINUTE_MS) * MINUTE_MS;
    const clock = place.folder.file("clock");
    writeFileSync(clock, `+${(at - START_MS - Date.now()) / 1000}`);
    const BACKUP_AT = new Date(at).toISOString().slice(11, 16);
    await using service = await daily({ ...place.environment, BACKUP_AT, ...clockFrom(clock) });
    const { body, file } = await service.line();
    expect({ body, late: backupTime(String(file)) >= at }).toEqual({ body: "backup verified", late: true });
    expect(await service.stop()).toBe(0);
    expect(readdirSync(place.environment.BACKUP_DIR).filter((name) => name.endsWith(".zst"))).toHaveLength(2);
  });

  it.skipIf(noClock)("survives a full disk, and retries an hour later", async () => {
    using disk = smallDisk(8);
    if (!disk && !process.env.CI) return console.warn("skipped: mounting a small disk needs root");
    if (!disk) throw new Error("no small disk could be mounted");
    using place = await withBackup();
    // Enough to fill the disk long before all of it is read.
    await tamper(place.environment.DATA_DIR, {
      sqlite: "update tasks set description = hex(randomblob(4000000))",
      postgres:
        "update tasks set description = (select string_agg(md5(random()::text), '') from generate_series(1, 250000))",
    });
    copyBackup(place.file, `${disk.path}/${basename(place.file)}`);
    const made = Date.now();
    const clock = place.folder.file("clock");
    // A little over a day later, just before a full minute.
    const at = Math.ceil((made + 24 * HOUR_MS + MINUTE_MS) / MINUTE_MS) * MINUTE_MS;
    const ahead = (at - START_MS - Date.now()) / 1000;
    const BACKUP_AT = new Date(at + 12 * HOUR_MS).toISOString().slice(11, 16);
    writeFileSync(clock, `+${ahead}`);
    const there = { BACKUP_DIR: disk.path, BACKUP_AT, BACKUP_PASSPHRASE: "eight words that nobody else would say" };
    const full = fill(disk.path);
    truncateSync(`${disk.path}/filler`, statSync(`${disk.path}/filler`).size - 1024 * 1024);
    await using service = await daily({ ...place.environment, ...there, ...clockFrom(clock) });
    const reason = expect.stringMatching(/^the disk of .* is full/);
    expect(await service.line()).toMatchObject({ body: "backup failed", reason });
    full[Symbol.dispose]();
    writeFileSync(clock, `+${ahead + 3600}`);
    expect(await service.line()).toMatchObject({ body: "backup verified", users: 1 });
    expect(await service.stop()).toBe(0);
  });

  it.skipIf(noClock)("warns about a database without accounts, and names the newest backup with accounts", async () => {
    using place = await withBackup();
    const lost = { ...place.environment, DATA_DIR: place.folder.file("lost") };
    expect((await runProgram(["migrate"], lost)).code).toBe(0);
    await using service = await daily({ ...lost, ...clockAt("+25h") });
    expect(await service.line()).toMatchObject({ body: "backup verified", users: 0 });
    expect(await service.line()).toMatchObject({ severity_text: "WARN", reason: expect.stringContaining(place.file) });
    expect(await service.stop()).toBe(0);
  });

  it.skipIf(!bound && !process.env.CI)("logs the reason when it can't read its folder, and keeps running", async () => {
    using place = await withBackup();
    chmodSync(place.folder.file("backups"), 0);
    await using service = await daily(place.environment, bound);
    const reason = expect.stringContaining("chmod");
    expect(await service.line()).toMatchObject({ body: "backup failed", reason });
    expect(await service.stop()).toBe(0);
    chmodSync(place.folder.file("backups"), 0o700);
  });
});

/** Returns when a backup was created. */
function backupTime(file: string): number {
  const { createdAt } = JSON.parse(readFileSync(`${file}.json`, "utf8"));
  return Date.parse(createdAt);
}
