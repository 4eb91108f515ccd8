import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { type Client, signUp } from "../support/client.ts";
import { dataFolder, withCopy } from "../support/data-folder.ts";
import { expectNothingLost, type Load, startLoad } from "../support/load.ts";
import { noFile, startProgram } from "../support/program.ts";

setDefaultTimeout(300_000);

const ROUNDS = 8;

describe("program killed during writes", () => {
  it("loses no confirmed write and applies none twice", async () => {
    using folder = dataFolder();
    const loads: Load[] = [];
    let person: Client | undefined;
    for (let round = 0; round < ROUNDS; round++) {
      await using program = await startProgram({ DATA_DIR: folder.path, LOG_LEVEL: "error" });
      person ??= await signUp(program.url);
      const load = startLoad([program.url], person, { name: `round ${round}` });
      loads.push(load);
      await load.waitForMore(40);
      await program.stop("SIGKILL");
      await load.end();
      if (noFile) continue;
      expect(withCopy(folder.path, (database) => database.query("PRAGMA integrity_check").all())).toEqual([
        { integrity_check: "ok" },
      ]);
    }
    await using program = await startProgram({ DATA_DIR: folder.path, LOG_LEVEL: "error" });
    if (!person) throw new Error("no account was created");
    await expectNothingLost(program.url, person, loads);
  });
});

describe("64 clients of two processes with one database", () => {
  it("succeed with every write, and no write is lost", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.path, LOG_LEVEL: "error" };
    await using one = await startProgram(environment);
    await using other = await startProgram(environment);
    const person = await signUp(one.url);
    const load = startLoad([one.url, other.url], person, { clients: 64 });
    await load.waitForMore(1000);
    await load.end();
    expect([...load.statuses.keys()].sort()).toEqual([200, 201]);
    expect(load.added.size).toBe(load.attempted.size);
    for (const { url } of [one, other]) await expectNothingLost(url, person, [load]);
  });

  it("lose no write if the processes share a port", async () => {
    await using program = await startProgram({ LOG_LEVEL: "error" }, ["--workers", "2"]);
    const person = await signUp(program.url);
    const load = startLoad([program.url], person, { clients: 64 });
    await load.waitForMore(1000);
    await load.end();
    expect([...load.statuses.keys()].sort()).toEqual([200, 201]);
    await expectNothingLost(program.url, person, [load]);
  });
});
