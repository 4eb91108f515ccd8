import { describe, expect, it } from "bun:test";
import { signIn, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { type Feed, follow, has } from "../support/events.ts";
import {
  bulk,
  type Change,
  changesOf,
  changing,
  createTasks,
  deleteTask,
  inBrowser,
  patchTask,
  restoreTask,
  type Sender,
  undo,
} from "../support/tasks.ts";

const url = await contractUrl();

const create = (sender: Sender, title: string) => changing(sender.send("/api/tasks", { json: { title } }));
/** Returns the numbers of an account's changes, oldest first. */
const changeIds = async (sender: Sender) => (await changesOf(sender, "?limit=200")).map(({ id }) => id).toReversed();

describe("live stream", () => {
  it("sends each change in order, as in the change list, with its number as the event ID", async () => {
    const ada = await signUp(url);
    await using feed = await follow(ada);
    expect(feed.response.headers.get("content-type")).toStartWith("text/event-stream");
    expect(feed.response.headers.get("cache-control")).toBe("no-store");
    const [one, two] = await createTasks(ada, 2);
    if (!one || !two) throw new Error("expected two tasks");
    await patchTask(ada, one, {
      title: "Two\nlines, “quotes” 🚀".replace("\n", " "),
      description: "a\r\n\n: b\ndata: c",
    });
    await bulk(ada, [one, two], "complete");
    await deleteTask(ada, two);
    const restored = await changing(restoreTask(ada, two));
    const last = await changing(undo(ada, restored));
    await feed.until(has(last));
    const changes = (await changesOf(ada)).filter(({ entity }) => entity === "task").toReversed();
    expect(feed.events.map(({ event, id }) => ({ event, id }))).toEqual(
      changes.map(({ id }) => ({ event: "change", id: String(id) })),
    );
    expect(feed.events.map(({ data }) => JSON.parse(data) as Change)).toEqual(changes);
  });

  it("sends changes made by any client of the account, and none of other accounts", async () => {
    const [ada, bob] = await Promise.all([signUp(url), signUp(url)]);
    const browser = await inBrowser(url, ada);
    await using mine = await follow(browser);
    await using theirs = await follow(bob, { after: 0 });
    for (let round = 0; round < 5; round++) {
      await create(ada, "By token");
      await browser.send("/tasks", { method: "POST", body: new URLSearchParams({ title: "By form" }) });
      await create(bob, "Bob's");
    }
    const [lastOfAda = 0, lastOfBob = 0] = [(await changeIds(ada)).at(-1), (await changeIds(bob)).at(-1)];
    await Promise.all([mine.until(has(lastOfAda)), theirs.until(has(lastOfBob))]);
    expect(mine.ids()).toEqual((await changeIds(ada)).slice(-10));
    expect(theirs.ids()).toEqual(await changeIds(bob));
  });

  it("sends each change to every stream of the account", async () => {
    const ada = await signUp(url);
    const feeds = await Promise.all(Array.from({ length: 10 }, () => follow(ada)));
    await using all = new AsyncDisposableStack();
    for (const feed of feeds) all.use(feed);
    const ids: number[] = [];
    for (let round = 0; round < 20; round++) ids.push(await create(ada, "For all"));
    await Promise.all(feeds.map((feed) => feed.until(has(ids.at(-1) ?? 0))));
    expect(feeds.map((feed) => feed.ids())).toEqual(feeds.map(() => ids));
  });

  it("starts now, after `after`, or after Last-Event-ID, which takes precedence", async () => {
    const ada = await signUp(url);
    const ids = [await create(ada, "One"), await create(ada, "Two"), await create(ada, "Three")];
    await using now = await follow(ada);
    await using replayed = await follow(ada, { after: 0 });
    await using resumed = await follow(ada, { after: 0, lastEventId: String(ids[1]) });
    await using fallback = await follow(ada, { after: ids[0] ?? 0, lastEventId: "nonsense" });
    const last = await create(ada, "Four");
    for (const feed of [now, replayed, resumed, fallback]) await feed.until(has(last));
    expect(now.ids()).toEqual([last]);
    expect(replayed.ids()).toEqual(await changeIds(ada));
    expect(resumed.ids()).toEqual([ids[2] ?? 0, last]);
    expect(fallback.ids()).toEqual([ids[1] ?? 0, ids[2] ?? 0, last]);
  });

  it("sends `reload` for an invalid Last-Event-ID", async () => {
    const ada = await signUp(url);
    await create(ada, "Missed");
    for (const lastEventId of ["nonsense", "-1", "1e3", "9".repeat(20)]) {
      await using feed = await follow(ada, { lastEventId });
      await feed.until(({ events }) => events.some(({ event }) => event === "reload"));
      expect(feed.ids()).toEqual([]);
    }
  });

  it("has no gaps or duplicates for a client that reconnects during writes", async () => {
    const ada = await signUp(url);
    await createTasks(ada, 1);
    const started = (await changeIds(ada)).at(-1) ?? 0;
    const writing = Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let round = 0; round < 30; round++) await create(ada, "Meanwhile");
      }),
    );
    const seen: (number | string)[] = [];
    let lastEventId = String(started);
    const read = async (enough: (feed: Feed) => boolean) => {
      await using feed = await follow(ada, { lastEventId });
      await feed.until(enough);
      seen.push(...feed.events.map(({ event, id }) => (event === "change" ? Number(id) : event)));
      lastEventId = feed.events.at(-1)?.id ?? lastEventId;
    };
    for (let visit = 0; visit < 10; visit++) await read((feed) => feed.events.length >= 7);
    await writing;
    const all = (await changeIds(ada)).filter((id) => id > started);
    await read((feed) => seen.length + feed.events.length >= all.length);
    expect(all).toHaveLength(120);
    expect(seen).toEqual(all);
  });
});

describe("client that missed too many changes", () => {
  it("receives `reload` and then new changes", async () => {
    const ada = await signUp(url);
    const tasks = await createTasks(ada, 3);
    const before = (await changeIds(ada)).at(-1) ?? 0;
    for (let round = 0; round < 84; round++) {
      await bulk(ada, tasks, "complete");
      await bulk(ada, tasks, "reopen");
    }
    const newest = (await changeIds(ada)).at(-1) ?? 0;
    await using feed = await follow(ada, { lastEventId: String(before) });
    await feed.until(({ events }) => events.length > 0);
    const last = await create(ada, "Next");
    await feed.until(has(last));
    expect(feed.events.map(({ event, id }) => `${event} ${id}`)).toEqual([`reload ${newest}`, `change ${last}`]);
  });

  it("receives `reload` if its Last-Event-ID does not exist yet, as after a restore", async () => {
    const ada = await signUp(url);
    const newest = (await changeIds(ada)).at(-1);
    await using feed = await follow(ada, { lastEventId: "999999999999999" });
    await feed.until(({ events }) => events.length > 0);
    expect(feed.events).toEqual([{ event: "reload", id: String(newest), data: "{}" }]);
  });
});

describe("live stream connection", () => {
  it("requires a session and a valid position", async () => {
    expect((await fetch(`${url}/api/events`)).status).toBe(401);
    const ada = await signUp(url);
    for (const query of ["after=-1", "after=x", "after=", "since=1"])
      expect((await ada.send(`/api/events?${query}`)).status).toBe(422);
  });

  it("returns 401 for another account than the one signed in", async () => {
    const [ada, bob] = await Promise.all([signUp(url), signUp(url)]);
    const { id } = (await (await ada.send("/api/me")).json()) as { id: string };
    expect((await bob.send(`/api/events?account=${id}`)).status).toBe(401);
    await using stream = await follow({ send: (path, options) => ada.send(`${path}?account=${id}`, options) });
    const created = await create(ada, "Mine");
    await stream.until(has(created));
  });

  it("closes when its session ends, unlike those of other sessions", async () => {
    const ada = await signUp(url);
    const second = `Bearer ${await signIn(url, ada)}`;
    await using staying = await follow(ada);
    await using ending = await follow({
      send: (path, options = {}) =>
        ada.send(path, { ...options, headers: { ...(options.headers as object), authorization: second } }),
    });
    await ada.send("/api/logout", { method: "POST", headers: { authorization: second } });
    await ending.closed;
    const last = await create(ada, "Still here");
    await staying.until(has(last));
    expect(ending.ids()).not.toContain(last);
  });

  it("is not opened by a HEAD request", async () => {
    const ada = await signUp(url);
    for (let round = 0; round < 51; round++)
      expect((await ada.send("/api/events", { method: "HEAD" })).status).toBeLessThan(429);
    await using feed = await follow(ada);
    const last = await create(ada, "Room");
    await feed.until(has(last));
  });
});
