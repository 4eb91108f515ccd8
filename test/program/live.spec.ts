import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { type Client, send, signUp } from "../support/client.ts";
import { establishedWith } from "../support/connection.ts";
import { type Feed, follow, has } from "../support/events.ts";
import { runProgram, startProgram } from "../support/program.ts";
import { changesOf, changing, createTask, patchTask, type Sender } from "../support/tasks.ts";

setDefaultTimeout(180_000);

const program = await startProgram();
/** A second process with the same data, like a replica or a worker. */
const other = await startProgram({ DATA_DIR: program.dataDir });
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

/** Sends the account's requests to the other process. */
const viaOther = ({ token }: Client, url = other.url): Sender => ({
  send: (path, options = {}) =>
    send(url, path, {
      ...options,
      headers: { authorization: `Bearer ${token}`, ...(options.headers as Record<string, string>) },
    }),
});

const create = (sender: Sender, title: string) => changing(sender.send("/api/tasks", { json: { title } }));

describe("two processes with one database", () => {
  it("stream each other's changes in one order while both write", async () => {
    const ada = await signUp(program.url);
    const began = (await changesOf(ada))[0]?.id ?? 0;
    await using here = await follow(ada);
    await using beyond = await follow(viaOther(ada));
    await Promise.all(
      [ada, viaOther(ada), ada, viaOther(ada)].map(async (sender) => {
        for (let round = 0; round < 30; round++) await create(sender, "From anywhere");
      }),
    );
    const all = (await changesOf(ada, "?limit=200")).map(({ id }) => id).toReversed();
    const wanted = all.filter((id) => id > began);
    const last = wanted.at(-1) ?? 0;
    await Promise.all([here.until(has(last)), beyond.until(has(last))]);
    expect(wanted).toHaveLength(120);
    expect(here.ids()).toEqual(wanted);
    expect(beyond.ids()).toEqual(wanted);
  });

  it("resume each other's clients without a gap", async () => {
    const ada = await signUp(program.url);
    const first = await create(ada, "Seen");
    const missed = await create(viaOther(ada), "Missed");
    await using feed = await follow(viaOther(ada), { lastEventId: String(first) });
    const next = await create(ada, "Next");
    await feed.until(has(next));
    expect(feed.ids()).toEqual([missed, next]);
  });

  it("close a session's streams when it ends in the other process", async () => {
    const ada = await signUp(program.url);
    await using feed = await follow(ada);
    await viaOther(ada).send("/api/logout", { method: "POST" });
    await feed.closed;
  });
});

describe("live stream", () => {
  it("closes when the account is disabled, and can't be reopened", async () => {
    const ada = await signUp(program.url);
    await using here = await follow(ada);
    await using beyond = await follow(viaOther(ada));
    expect((await runProgram(["user", "disable", ada.username], { DATA_DIR: program.dataDir })).code).toBe(0);
    await Promise.all([here.closed, beyond.closed]);
    expect((await ada.send("/api/events")).status).toBe(401);
  });

  it("is limited to 50 per account and process, until one closes", async () => {
    const [ada, bob] = await Promise.all([signUp(program.url), signUp(program.url)]);
    const feeds = await Promise.all(Array.from({ length: 50 }, () => follow(ada)));
    await using all = new AsyncDisposableStack();
    for (const feed of feeds) all.use(feed);
    const refused = await ada.send("/api/events");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("content-type")).toStartWith("application/problem+json");
    await using _other = await follow(bob);
    await feeds[0]?.[Symbol.asyncDispose]();
    // The server notices when the connection closes, which takes a moment.
    let again: Feed | undefined;
    while (!again) again = await follow(ada).catch(() => undefined);
    all.use(again);
    const last = await create(ada, "Room again");
    await again.until(has(last));
  });

  it("sends heartbeats while idle", async () => {
    const ada = await signUp(program.url);
    await using feed = await follow(ada);
    await feed.until(({ comments }) => comments.length > 0);
    expect(feed.events).toEqual([]);
  });

  it("closes on SIGTERM, and does not delay the exit", async () => {
    await using leaving = await startProgram();
    const ada = await signUp(leaving.url);
    await using feed = await follow(ada);
    expect(await leaving.stop()).toBe(0);
    await feed.closed;
  });
});

describe("client that does not read", () => {
  // In CI only, as a client is disconnected after four heartbeats, which take a minute.
  it.skipIf(process.platform !== "linux" || !process.env.CI)(
    "uses no memory, does not delay other clients, and is disconnected",
    async () => {
      await using alone = await startProgram();
      const ada = await signUp(alone.url);
      const task = await createTask(ada, "Much written on");
      const memory = () =>
        Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${alone.process.pid}/status`, "utf8"))?.[1]) / 1024;
      /** Each change contains the value before and after: 80 kB. */
      const write = async (rounds: number) => {
        let last = 0;
        for (let round = 0; round < rounds; round++)
          last = await changing(patchTask(ada, task, { description: (round % 2 ? "🚀" : "🐟").repeat(10_000) }));
        return last;
      };
      await using reading = await follow(ada);
      await reading.until(has(await write(300)));
      const before = memory();

      const { port } = new URL(alone.url);
      const idle = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const socket = connect({ host: "127.0.0.1", port: Number(port) });
          socket.on("error", () => {});
          socket.write(`GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ada.token}\r\n\r\n`);
          // Stops reading when the stream has started.
          await new Promise<void>((begun) => {
            socket.on("data", (chunk) => {
              if (!chunk.toString().includes("text/event-stream")) return;
              socket.pause();
              begun();
            });
          });
          return socket;
        }),
      );
      // 24 MB per client, half a gigabyte if it were buffered.
      await reading.until(has(await write(300)));
      expect(reading.ids()).toHaveLength(600);
      expect(memory() - before).toBeLessThan(200);
      // The server closes the connections of clients that do not read: check at each heartbeat of the one that does.
      const clients = idle.map(({ localPort }) => localPort ?? 0);
      while (establishedWith(Number(port), clients).length > 0) {
        const beats = reading.comments.length;
        await reading.until(({ comments }) => comments.length > beats);
      }
      for (const socket of idle) socket.destroy();
    },
  );
});
