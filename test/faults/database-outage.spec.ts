import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { send, signUp } from "../support/client.ts";
import { startForwarder } from "../support/connection.ts";
import { follow, has } from "../support/events.ts";
import { expectNothingLost, startLoad } from "../support/load.ts";
import { postgresFolder, startPostgres } from "../support/postgres.ts";
import { engine, startProgram } from "../support/program.ts";
import { changesOf, changing } from "../support/tasks.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(180_000);

/** Without PostgreSQL these specs are skipped, except in CI. */
const noServer = engine === "sqlite" || (postgresFolder() === undefined && !process.env.CI);
if (engine === "postgres" && noServer)
  console.log("skipped: PostgreSQL is missing (Debian: apt-get install postgresql)");

describe.skipIf(noServer)("database server that restarts under load", () => {
  it("causes 503 until it is back, without a restart of the program", async () => {
    const server = await startPostgres();
    await using _ = { [Symbol.asyncDispose]: () => server.stop() };
    const DATABASE_URL = await server.database("taskflow");
    await using program = await startProgram({ DATABASE_URL, LOG_LEVEL: "silent" });
    const { url } = program;
    const person = await signUp(url);
    await using feed = await follow(person);
    const load = startLoad([url], person, { clients: 8 });
    await load.waitForMore(50);

    for (let round = 0; round < 2; round++) {
      await server.halt();
      await waitUntil(async () => (await fetch(`${url}/readyz`)).status === 503);
      for (const answer of [
        await person.send("/api/tasks"),
        await person.send("/api/me"),
        await person.send("/api/tasks", { json: { title: "Nowhere to put it" } }),
      ]) {
        expect(answer.status).toBe(503);
        expect(answer.headers.get("content-type")).toBe("application/problem+json");
        expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
      }
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      await server.resume();
      await waitUntil(async () => (await fetch(`${url}/readyz`)).status === 200);
      await load.waitForMore(50);
    }
    await load.end();
    expect([...load.statuses.keys()].filter((status) => ![200, 201, 503].includes(status))).toEqual([]);

    // The stream continued in order, without gaps or duplicates.
    const [newest] = await changesOf(person, "?limit=1");
    await feed.until((each) => each.ids().includes(newest?.id ?? 0));
    const ids = feed.ids();
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other));
    const added = feed.events.filter(({ data }) => data.includes('"verb":"create"')).length;
    expect(added).toBeGreaterThanOrEqual(load.added.size);
    await expectNothingLost(url, person, [load]);
  });
});

describe.skipIf(noServer)("database server that hangs under load", () => {
  it("causes 503 until it responds, with a correct message about each write", async () => {
    const server = await startPostgres();
    await using _ = { [Symbol.asyncDispose]: () => server.stop() };
    const DATABASE_URL = await server.database("taskflow");
    await using program = await startProgram({ DATABASE_URL, LOG_LEVEL: "silent" });
    const { url } = program;
    const [person, other] = [await signUp(url), await signUp(url)];
    const load = startLoad([url], person, { clients: 8 });
    await load.waitForMore(50);

    for (let round = 0; round < 2; round++) {
      server.signal("SIGSTOP");
      const titles = Array.from({ length: 20 }, (_, number) => `Round ${round}, number ${number}`);
      const creations = titles.map((title) => other.send("/api/tasks", { json: { title } }));
      const reads = [fetch(`${url}/readyz`), person.send("/api/tasks"), other.send("/api/me")];
      for (const answer of await Promise.all([...creations, ...reads])) {
        expect(answer.status).toBe(503);
        expect(answer.headers.get("content-type")).toBe("application/problem+json");
        expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
      }
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      server.signal("SIGCONT");
      await waitUntil(async () => (await fetch(`${url}/readyz`)).status === 200);

      const unchanged = await Promise.all(
        creations.map(async (answer) => ((await (await answer).clone().json()) as { detail: string }).detail),
      ).then((details) => titles.filter((_, index) => /Nothing was changed/.test(details[index] ?? "")));
      expect(unchanged.length).toBeGreaterThan(0);
      const { items } = (await (await other.send("/api/tasks?limit=200")).json()) as { items: { title: string }[] };
      expect(items.filter(({ title }) => unchanged.includes(title))).toEqual([]);
      await load.waitForMore(50);
    }
    await load.end();
    expect([...load.statuses.keys()].filter((status) => ![200, 201, 503].includes(status))).toEqual([]);
    await expectNothingLost(url, person, [load]);
  });
});

describe.skipIf(noServer)("notification connection that drops silently", () => {
  it("is reopened and delivers changes again", async () => {
    const server = await startPostgres();
    await using _ = { [Symbol.asyncDispose]: () => server.stop() };
    const DATABASE_URL = await server.database("taskflow");
    using forwarder = await startForwarder(DATABASE_URL);
    await using program = await startProgram({ DATABASE_URL, DATABASE_DIRECT_URL: forwarder.url, LOG_LEVEL: "silent" });
    await using other = await startProgram({ DATABASE_URL, DATA_DIR: program.dataDir, LOG_LEVEL: "silent" });
    const ada = await signUp(program.url);
    const authorization = `Bearer ${ada.token}`;
    await using feed = await follow(ada);
    forwarder.stall();
    await forwarder.waitForConnections(2);
    const change = await changing(
      send(other.url, "/api/tasks", { json: { title: "Delivered" }, headers: { authorization } }),
    );
    await feed.until(has(change));
  });
});

describe.skipIf(noServer)("start without the database server", () => {
  it("fails with one line that names the address", async () => {
    const server = await startPostgres();
    const DATABASE_URL = await server.database("taskflow");
    await server.stop();
    const message = await startProgram({ DATABASE_URL }).then(
      () => "it started",
      (error: Error) => error.message,
    );
    expect(message).toMatch(
      /^the program ended with 1: taskflow: can't reach PostgreSQL \(127\.0\.0\.1:\d+\)[^\n]+\n$/,
    );
    expect(message).not.toContain(new URL(DATABASE_URL).password);
  });
});
