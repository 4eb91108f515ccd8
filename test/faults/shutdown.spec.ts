import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { signUp } from "../support/client.ts";
import { dataFolder } from "../support/data-folder.ts";
import { follow } from "../support/events.ts";
import { expectNothingLost, startLoad } from "../support/load.ts";
import { startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

describe.each([
  ["one process", []],
  ["two workers", ["--workers", "2"]],
] as const)("SIGTERM under load, with %s", (_, args) => {
  it("completes accepted requests, closes live streams and exits with 0", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.path, LOG_LEVEL: "error", SHUTDOWN_DELAY: "1" };
    await using program = await startProgram(environment, [...args]);
    const person = await signUp(program.url);
    await using feed = await follow(person);
    const load = startLoad([program.url], person, { clients: 32 });
    await load.waitForMore(200);
    expect(await program.stop()).toBe(0);
    await feed.closed;
    await load.end();
    // Every response is a success, and requests without a response have no effect.
    expect([...load.statuses.keys()].sort()).toEqual([200, 201]);
    await using after = await startProgram(environment);
    await expectNothingLost(after.url, person, [load]);
    const list = await fetch(`${after.url}/api/tasks?limit=1`, {
      headers: { authorization: `Bearer ${person.token}` },
    });
    const { totals } = (await list.json()) as { totals: { open: number; completed: number } };
    expect(totals).toEqual({ open: load.added.size - load.completed.size, completed: load.completed.size });
  });
});
