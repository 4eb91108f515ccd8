import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { SQL } from "bun";
import { withBackup } from "../support/backups.ts";
import { clockAt } from "../support/clock.ts";
import { expectCommandError } from "../support/command-errors.ts";
import { dataFolder, fingerprint } from "../support/data-folder.ts";
import { fill, smallDisk } from "../support/disk.ts";
import { enforcePermissions } from "../support/enforce-permissions.ts";
import { databaseUrl, noFile, runProgram, startProgram, tamper } from "../support/program.ts";
import { readOnly } from "../support/read-only.ts";

setDefaultTimeout(180_000);

const prefix = enforcePermissions();

describe("doctor", () => {
  it("reports a healthy installation, and warns about missing backups", async () => {
    await using program = await startProgram();
    const { code, stdout } = await runProgram(["doctor"], { DATA_DIR: program.dataDir });
    expect(code).toBe(0);
    for (const about of ["configuration", "folder", "database", "clock", "disk"])
      expect(stdout).toMatch(new RegExp(`^ok +${about} `, "m"));
    expect(stdout).toMatch(/^warn +backups +there is no verified backup.*taskflow backup/m);
  });

  it("names every invalid variable", async () => {
    using folder = dataFolder();
    const wrong = { DATA_DIR: folder.path, PORT: "many", BACKUP_AT: "noon" };
    const { code, stdout } = await runProgram(["doctor"], wrong);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail +configuration .*BACKUP_AT.*PORT|^fail +configuration .*PORT.*BACKUP_AT/m);
  });

  it.skipIf(noFile)("changes nothing, even before the first start", async () => {
    using folder = dataFolder();
    const { code, stdout } = await runProgram(["doctor"], { DATA_DIR: folder.file("data") });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warn +database +there is no database/m);
    expect(fingerprint(folder.path)).toEqual({});
  });

  it("reports a database of a newer version", async () => {
    using folder = dataFolder();
    expect((await runProgram(["migrate"], { DATA_DIR: folder.path })).code).toBe(0);
    const future = "insert into __drizzle_migrations (hash, created_at) values ('of the future', 4102444800000)";
    await tamper(folder.path, { sqlite: future, postgres: future });
    const { code, stdout } = await runProgram(["doctor"], { DATA_DIR: folder.path });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail +database .*newer version/m);
  });

  it.skipIf(!clockAt("+0d") && !process.env.CI)("reports the age of the newest backup", async () => {
    using place = await withBackup();
    const { stdout } = await runProgram(["doctor"], { ...place.environment, ...clockAt("+25h") });
    expect(stdout).toMatch(/^ok +backups +the newest verified backup is 25 hours old, in /m);
  });

  it.skipIf(noFile)("checks the disk of the backups, and distinguishes a full disk from a damaged file", async () => {
    using disk = smallDisk();
    if (!disk && !process.env.CI) return console.warn("skipped: mounting a small disk requires root");
    if (!disk) throw new Error("can't mount a small disk");
    const environment = { DATA_DIR: `${disk.path}/data`, BACKUP_DIR: tmpdir() };
    expect((await runProgram(["migrate"], environment)).code).toBe(0);
    using folder = dataFolder();
    const elsewhere = { DATA_DIR: folder.path, BACKUP_DIR: disk.path };
    expect((await runProgram(["doctor"], elsewhere)).stdout).toMatch(
      new RegExp(`^warn +disk +\\d MiB free in ${disk.path}: too little for a backup`, "m"),
    );
    using _full = fill(disk.path);
    const { code, stdout } = await runProgram(["doctor"], environment);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail +database +the disk that contains .*taskflow\.db is full/m);
    expect(stdout).not.toContain("damaged");
    await expectCommandError(["backup"], environment, /the disk that contains .*taskflow\.db is full/);
  });

  it.skipIf(noFile)("distinguishes a read-only volume from a damaged file", async () => {
    using folder = dataFolder();
    expect((await runProgram(["migrate"], { DATA_DIR: folder.file("data") })).code).toBe(0);
    using volume = readOnly(folder.file("data"));
    if (!volume && !process.env.CI) return console.warn("skipped: this user can't create a read-only folder");
    const { code, stdout } = await runProgram(["doctor"], { DATA_DIR: folder.file("data") });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail +database +can't write .*taskflow\.db: uid \d+.*mount it writable/m);
    expect(stdout).not.toContain("damaged");
  });

  it.skipIf(noFile || (!prefix && !process.env.CI))("reports the owner of a folder that it can't enter", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.file("data"), BACKUP_DIR: folder.file("backups") };
    expect((await runProgram(["migrate"], environment)).code).toBe(0);
    chmodSync(environment.DATA_DIR, 0);
    const { code, stdout } = await runProgram(["doctor"], environment, prefix);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail +database +.*uid \d+ can't write .*chmod/m);
    for (const command of [
      ["backup"],
      ["user", "list"],
      ["copy", "--from", folder.file("data/taskflow.db"), "--to", "x"],
    ])
      await expectCommandError(command, environment, /can't write .*uid \d+ can't write .*chmod/, prefix);
    chmodSync(environment.DATA_DIR, 0o700);
  });

  it.skipIf(!noFile)("reports a database user without the permission to create tables", async () => {
    using folder = dataFolder();
    const url = new URL(await databaseUrl(folder.path));
    await using server = new SQL({ url: url.href, adapter: "postgres", max: 1 });
    const guest = `guest_${crypto.randomUUID().replaceAll("-", "")}`;
    await server.unsafe(`create role ${guest} login password 'guest'`);
    Object.assign(url, { username: guest, password: "guest" });
    const { code, stdout } = await runProgram(["doctor"], { DATA_DIR: folder.path, DATABASE_URL: url.href });
    await server.unsafe(`drop role ${guest}`);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail +database +the user of DATABASE_URL may not create tables/m);
  });

  it("reports the address of an unreachable database server", async () => {
    using folder = dataFolder();
    const elsewhere = { DATA_DIR: folder.path, DATABASE_URL: "postgres://user:secret@127.0.0.1:1/nothing" };
    const { code, stdout, stderr } = await runProgram(["doctor"], elsewhere);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail +database +can't reach PostgreSQL \(127\.0\.0\.1:1\)/m);
    expect(stdout + stderr).not.toContain("secret");
  });
});

describe("health", () => {
  it("reports readiness by its exit code", async () => {
    await using program = await startProgram();
    const { port } = new URL(program.url);
    // Podman sets the host's proxy in every container.
    for (const args of [[], ["--url", program.url], ["--url", `http://127.0.0.1:${port}`]])
      expect(await runProgram(["health", ...args], { PORT: port, HTTP_PROXY: "http://127.0.0.1:1" })).toMatchObject({
        code: 0,
        stdout: "ready\n",
      });
    await program.stop();
    await expectCommandError(["health", "--url", program.url], {}, /does not respond/);
  });
});
