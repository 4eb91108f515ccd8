import { describe, expect, it, setDefaultTimeout } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { run, withBackup } from "../support/backups.ts";
import { boundByRights } from "../support/bound-by-rights.ts";
import { clockAt } from "../support/clock.ts";
import { dataFolder } from "../support/data-folder.ts";
import { noFile, runProgram, spawnProgram } from "../support/program.ts";
import { readOnly } from "../support/read-only.ts";
import { expectRefusedCommand } from "../support/refusal.ts";
import { fill, smallDisk } from "../support/small-disk.ts";

setDefaultTimeout(120_000);

const PASSPHRASE = "eight words that nobody else would say";
const bound = boundByRights();
if (!bound) console.log("skipped: root can't give up its rights here");
const COMMANDS = [["backup"], ["backup", "--check"], ["backup", "--list"], ["verify", "latest"], ["restore", "latest"]];

describe("a folder for backups that can't be used", () => {
  it.skipIf(!bound && !process.env.CI)(
    "is one line that says who may not and what to run: one that is closed",
    async () => {
      using place = await withBackup();
      const dir = place.folder.file("backups");
      chmodSync(dir, 0);
      for (const command of [...COMMANDS, ["health"]])
        await expectRefusedCommand(
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

  it("is one line that says so: one that is a file", async () => {
    using folder = dataFolder();
    expect((await runProgram(["migrate"], { DATA_DIR: folder.file("data") })).code).toBe(0);
    const environment = { DATA_DIR: folder.file("data"), BACKUP_DIR: folder.file("backups") };
    writeFileSync(environment.BACKUP_DIR, "");
    for (const command of COMMANDS)
      await expectRefusedCommand(command, environment, /backups is not a folder.*BACKUP_DIR/);
    expect((await runProgram(["doctor"], environment)).stdout).toMatch(/^(warn|fail) +backups +.*is not a folder/m);
  });
});

describe("a file that bears the name of a backup", () => {
  const nameAt = (ms: number) => `taskflow-${new Date(ms).toISOString().replace(/[-:.]/g, "")}.db.zst`;

  it("counts for nothing when it is none", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.file("data"), BACKUP_DIR: folder.path };
    writeFileSync(folder.file(nameAt(Date.now())), "PK garbage");
    writeFileSync(folder.file(`${nameAt(Date.now())}.age`), "");
    await expectRefusedCommand(["backup", "--check"], environment, /no proven backup/);
    await expectRefusedCommand(["restore", "latest"], environment, /there is no backup in/);
    expect(await run(["backup", "--list"], environment)).toBe("");
  });

  it("is passed over as the latest when its date is still to come, and that is said", async () => {
    using place = await withBackup();
    const ahead = nameAt(Date.now() + 2 * 3_600_000);
    copyFileSync(place.file, place.folder.file(`backups/${ahead}`));
    const { code, stdout, stderr } = await runProgram(["verify", "latest"], place.environment);
    expect(code).toBe(0);
    expect(stdout).toStartWith(`${place.file} can be restored`);
    expect(stderr).toContain(`dated in the future: ${ahead}`);
    const only = { ...place.environment, BACKUP_DIR: place.folder.file("only") };
    cpSync(place.folder.file("backups"), only.BACKUP_DIR, { recursive: true, filter: (path) => path !== place.file });
    await expectRefusedCommand(["restore", "latest"], only, /no backup in .*only but what is dated in the future/);
  });
});

describe.skipIf(!clockAt("+0d") && !process.env.CI)("a backup with accounts in it", () => {
  it("is never dropped for ones without any, and stays the latest", async () => {
    using place = await withBackup();
    const empty = { ...place.environment, DATA_DIR: place.folder.file("lost"), BACKUP_KEEP: "1" };
    expect((await runProgram(["migrate"], empty)).code).toBe(0);
    for (const days of [1, 2]) await run(["backup"], { ...empty, ...clockAt(`+${days}d`) });
    const names = readdirSync(place.folder.file("backups")).sort();
    expect(names).toEqual([place.file.split("/").at(-1) ?? "", expect.stringMatching(/-empty\.db\.zst$/)]);
    const { stdout, stderr } = await runProgram(["verify", "latest"], { ...empty, ...clockAt("+2d") });
    expect(stdout).toStartWith(`${place.file} can be restored: 1 users`);
    expect(stderr).toContain(`no account in it: ${names[1]}`);
  });
});

describe("an encrypted backup", () => {
  it("never lies beside its plain text, of which nothing is left when it is ended half-way", async () => {
    using place = await withBackup();
    const sealed = { ...place.environment, BACKUP_PASSPHRASE: PASSPHRASE };
    const work = (folder: string) => readdirSync(folder).filter((name) => name.startsWith(".taskflow-work-"));
    const { DATA_DIR, BACKUP_DIR } = place.environment;
    for (const [signal, code] of [
      ["SIGTERM", 143],
      ["SIGKILL", 137],
    ] as const) {
      const child = await spawnProgram(["backup"], sealed);
      while (!work(DATA_DIR).some((name) => existsSync(`${DATA_DIR}/${name}/snapshot.db`)) && child.exitCode === null)
        await new Promise(setImmediate);
      expect(readdirSync(BACKUP_DIR, { recursive: true }).filter((name) => String(name).endsWith(".db"))).toEqual([]);
      child.kill(signal);
      expect(await child.exited).toBe(code);
      if (signal === "SIGTERM") expect([...work(DATA_DIR), ...work(BACKUP_DIR)]).toEqual([]);
      else expect(work(DATA_DIR)).not.toEqual([]);
    }
    await run(["backup"], sealed);
    expect([...work(DATA_DIR), ...work(BACKUP_DIR)]).toEqual([]);
    expect(readdirSync(BACKUP_DIR)).toHaveLength(2);
  });
});

describe("a backup on a medium that is read-only", () => {
  it("can be verified", async () => {
    using place = await withBackup();
    using medium = readOnly(place.folder.file("backups"));
    if (!medium && !process.env.CI) return console.warn("not held: nothing can be made read-only here");
    for (const file of [place.file, "latest"])
      expect(await run(["verify", file], place.environment)).toContain("can be restored");
  });
});

describe.skipIf(noFile)("a database", () => {
  it("is named when it is what keeps a backup from being made: damaged, or on a disk without room for a copy", async () => {
    using disk = smallDisk();
    if (!disk && !process.env.CI) return console.warn("not held: a small disk takes root");
    if (!disk) throw new Error("no small disk could be mounted");
    using place = await withBackup();
    const { BACKUP_DIR } = place.environment;
    const there = { BACKUP_DIR, DATA_DIR: disk.path, BACKUP_PASSPHRASE: PASSPHRASE };
    await run(["restore", place.file, "--yes"], there);
    {
      using _full = fill(disk.path);
      truncateSync(`${disk.path}/filler`, statSync(`${disk.path}/filler`).size - 160 * 1024);
      const words = await expectRefusedCommand(
        ["backup"],
        there,
        new RegExp(`disk of ${disk.path} has too little room`),
      );
      expect(words).not.toContain("BACKUP_DIR");
      // The default: backups beside the database, whose users are not to find its disk full meanwhile.
      const beside = { DATA_DIR: disk.path };
      await expectRefusedCommand(
        ["backup"],
        beside,
        /too little room.*, or set BACKUP_DIR to a folder on another disk/,
      );
      truncateSync(`${disk.path}/filler`, statSync(`${disk.path}/filler`).size + 80 * 1024);
      const again = await expectRefusedCommand(
        ["restore", place.file, "--yes"],
        there,
        new RegExp(`disk of ${disk.path} is full`),
      );
      expect(again).not.toContain("BACKUP_DIR");
    }
    const file = `${disk.path}/taskflow.db`;
    const whole = readFileSync(file);
    writeFileSync(file, Buffer.concat([whole.subarray(0, 8192), Buffer.alloc(4096, 7), whole.subarray(12_288)]));
    await expectRefusedCommand(["backup"], there, new RegExp(`${file} is damaged`));
    expect(readdirSync(BACKUP_DIR)).toHaveLength(1);
  });
});
