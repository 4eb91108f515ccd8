import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { dataFolder, fingerprint } from "../support/data-folder.ts";
import { noFile, runProgram, startProgram } from "../support/program.ts";
import { expectRefusedCommand } from "../support/refusal.ts";

setDefaultTimeout(60_000);

describe("doctor", () => {
  it("finds a running installation sound, and tells that nobody backs it up", async () => {
    await using program = await startProgram();
    const { code, stdout } = await runProgram(["doctor"], { DATA_DIR: program.dataDir });
    expect(code).toBe(0);
    for (const about of ["configuration", "folder", "database", "clock", "disk"])
      expect(stdout).toMatch(new RegExp(`^ok +${about} `, "m"));
    expect(stdout).toMatch(/^warn +backups +there is no proven backup.*taskflow backup/m);
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
    expect(stdout).toMatch(/^warn +database +there is none/m);
    expect(fingerprint(folder.path)).toEqual({});
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
    expect(await runProgram(["health", "--url", program.url])).toMatchObject({ code: 0, stdout: "ready\n" });
    await program.stop();
    await expectRefusedCommand(["health", "--url", program.url], {}, /does not answer/);
  });
});
