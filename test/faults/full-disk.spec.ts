import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { type Client, signUp } from "../support/client.ts";
import { noFile, startProgram } from "../support/program.ts";
import { fill, smallDisk } from "../support/small-disk.ts";
import { startStorm } from "../support/storm.ts";

setDefaultTimeout(120_000);

const statusOf = async (url: string, path: string) => (await fetch(url + path)).status;

/** Asks until it is so. */
async function until(holds: () => Promise<boolean>) {
  while (!(await holds())) await new Promise(setImmediate);
}

async function refused(person: Client): Promise<Response> {
  for (;;) {
    const answer = await person.send("/api/tasks", { json: { title: "No room", description: "x".repeat(9000) } });
    if (answer.status !== 201) return answer;
  }
}

describe.skipIf(noFile)("a full disk", () => {
  it("fails the writes and nothing else, and is over once there is room again", async () => {
    using disk = smallDisk();
    if (!disk && !process.env.CI) return console.warn("not held: a small disk takes root");
    if (!disk) throw new Error("no small disk could be mounted");
    await using program = await startProgram({ DATA_DIR: disk.path, LOG_LEVEL: "silent" });
    const { url } = program;
    const person = await signUp(url);
    const before = startStorm([url], person, { name: "before" });
    await before.more(50);
    await before.end();

    const storm = startStorm([url], person, { name: "meanwhile" });
    const full = fill(disk.path);
    await until(async () => (await statusOf(url, "/readyz")) === 503);
    const answer = await refused(person);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await statusOf(url, "/healthz")).toBe(200);
    expect((await person.send("/api/tasks")).status).toBe(200);
    await storm.end();
    expect([...storm.statuses.keys()].filter((status) => ![200, 201, 503].includes(status))).toEqual([]);

    full[Symbol.dispose]();
    await until(async () => (await statusOf(url, "/readyz")) === 200);
    const after = startStorm([url], person, { name: "after" });
    await after.more(20);
    await after.end();
    expect([...after.statuses.keys()].sort()).toEqual([200, 201]);

    const list = (await (await person.send("/api/tasks?limit=200&q=no%20room")).json()) as { items: { id: string }[] };
    for (const { id } of list.items) await person.send(`/api/tasks/${id}`, { method: "DELETE" });
    const all = (await (await person.send("/api/tasks?limit=200")).json()) as { items: { title: string }[] };
    expect(all.items.filter(({ title }) => storm.refused.has(title))).toEqual([]);
    expect(await program.stop()).toBe(0);
    await using again = await startProgram({ DATA_DIR: disk.path });
    const titles = new Set([...before.added.keys(), ...storm.added.keys(), ...after.added.keys()]);
    const kept = await fetch(`${again.url}/api/tasks?limit=1`, {
      headers: { authorization: `Bearer ${person.token}` },
    });
    const { totals } = (await kept.json()) as { totals: { open: number; completed: number } };
    expect(totals.open + totals.completed).toBe(titles.size);
  });
});
