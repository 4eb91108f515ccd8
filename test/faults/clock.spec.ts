import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { type Client, signIn, signUp } from "../support/client.ts";
import { clockAt } from "../support/clock.ts";
import { dataFolder } from "../support/data-folder.ts";
import { follow } from "../support/events.ts";
import { startProgram } from "../support/program.ts";
import { changesOf, createTask, createTasks } from "../support/tasks.ts";

setDefaultTimeout(180_000);

const yesterday = clockAt("-1d");
const noClock = yesterday === undefined && !process.env.CI;
if (noClock) console.log("skipped: faketime is missing (Debian: apt-get install faketime)");

async function allTitles(person: Pick<Client, "send">): Promise<string[]> {
  const titles: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page = await person.send(`/api/tasks?limit=3${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    const { items, nextCursor } = (await page.json()) as { items: { title: string }[]; nextCursor: string | null };
    titles.push(...items.map(({ title }) => title));
    cursor = nextCursor;
  }
  return titles;
}

describe.skipIf(noClock)("clock set back by a day", () => {
  it("keeps sessions valid and changes in order", async () => {
    if (!yesterday) throw new Error("faketime is missing");
    using folder = dataFolder();
    const today = await startProgram({ DATA_DIR: folder.path });
    const person = await signUp(today.url);
    await createTasks(person, 5);
    const keyed = { "idempotency-key": crypto.randomUUID() };
    const json = { title: "Once" };
    const first = await (await person.send("/api/tasks", { json, headers: keyed })).json();
    const [last] = await changesOf(person, "?limit=1");
    await today.stop();

    await using program = await startProgram({ DATA_DIR: folder.path, ...yesterday });
    const again: Client = {
      ...person,
      send: (path, options = {}) =>
        fetch(program.url + path, {
          ...options,
          ...(options.json === undefined ? {} : { method: "POST", body: JSON.stringify(options.json) }),
          headers: {
            "content-type": "application/json",
            authorization: `Bearer ${person.token}`,
            ...(options.headers as Record<string, string>),
          },
        }),
    };
    expect((await again.send("/api/me")).status).toBe(200);
    await using feed = await follow(again, { lastEventId: String(last?.id) });
    const older = await createTask(again, "From yesterday");
    expect(Date.parse(older.createdAt)).toBeLessThan(Date.now() - 23 * 3_600_000);
    const [newest] = await changesOf(again, "?limit=1");
    expect(newest?.id).toBeGreaterThan(last?.id ?? 0);
    await feed.until((each) => each.ids().length > 0);
    expect(feed.ids()).toEqual([newest?.id ?? 0]);

    const titles = await allTitles(again);
    expect(titles).toEqual(["Once", "Task 5", "Task 4", "Task 3", "Task 2", "Task 1", "From yesterday"]);
    expect(await (await again.send("/api/tasks", { json, headers: keyed })).json()).toEqual(first);
    expect(await allTitles(again)).toEqual(titles);
    expect(await signIn(program.url, person)).toBeString();
  });
});
