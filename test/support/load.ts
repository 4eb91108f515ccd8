import { expect } from "bun:test";
import { type Client, send } from "./client.ts";

/** Clients that create and complete tasks as fast as possible, and record the responses. */
export interface Load {
  /** Titles of tasks whose creation was confirmed, with their IDs. */
  readonly added: ReadonlyMap<string, string>;
  /** IDs of tasks whose completion was confirmed. */
  readonly completed: ReadonlySet<string>;
  /** Every title that was ever sent. */
  readonly attempted: ReadonlySet<string>;
  /** Titles whose creation was rejected, which must not exist. */
  readonly rejected: ReadonlySet<string>;
  /** The number of responses per status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Waits until this many more tasks are created. */
  waitForMore(count: number): Promise<void>;
  /** Sends no more requests and waits for open ones. */
  end(): Promise<void>;
}

interface LoadOptions {
  clients?: number;
  /** A prefix that makes the titles of this load unique. */
  name?: string;
  /** More fields of each task, such as a long description. */
  fields?: object;
}

/** Starts clients, evenly spread over the URLs. */
export function startLoad(
  urls: string[],
  { token }: Pick<Client, "token">,
  { clients = 6, name = "load", fields = {} }: LoadOptions = {},
): Load {
  const headers = { authorization: `Bearer ${token}` };
  const added = new Map<string, string>();
  const completed = new Set<string>();
  const attempted = new Set<string>();
  const rejected = new Set<string>();
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
      rejected.add(title);
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
      // Without a response, the outcome is unknown.
      await addOne(url, `${name}, client ${client}, task ${number}`).catch(() => new Promise(setImmediate));
    }
  });

  return {
    added,
    completed,
    attempted,
    rejected,
    statuses,
    async waitForMore(count) {
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

/** Expects every confirmed write to exist once, and no task that was not requested. */
export async function expectNothingLost(url: string, { token }: Pick<Client, "token">, loads: readonly Load[]) {
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
  for (const { added, completed } of loads) {
    expect([...added].filter(([title, id]) => byId.get(id)?.title !== title)).toEqual([]);
    expect([...completed].filter((id) => !byId.get(id)?.completed)).toEqual([]);
  }
  expect(titles.length).toBe(new Set(titles).size);
  expect(titles.filter((title) => !loads.some(({ attempted }) => attempted.has(title)))).toEqual([]);
  await expectHistory(url, token, byId);
}

/** Expects the change list to match: one creation per task, one completion per completed task. */
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
