import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { chownSync, statSync } from "node:fs";
import { SQL } from "bun";
import { type Client, signUp } from "../support/client.ts";
import { dataFolder } from "../support/data-folder.ts";
import { fill, smallDisk } from "../support/disk.ts";
import { startLoad } from "../support/load.ts";
import { postgresFolder, startPostgres } from "../support/postgres.ts";
import { noFile, startProgram } from "../support/program.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(180_000);

const statusOf = async (url: string, path: string) => (await fetch(url + path)).status;

/** Returns text that does not compress. */
const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(4500))).toString("hex");

/** Creates tasks until the server rejects one. @returns the response */
async function rejectedTask(person: Client): Promise<Response> {
  for (;;) {
    const answer = await person.send("/api/tasks", { json: { title: "No room", description: noise() } });
    if (answer.status !== 201) return answer;
  }
}

/** Creates a database on a disk. PostgreSQL's write-ahead log is elsewhere, as the server stops without it. */
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
if (noServer) console.log("skipped: PostgreSQL is missing (Debian: apt-get install postgresql)");

describe.skipIf(noServer)("full disk", () => {
  it("fails writes but not reads, until space is freed", async () => {
    using disk = smallDisk(noFile ? 16 : 3);
    if (!disk && !process.env.CI) return console.warn("skipped: mounting a small disk requires root");
    if (!disk) throw new Error("can't mount a small disk");
    await using database = await databaseOn(disk.path);
    const environment = { ...database.environment, LOG_LEVEL: "silent" };
    await using program = await startProgram(environment);
    const { url } = program;
    const person = await signUp(url);
    const before = startLoad([url], person, { name: "before" });
    await before.waitForMore(50);
    await before.end();

    const load = startLoad([url], person, { name: "meanwhile" });
    const full = fill(disk.path);
    // PostgreSQL updates the row of the readiness check in place, which needs no space.
    if (!noFile) await waitUntil(async () => (await statusOf(url, "/readyz")) === 503);
    const answer = await rejectedTask(person);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await answer.json()).toMatchObject({ detail: expect.stringMatching(/can't store changes.*Nothing was/) });
    expect(await statusOf(url, "/healthz")).toBe(200);
    expect((await person.send("/api/tasks")).status).toBe(200);
    await load.end();
    expect([...load.statuses.keys()].filter((status) => ![200, 201, 503].includes(status))).toEqual([]);

    full[Symbol.dispose]();
    await waitUntil(async () => (await statusOf(url, "/readyz")) === 200);
    await waitUntil(async () => (await person.send("/api/tasks", { json: { title: "No room" } })).status === 201);
    const after = startLoad([url], person, { name: "after" });
    await after.waitForMore(20);
    await after.end();
    expect([...after.statuses.keys()].sort()).toEqual([200, 201]);

    const list = (await (await person.send("/api/tasks?limit=200&q=no%20room")).json()) as { items: { id: string }[] };
    for (const { id } of list.items) await person.send(`/api/tasks/${id}`, { method: "DELETE" });
    const all = (await (await person.send("/api/tasks?limit=200")).json()) as { items: { title: string }[] };
    expect(all.items.filter(({ title }) => load.rejected.has(title))).toEqual([]);
    expect(await program.stop()).toBe(0);
    await using again = await startProgram(environment);
    const titles = new Set([...before.added.keys(), ...load.added.keys(), ...after.added.keys()]);
    const kept = await fetch(`${again.url}/api/tasks?limit=1`, {
      headers: { authorization: `Bearer ${person.token}` },
    });
    const { totals } = (await kept.json()) as { totals: { open: number; completed: number } };
    expect(totals.open + totals.completed).toBe(titles.size);
  });
});
