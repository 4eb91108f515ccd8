import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { postgresFolder, startPostgres } from "../../scripts/lib/postgres.ts";
import { send, signUp } from "../support/client.ts";
import { startWay } from "../support/connection.ts";
import { follow, has } from "../support/events.ts";
import { engine, startProgram } from "../support/program.ts";
import { expectKept, startStorm } from "../support/storm.ts";
import { changesOf, changing } from "../support/tasks.ts";

setDefaultTimeout(120_000);

/** A machine without PostgreSQL leaves these out and says so; a gate must not pass that way. */
const noServer = engine === "sqlite" || (postgresFolder() === undefined && !process.env.CI);
if (engine === "postgres" && noServer) console.log("skipped: no PostgreSQL was found to stop and start");

/** Asks until it is so. */
async function until(holds: () => Promise<boolean>) {
  while (!(await holds())) await new Promise(setImmediate);
}

describe.skipIf(noServer)("a database server that goes away under load and comes back", () => {
  it("is waited for with 503, and everything goes on without a restart", async () => {
    const server = await startPostgres();
    await using _ = { [Symbol.asyncDispose]: () => server.stop() };
    const DATABASE_URL = await server.database("taskflow");
    await using program = await startProgram({ DATABASE_URL, LOG_LEVEL: "silent" });
    const { url } = program;
    const person = await signUp(url);
    await using feed = await follow(person);
    const storm = startStorm([url], person, { clients: 8 });
    await storm.more(50);

    for (let round = 0; round < 2; round++) {
      await server.halt();
      await until(async () => (await fetch(`${url}/readyz`)).status === 503);
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
      await until(async () => (await fetch(`${url}/readyz`)).status === 200);
      await storm.more(50);
    }
    await storm.end();
    expect([...storm.statuses.keys()].filter((status) => ![200, 201, 503].includes(status))).toEqual([]);

    // The stream went through it all, in order, without a gap or a repeat.
    const [newest] = await changesOf(person, "?limit=1");
    await feed.until((each) => each.ids().includes(newest?.id ?? 0));
    const ids = feed.ids();
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other));
    const added = feed.events.filter(({ data }) => data.includes('"verb":"create"')).length;
    expect(added).toBeGreaterThanOrEqual(storm.added.size);
    await expectKept(url, person, [storm]);
  });
});

describe.skipIf(noServer)("a database server that hangs, or is cut off, under load", () => {
  it("is answered for with 503, which tells the truth about each change, and all goes on when it answers", async () => {
    const server = await startPostgres();
    await using _ = { [Symbol.asyncDispose]: () => server.stop() };
    const DATABASE_URL = await server.database("taskflow");
    await using program = await startProgram({ DATABASE_URL, LOG_LEVEL: "silent" });
    const { url } = program;
    const [person, other] = [await signUp(url), await signUp(url)];
    const storm = startStorm([url], person, { clients: 8 });
    await storm.more(50);

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
      await until(async () => (await fetch(`${url}/readyz`)).status === 200);

      const unchanged = await Promise.all(
        creations.map(async (answer) => ((await (await answer).clone().json()) as { detail: string }).detail),
      ).then((details) => titles.filter((_, index) => /Nothing was changed/.test(details[index] ?? "")));
      expect(unchanged.length).toBeGreaterThan(0);
      const { items } = (await (await other.send("/api/tasks?limit=200")).json()) as { items: { title: string }[] };
      expect(items.filter(({ title }) => unchanged.includes(title))).toEqual([]);
      await storm.more(50);
    }
    await storm.end();
    expect([...storm.statuses.keys()].filter((status) => ![200, 201, 503].includes(status))).toEqual([]);
    await expectKept(url, person, [storm]);
  });
});

describe.skipIf(noServer)("a connection for what others change that is cut off without a word", () => {
  it("is made anew, and tells of everything again", async () => {
    const server = await startPostgres();
    await using _ = { [Symbol.asyncDispose]: () => server.stop() };
    const DATABASE_URL = await server.database("taskflow");
    using way = await startWay(DATABASE_URL);
    await using program = await startProgram({ DATABASE_URL, DATABASE_DIRECT_URL: way.url, LOG_LEVEL: "silent" });
    await using other = await startProgram({ DATABASE_URL, DATA_DIR: program.dataDir, LOG_LEVEL: "silent" });
    const ada = await signUp(program.url);
    const authorization = `Bearer ${ada.token}`;
    await using feed = await follow(ada);
    way.forget();
    await way.taken(2);
    const change = await changing(
      send(other.url, "/api/tasks", { json: { title: "Told" }, headers: { authorization } }),
    );
    await feed.until(has(change));
  });
});

describe.skipIf(noServer)("a start without the database server", () => {
  it("says in one line where it looked", async () => {
    const server = await startPostgres();
    const DATABASE_URL = await server.database("taskflow");
    await server.stop();
    const words = await startProgram({ DATABASE_URL }).then(
      () => "it started",
      (error: Error) => error.message,
    );
    expect(words).toMatch(/^the program ended with 1: taskflow: can't reach PostgreSQL \(127\.0\.0\.1:\d+\)[^\n]+\n$/);
    expect(words).not.toContain(new URL(DATABASE_URL).password);
  });
});
