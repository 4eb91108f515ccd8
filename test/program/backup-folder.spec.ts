import { describe, expect, it, setDefaultTimeout } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { copyBackup, run, withBackup } from "../support/backups.ts";
import { clockAt } from "../support/clock.ts";
import { expectCommandError } from "../support/command-errors.ts";
import { dataFolder } from "../support/data-folder.ts";
import { fill, smallDisk } from "../support/disk.ts";
import { enforcePermissions } from "../support/enforce-permissions.ts";
import { noFile, runProgram, spawnProgram } from "../support/program.ts";
import { readOnly } from "../support/read-only.ts";

setDefaultTimeout(180_000);

const PASSPHRASE = "eight words that nobody else would say";
const bound = enforcePermissions();
if (!bound) console.log("skipped: giving up root's privileges needs setpriv");
const COMMANDS = [["backup"], ["backup", "--check"], ["backup", "--list"], ["verify", "latest"], ["restore", "latest"]];

describe("an unusable backup folder", () => {
  it.skipIf(!bound && !process.env.CI)(
    "is reported with the user and the command that fixes it when it can't be read",
    async () => {
      using place = await withBackup();
      const dir = place.folder.file("backups");
      chmodSync(dir, 0);
      for (const command of [...COMMANDS, ["health"]])
        await expectCommandError(
          command,
          { ...place.environment, HEALTH_CHECK: "backup" },
          new RegExp(`uid \\d+ can't write ${dir}.*chmod u\\+rwX ${dir}`),
          bound,
        );
      const { stdout } = await runProgram(["doctor"], place.environment, bound);
      expect(stdout).toMatch(/^ok +database /m);
      expect(stdout).toMatch(new RegExp(`^fail +backups +uid \\d+ can't write ${dir}.*chmod`, "m"));
      chmodSync(dir, 0o700);
    },
  );

  it("is reported when it is a file", async () => {
    using folder = dataFolder();
    expect((await runProgram(["migrate"], { DATA_DIR: folder.file("data") })).code).toBe(0);
    const environment = { DATA_DIR: folder.file("data"), BACKUP_DIR: folder.file("backups") };
    writeFileSync(environment.BACKUP_DIR, "");
    for (const command of COMMANDS)
      await expectCommandError(command, environment, /backups is not a folder.*BACKUP_DIR/);
    expect((await runProgram(["doctor"], environment)).stdout).toMatch(/^(warn|fail) +backups +.*is not a folder/m);
  });
});

describe("a file with the name of a backup", () => {
  const nameAt = (createdAt: string) => `taskflow-${createdAt.replace(/[-:.]/g, "")}.db.zst`;

  it("is ignored without a manifest, and with one that doesn't match its name or size", async () => {
    using place = await withBackup();
    const environment = { ...place.environment, BACKUP_DIR: place.folder.file("others") };
    mkdirSync(environment.BACKUP_DIR);
    const other = (time: string) => `${environment.BACKUP_DIR}/${nameAt(`2026-01-01T${time}.000Z`)}`;
    copyFileSync(place.file, other("01:00:00"));
    copyBackup(place.file, other("02:00:00"));
    copyBackup(place.file, other("03:00:00"), { createdAt: "2026-01-01T03:00:00.000Z" });
    truncateSync(other("03:00:00"), 1000);
    writeFileSync(other("04:00:00"), "");
    writeFileSync(`${other("04:00:00")}.json`, "{}");
    await expectCommandError(["backup", "--check"], environment, /no verified backup/);
    await expectCommandError(["restore", "latest"], environment, /there is no backup in/);
    expect(await run(["backup", "--list"], environment)).toBe("");
  });

  it("is skipped as the latest with a warning when it is dated in the future", async () => {
    using place = await withBackup();
    const createdAt = new Date(Date.now() + 2 * 3_600_000).toISOString();
    const ahead = nameAt(createdAt);
    copyBackup(place.file, place.folder.file(`backups/${ahead}`), { createdAt });
    const { code, stdout, stderr } = await runProgram(["verify", "latest"], place.environment);
    expect(code).toBe(0);
    expect(stdout).toStartWith(`${place.file} can be restored`);
    expect(stderr).toMatch(new RegExp(`dated in the future.*${ahead}`));
    const only = { ...place.environment, BACKUP_DIR: place.folder.file("only") };
    cpSync(place.folder.file("backups"), only.BACKUP_DIR, {
      recursive: true,
      filter: (path) => !path.startsWith(place.file),
    });
    await expectCommandError(["restore", "latest"], only, /no backup in .*only except .*dated in the future/);
  });
});

describe.skipIf(!clockAt("+0d") && !process.env.CI)("a backup with accounts", () => {
  it("is never removed in favor of empty ones, and stays the latest", async () => {
    using place = await withBackup();
    const empty = { ...place.environment, DATA_DIR: place.folder.file("lost"), BACKUP_KEEP: "1" };
    expect((await runProgram(["migrate"], empty)).code).toBe(0);
    for (const days of [1, 2]) await run(["backup"], { ...empty, ...clockAt(`+${days}d`) });
    const names = readdirSync(place.folder.file("backups"))
      .filter((name) => name.endsWith(".zst"))
      .sort();
    expect(names).toEqual([place.file.split("/").at(-1) ?? "", expect.stringMatching(/-empty\.db\.zst$/)]);
    const { stdout, stderr } = await runProgram(["verify", "latest"], { ...empty, ...clockAt("+2d") });
    expect(stdout).toStartWith(`${place.file} can be restored: 1 users`);
    expect(stderr).toMatch(new RegExp(`without accounts: ${names[1]}`));
  });
});

describe("an encrypted backup", () => {
  it("is never next to a plain copy, and leaves none anywhere when it is interrupted", async () => {
    using place = await withBackup();
    const encrypted = { ...place.environment, BACKUP_PASSPHRASE: PASSPHRASE };
    const work = (folder: string) => readdirSync(folder).filter((name) => name.startsWith(".taskflow-work-"));
    const { DATA_DIR, BACKUP_DIR } = place.environment;
    for (const [signal, code] of [
      ["SIGTERM", 143],
      ["SIGKILL", 137],
    ] as const) {
      const child = await spawnProgram(["backup"], encrypted);
      while (!work(DATA_DIR).some((name) => existsSync(`${DATA_DIR}/${name}/snapshot.db`)) && child.exitCode === null)
        await new Promise(setImmediate);
      expect(readdirSync(BACKUP_DIR, { recursive: true }).filter((name) => String(name).endsWith(".db"))).toEqual([]);
      child.kill(signal);
      expect(await child.exited).toBe(code);
      if (signal === "SIGTERM") expect([...work(DATA_DIR), ...work(BACKUP_DIR)]).toEqual([]);
      else expect(work(DATA_DIR)).not.toEqual([]);
    }
    await run(["backup"], encrypted);
    expect([...work(DATA_DIR), ...work(BACKUP_DIR)]).toEqual([]);
    expect(readdirSync(BACKUP_DIR)).toHaveLength(4);
  });
});

describe("a backup on a read-only medium", () => {
  it("can be verified", async () => {
    using place = await withBackup();
    using medium = readOnly(place.folder.file("backups"));
    if (!medium && !process.env.CI) return console.warn("skipped: nothing can be made read-only here");
    for (const file of [place.file, "latest"])
      expect(await run(["verify", file], place.environment)).toContain("can be restored");
  });
});

describe.skipIf(noFile)("the database", () => {
  it("is named in the error when it is damaged, or its disk has no room for a copy", async () => {
    using disk = smallDisk();
    if (!disk && !process.env.CI) return console.warn("skipped: mounting a small disk needs root");
    if (!disk) throw new Error("no small disk could be mounted");
    using place = await withBackup();
    const { BACKUP_DIR } = place.environment;
    const there = { BACKUP_DIR, DATA_DIR: disk.path, BACKUP_PASSPHRASE: PASSPHRASE };
    await run(["restore", place.file, "--yes"], there);
    {
      using _full = fill(disk.path);
      truncateSync(`${disk.path}/filler`, statSync(`${disk.path}/filler`).size - 160 * 1024);
      const message = await expectCommandError(
        ["backup"],
        there,
        new RegExp(`not enough space on the disk of ${disk.path}`),
      );
      expect(message).not.toContain("BACKUP_DIR");
      // The default is a folder next to the database, whose disk must not fill up.
      const beside = { DATA_DIR: disk.path };
      await expectCommandError(["backup"], beside, /not enough space.*, or set BACKUP_DIR to a folder on another disk/);
      truncateSync(`${disk.path}/filler`, statSync(`${disk.path}/filler`).size + 80 * 1024);
      const again = await expectCommandError(
        ["restore", place.file, "--yes"],
        there,
        new RegExp(`disk of ${disk.path} is full`),
      );
      expect(again).not.toContain("BACKUP_DIR");
    }
    const file = `${disk.path}/taskflow.db`;
    const whole = readFileSync(file);
    writeFileSync(file, Buffer.concat([whole.subarray(0, 8192), Buffer.alloc(4096, 7), whole.subarray(12_288)]));
    await expectCommandError(["backup"], there, new RegExp(`${file} is damaged`));
    expect(readdirSync(BACKUP_DIR)).toHaveLength(2);
  });
});
