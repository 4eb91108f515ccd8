import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { SQL } from "bun";
import { withBackup } from "../support/backups.ts";
import { boundByRights } from "../support/bound-by-rights.ts";
import { clockAt } from "../support/clock.ts";
import { dataFolder, fingerprint } from "../support/data-folder.ts";
import { databaseUrl, noFile, runProgram, startProgram, tamper } from "../support/program.ts";
import { readOnly } from "../support/read-only.ts";
import { expectRefusedCommand } from "../support/refusal.ts";
import { fill, smallDisk } from "../support/small-disk.ts";

setDefaultTimeout(60_000);

const bound = boundByRights();

describe("doctor", () => {
  it("finds a running installation sound, and tells that nobody backs it up", async () => {
    await using program = await startProgram();
    const { code, stdout } = await runProgram(["doctor"], { DATA_DIR: program.dataDir });
    expect(code).toBe(0);
    for (const about of ["configuration", "folder", "database", "clock", "disk"])
      expect(stdout).toMatch(new RegExp(`^ok +${about} `, "m"));
    expect(stdout).toMatch(/^warn +backups +there is no verified backup.*taskflow backup/m);
  });

  it("names every wrong variable", async () => {
    using folder = dataFolder();
    const wrong = { DATA_DIR: folder.path, PORT: "many", BACKUP_AT: "noon" };
    const { code, stdout } = await runProgram(["doctor"], wrong);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail +configuration .*BACKUP_AT.*PORT|^fail +configuration .*PORT.*BACKUP_AT/m);
  });

  it.skipIf(noFile)("changes nothing, also where there is nothing yet", async () => {
    using folder = dataFolder();
    const { code, stdout } = await runProgram(["doctor"], { DATA_DIR: folder.file("data") });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warn +database +there is no database/m);
    expect(fingerprint(folder.path)).toEqual({});
  });

  it("finds a database of a newer version to be one", async () => {
    using folder = dataFolder();
    expect((await runProgram(["migrate"], { DATA_DIR: folder.path })).code).toBe(0);
    const future = "insert into __drizzle_migrations (hash, created_at) values ('of the future', 4102444800000)";
    await tamper(folder.path, { sqlite: future, postgres: future });
    const { code, stdout } = await runProgram(["doctor"], { DATA_DIR: folder.path });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail +database .*newer version/m);
  });

  it.skipIf(!clockAt("+0d") && !process.env.CI)("says how old the newest backup is", async () => {
    using place = await withBackup();
    const { stdout } = await runProgram(["doctor"], { ...place.environment, ...clockAt("+25h") });
    expect(stdout).toMatch(/^ok +backups +the newest verified backup is 25 hours old, in /m);
  });

  it.skipIf(noFile)("looks at the disk of the backups, too, and knows a full disk from a damaged file", async () => {
    using disk = smallDisk();
    if (!disk && !process.env.CI) return console.warn("not held: a small disk takes root");
    if (!disk) throw new Error("no small disk could be mounted");
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
    await expectRefusedCommand(["backup"], environment, /the disk that contains .*taskflow\.db is full/);
  });

  it.skipIf(noFile)("knows a volume that is read-only from a damaged file", async () => {
    using folder = dataFolder();
    expect((await runProgram(["migrate"], { DATA_DIR: folder.file("data") })).code).toBe(0);
    using volume = readOnly(folder.file("data"));
    if (!volume && !process.env.CI) return console.warn("not held: nothing can be made read-only here");
    const { code, stdout } = await runProgram(["doctor"], { DATA_DIR: folder.file("data") });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail +database +can't write .*taskflow\.db: uid \d+.*mount it writable/m);
    expect(stdout).not.toContain("damaged");
  });

  it.skipIf(noFile || (!bound && !process.env.CI))("says whose a folder is that it may not enter", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.file("data"), BACKUP_DIR: folder.file("backups") };
    expect((await runProgram(["migrate"], environment)).code).toBe(0);
    chmodSync(environment.DATA_DIR, 0);
    const { code, stdout } = await runProgram(["doctor"], environment, bound);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail +database +.*uid \d+ can't write .*chmod/m);
    for (const command of [
      ["backup"],
      ["user", "list"],
      ["copy", "--from", folder.file("data/taskflow.db"), "--to", "x"],
    ])
      await expectRefusedCommand(command, environment, /can't write .*uid \d+ can't write .*chmod/, bound);
    chmodSync(environment.DATA_DIR, 0o700);
  });

  it.skipIf(!noFile)("says when the user of a database may not create its tables", async () => {
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

  it("says where a server of databases can't be reached", async () => {
    using folder = dataFolder();
    const elsewhere = { DATA_DIR: folder.path, DATABASE_URL: "postgres://nobody:secret@127.0.0.1:1/nothing" };
    const { code, stdout, stderr } = await runProgram(["doctor"], elsewhere);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail +database +can't reach PostgreSQL \(127\.0\.0\.1:1\)/m);
    expect(stdout + stderr).not.toContain("secret");
  });
});

describe("health", () => {
  it("says whether a server is ready, by its exit code", async () => {
    await using program = await startProgram();
    const { port } = new URL(program.url);
    // Podman hands the host's proxy to every container.
    for (const words of [[], ["--url", program.url], ["--url", `http://127.0.0.1:${port}`]])
      expect(await runProgram(["health", ...words], { PORT: port, HTTP_PROXY: "http://127.0.0.1:1" })).toMatchObject({
        code: 0,
        stdout: "ready\n",
      });
    await program.stop();
    await expectRefusedCommand(["health", "--url", program.url], {}, /does not respond/);
  });
});
