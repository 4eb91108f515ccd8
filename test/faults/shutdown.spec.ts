import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { signUp } from "../support/client.ts";
import { dataFolder } from "../support/data-folder.ts";
import { follow } from "../support/events.ts";
import { startProgram } from "../support/program.ts";
import { expectKept, startStorm } from "../support/storm.ts";

setDefaultTimeout(120_000);

describe.each([
  ["one process", []],
  ["two workers", ["--workers", "2"]],
] as const)("SIGTERM under load, with %s", (_, args) => {
  it("ends every request that was taken, and the live streams, and then the program with 0", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.path, LOG_LEVEL: "error", SHUTDOWN_DELAY: "1" };
    await using program = await startProgram(environment, [...args]);
    const person = await signUp(program.url);
    await using feed = await follow(person);
    const storm = startStorm([program.url], person, { clients: 32 });
    await storm.more(200);
    expect(await program.stop()).toBe(0);
    await feed.closed;
    await storm.end();
    // Whoever was answered got what they asked for; whoever was not has had nothing done in their name.
    expect([...storm.statuses.keys()].sort()).toEqual([200, 201]);
    await using after = await startProgram(environment);
    await expectKept(after.url, person, [storm]);
    const list = await fetch(`${after.url}/api/tasks?limit=1`, {
      headers: { authorization: `Bearer ${person.token}` },
    });
    const { totals } = (await list.json()) as { totals: { open: number; completed: number } };
    expect(totals).toEqual({ open: storm.added.size - storm.completed.size, completed: storm.completed.size });
  });
});
