import { expect } from "bun:test";
import { type Client, send } from "./client.ts";

/** Clients that add and complete tasks as fast as they are answered, and note what they were told. */
export interface Storm {
  /** Titles of tasks that were answered to be there, with their ids. */
  readonly added: ReadonlyMap<string, string>;
  /** Ids of tasks that were answered to be completed. */
  readonly completed: ReadonlySet<string>;
  /** Every title that was ever sent. */
  readonly attempted: ReadonlySet<string>;
  /** Titles that were answered with a refusal, which is a promise as well. */
  readonly refused: ReadonlySet<string>;
  /** How often each status came. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Waits until so many more are added. */
  more(count: number): Promise<void>;
  /** No new requests; waits for the answers to those under way. */
  end(): Promise<void>;
}

interface StormOptions {
  clients?: number;
  /** What makes this storm's titles different from another's. */
  name?: string;
  /** What comes with each task, such as a long description. */
  fields?: object;
}

/** @param urls the clients are shared out among these */
export function startStorm(
  urls: string[],
  { token }: Pick<Client, "token">,
  { clients = 6, name = "storm", fields = {} }: StormOptions = {},
): Storm {
  const headers = { authorization: `Bearer ${token}` };
  const added = new Map<string, string>();
  const completed = new Set<string>();
  const attempted = new Set<string>();
  const refused = new Set<string>();
  const statuses = new Map<number, number>();
  const waiting = new Set<() => void>();
  let ending = false;

  function note({ status }: Response) {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    for (const wake of waiting) wake();
  }

  async function addOne(url: string, title: string) {
    attempted.add(title);
    const answer = await send(url, "/api/tasks", { json: { title, ...fields }, headers });
    note(answer);
    if (answer.status !== 201) {
      refused.add(title);
      return;
    }
    const { id } = (await answer.json()) as { id: string };
    added.set(title, id);
    const done = await send(url, `/api/tasks/${id}`, { method: "PATCH", json: { completed: true }, headers });
    note(done);
    if (done.ok) completed.add(id);
  }

  const running = Array.from({ length: clients }, async (_, client) => {
    const url = urls[client % urls.length] ?? "";
    for (let number = 0; !ending; number++) {
      // Nobody answers any more: whoever asked knows nothing, and goes on.
      await addOne(url, `${name}, client ${client}, task ${number}`).catch(() => new Promise(setImmediate));
    }
  });

  return {
    added,
    completed,
    attempted,
    refused,
    statuses,
    async more(count) {
      const goal = added.size + count;
      while (added.size < goal) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.add(resolve);
        await promise;
        waiting.delete(resolve);
      }
    },
    async end() {
      ending = true;
      await Promise.all(running);
    },
  };
}

interface Found {
  readonly id: string;
  readonly title: string;
  readonly completed: boolean;
}

/** Holds that everything that was answered is there, once, and nothing that nobody asked for. */
export async function expectKept(url: string, { token }: Pick<Client, "token">, storms: readonly Storm[]) {
  const headers = { authorization: `Bearer ${token}` };
  const found: Found[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page = await send(url, `/api/tasks?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, {
      headers,
    });
    expect(page.status).toBe(200);
    const { items, nextCursor } = (await page.json()) as { items: Found[]; nextCursor: string | null };
    found.push(...items);
    cursor = nextCursor;
  }
  const byId = new Map(found.map((task) => [task.id, task]));
  const titles = found.map(({ title }) => title);
  for (const { added, completed } of storms) {
    expect([...added].filter(([title, id]) => byId.get(id)?.title !== title)).toEqual([]);
    expect([...completed].filter((id) => !byId.get(id)?.completed)).toEqual([]);
  }
  expect(titles.length).toBe(new Set(titles).size);
  expect(titles.filter((title) => !storms.some(({ attempted }) => attempted.has(title)))).toEqual([]);
  await expectHistory(url, token, byId);
}

/** Holds that the list of changes tells of the same: one beginning for each task, one end for each completed one. */
async function expectHistory(url: string, token: string, tasks: ReadonlyMap<string, Found>) {
  const counts = { create: new Map<string, number>(), complete: new Map<string, number>() };
  for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
    const headers = { authorization: `Bearer ${token}` };
    const page = await send(url, `/api/changes?limit=200&before=${before}`, { headers });
    expect(page.status).toBe(200);
    const { items, nextBefore } = (await page.json()) as {
      items: { verb: string; entityId: string }[];
      nextBefore: number | null;
    };
    for (const { verb, entityId } of items) {
      if (verb !== "create" && verb !== "complete") continue;
      counts[verb].set(entityId, (counts[verb].get(entityId) ?? 0) + 1);
    }
    before = nextBefore;
  }
  const once = (ids: Iterable<string>) => Object.fromEntries([...ids].sort().map((id) => [id, 1]));
  const sorted = (map: Map<string, number>) => Object.fromEntries([...map].sort());
  expect(sorted(counts.create)).toEqual(once(tasks.keys()));
  expect(sorted(counts.complete)).toEqual(
    once([...tasks.values()].filter(({ completed }) => completed).map(({ id }) => id)),
  );
}
