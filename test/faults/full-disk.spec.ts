import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { chownSync, statSync } from "node:fs";
import { SQL } from "bun";
import { postgresFolder, startPostgres } from "../../scripts/lib/postgres.ts";
import { type Client, signUp } from "../support/client.ts";
import { dataFolder } from "../support/data-folder.ts";
import { noFile, startProgram } from "../support/program.ts";
import { fill, smallDisk } from "../support/small-disk.ts";
import { startStorm } from "../support/storm.ts";

setDefaultTimeout(120_000);

const statusOf = async (url: string, path: string) => (await fetch(url + path)).status;

/** Asks until it is so. */
async function until(holds: () => Promise<boolean>) {
  while (!(await holds())) await new Promise(setImmediate);
}

/** Nothing that a database could store in less room than it takes. */
const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(4500))).toString("hex");

async function refused(person: Client): Promise<Response> {
  for (;;) {
    const answer = await person.send("/api/tasks", { json: { title: "No room", description: noise() } });
    if (answer.status !== 201) return answer;
  }
}

/** A database whose tables are on a disk, and what the program needs to find it. What PostgreSQL can't do without, its log, is elsewhere. */
async function databaseOn(disk: string): Promise<AsyncDisposable & { environment: Record<string, string> }> {
  if (!noFile) return { environment: { DATA_DIR: disk }, [Symbol.asyncDispose]: async () => {} };
  const server = await startPostgres();
  const folder = dataFolder();
  const url = new URL(await server.database("admin"));
  await using admin = new SQL(url, { max: 1 });
  const [{ data_directory: data }] = await admin`show data_directory`;
  const { uid, gid } = statSync(data);
  chownSync(disk, uid, gid);
  await admin.unsafe(`create tablespace small location '${disk}'`);
  await admin.unsafe("create database taskflow tablespace small");
  url.pathname = "taskflow";
  return {
    environment: { DATA_DIR: folder.path, DATABASE_URL: url.href },
    async [Symbol.asyncDispose]() {
      await server.stop();
      folder[Symbol.dispose]();
    },
  };
}

const noServer = noFile && postgresFolder() === undefined && !process.env.CI;
if (noServer) console.log("skipped: no PostgreSQL was found to fill the disk of");

describe.skipIf(noServer)("a full disk", () => {
  it("fails the writes and nothing else, and is over once there is room again", async () => {
    using disk = smallDisk(noFile ? 16 : 3);
    if (!disk && !process.env.CI) return console.warn("not held: a small disk takes root");
    if (!disk) throw new Error("no small disk could be mounted");
    await using database = await databaseOn(disk.path);
    const environment = { ...database.environment, LOG_LEVEL: "silent" };
    await using program = await startProgram(environment);
    const { url } = program;
    const person = await signUp(url);
    const before = startStorm([url], person, { name: "before" });
    await before.more(50);
    await before.end();

    const storm = startStorm([url], person, { name: "meanwhile" });
    const full = fill(disk.path);
    // PostgreSQL writes the one row of the check anew where it was: that fits.
    if (!noFile) await until(async () => (await statusOf(url, "/readyz")) === 503);
    const answer = await refused(person);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await answer.json()).toMatchObject({ detail: expect.stringMatching(/can't store changes.*Nothing was/) });
    expect(await statusOf(url, "/healthz")).toBe(200);
    expect((await person.send("/api/tasks")).status).toBe(200);
    await storm.end();
    expect([...storm.statuses.keys()].filter((status) => ![200, 201, 503].includes(status))).toEqual([]);

    full[Symbol.dispose]();
    await until(async () => (await statusOf(url, "/readyz")) === 200);
    await until(async () => (await person.send("/api/tasks", { json: { title: "No room" } })).status === 201);
    const after = startStorm([url], person, { name: "after" });
    await after.more(20);
    await after.end();
    expect([...after.statuses.keys()].sort()).toEqual([200, 201]);

    const list = (await (await person.send("/api/tasks?limit=200&q=no%20room")).json()) as { items: { id: string }[] };
    for (const { id } of list.items) await person.send(`/api/tasks/${id}`, { method: "DELETE" });
    const all = (await (await person.send("/api/tasks?limit=200")).json()) as { items: { title: string }[] };
    expect(all.items.filter(({ title }) => storm.refused.has(title))).toEqual([]);
    expect(await program.stop()).toBe(0);
    await using again = await startProgram(environment);
    const titles = new Set([...before.added.keys(), ...storm.added.keys(), ...after.added.keys()]);
    const kept = await fetch(`${again.url}/api/tasks?limit=1`, {
      headers: { authorization: `Bearer ${person.token}` },
    });
    const { totals } = (await kept.json()) as { totals: { open: number; completed: number } };
    expect(totals.open + totals.completed).toBe(titles.size);
  });
});
