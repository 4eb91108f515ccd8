import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { type Client, signUp } from "../support/client.ts";
import { dataFolder, withCopy } from "../support/data-folder.ts";
import { noFile, startProgram } from "../support/program.ts";
import { expectKept, type Storm, startStorm } from "../support/storm.ts";

setDefaultTimeout(240_000);

const ROUNDS = 20;

describe("a program that is killed while it writes", () => {
  it("has lost nothing that it answered, and did nothing twice", async () => {
    using folder = dataFolder();
    const storms: Storm[] = [];
    let person: Client | undefined;
    for (let round = 0; round < ROUNDS; round++) {
      await using program = await startProgram({ DATA_DIR: folder.path, LOG_LEVEL: "error" });
      person ??= await signUp(program.url);
      const storm = startStorm([program.url], person, { name: `round ${round}` });
      storms.push(storm);
      await storm.more(40);
      await program.stop("SIGKILL");
      await storm.end();
      if (noFile) continue;
      expect(withCopy(folder.path, (database) => database.query("PRAGMA integrity_check").all())).toEqual([
        { integrity_check: "ok" },
      ]);
    }
    await using program = await startProgram({ DATA_DIR: folder.path, LOG_LEVEL: "error" });
    if (!person) throw new Error("nobody signed up");
    await expectKept(program.url, person, storms);
  });
});

describe("64 writers over two processes on one database", () => {
  it("are all answered, and all of it is there", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.path, LOG_LEVEL: "error" };
    await using one = await startProgram(environment);
    await using other = await startProgram(environment);
    const person = await signUp(one.url);
    const storm = startStorm([one.url, other.url], person, { clients: 64 });
    await storm.more(1000);
    await storm.end();
    expect([...storm.statuses.keys()].sort()).toEqual([200, 201]);
    expect(storm.added.size).toBe(storm.attempted.size);
    for (const { url } of [one, other]) await expectKept(url, person, [storm]);
  });

  it("are as well when the processes share a port", async () => {
    await using program = await startProgram({ LOG_LEVEL: "error" }, ["--workers", "2"]);
    const person = await signUp(program.url);
    const storm = startStorm([program.url], person, { clients: 64 });
    await storm.more(1000);
    await storm.end();
    expect([...storm.statuses.keys()].sort()).toEqual([200, 201]);
    await expectKept(program.url, person, [storm]);
  });
});
