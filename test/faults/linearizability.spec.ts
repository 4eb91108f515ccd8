import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { type Client, send, signUp } from "../support/client.ts";
import { dataFolder } from "../support/data-folder.ts";
import { findAnomaly, type Operation } from "../support/linearizability.ts";
import { startProgram } from "../support/program.ts";
import { createTask, type Page, type Task } from "../support/tasks.ts";

setDefaultTimeout(60_000);

const [CLIENTS, STEPS] = [8, 20];

/** What clients know of the task: its version, and its title, which every write makes another. */
interface State {
  readonly version: number;
  readonly title: string;
}
type Apply = Operation<State>["apply"];

/** One client of the task. */
interface Access {
  /** Reads the task, or writes its title. */
  request(title?: string, headers?: Record<string, string>): Promise<State & { status: number }>;
  /** Returns the title in the list of tasks, which servers keep in memory. */
  listed(): Promise<string | undefined>;
}

/**
 * What clients do, and what follows from the response for the state at that moment.
 * @param seen the version that the client knows
 */
const ACTIONS: Record<string, (access: Access, title: string, seen: number) => Promise<Apply>> = {
  async read(access) {
    const { version, title } = await access.request();
    return (state) => (state.version === version && state.title === title ? state : undefined);
  },
  async list(access) {
    const title = await access.listed();
    return (state) => (state.title === title ? state : undefined);
  },
  async write(access, title) {
    const { version } = await access.request(title);
    return (state) => (state.version + 1 === version ? { version, title } : undefined);
  },
  async writeIfUnchanged(access, title, seen) {
    const { status, version } = await access.request(title, { "if-match": `"${seen}"` });
    if (status === 412) return (state) => (state.version === seen ? undefined : state);
    return (state) => (state.version === seen && version === seen + 1 ? { version, title } : undefined);
  },
};

const ANY = Object.entries(ACTIONS);

/** Lets clients of several servers act on one task at the same time. @returns what they saw */
async function historyOf(urls: string[], { token }: Client, { id }: Task): Promise<Operation<State>[]> {
  const history: Operation<State>[] = [];
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      const url = urls[client % urls.length] ?? "";
      const authorization = `Bearer ${token}`;
      let [seen, answer] = [1, ""];
      const access: Access = {
        async request(title, headers = {}) {
          const options = title === undefined ? {} : { method: "PATCH", json: { title } };
          const response = await send(url, `/api/tasks/${id}`, { ...options, headers: { authorization, ...headers } });
          const version = Number(response.headers.get("etag")?.slice(1, -1) ?? 0);
          const task = (await response.json()) as Task;
          expect([200, 412]).toContain(response.status);
          if (response.ok) seen = version;
          answer = `${response.status}, version ${version}`;
          return { status: response.status, version, title: task.title };
        },
        async listed() {
          const response = await send(url, "/api/tasks", { headers: { authorization } });
          const { items } = (await response.json()) as Page<Task>;
          answer = `${items[0]?.title}`;
          return answer;
        },
      };
      for (let step = 0; step < STEPS; step++) {
        const [name, act] = ANY[Math.floor(Math.random() * ANY.length)] ?? [];
        const label = `client ${client}, step ${step}, knows ${seen}: ${name}`;
        const call = performance.now();
        const apply = await act?.(access, `${client}.${step}`, seen);
        if (apply) history.push({ label: `${label} → ${answer}`, call, end: performance.now(), apply });
      }
    }),
  );
  return history;
}

describe("concurrent reads and writes of one task", () => {
  it.each([
    ["one process", 1],
    ["two processes with one database", 2],
  ])("have an order in which each sees the ones before it: %s", async (_, count) => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.path, LOG_LEVEL: "error" };
    await using one = await startProgram(environment);
    await using other = count === 1 ? one : await startProgram(environment);
    const person = await signUp(one.url);
    for (let round = 0; round < 3; round++) {
      const task = await createTask(person, "new");
      const history = await historyOf([one.url, other.url], person, task);
      expect(findAnomaly({ version: 1, title: "new" }, history)).toBeUndefined();
    }
  });
});

describe("the check", () => {
  const operation = (label: string, call: number, end: number, apply: Apply) => ({ label, call, end, apply });
  const write = (version: number, call: number, end: number) =>
    operation(`write ${version}`, call, end, (state) =>
      state.version + 1 === version ? { version, title: `${version}` } : undefined,
    );
  const read = (version: number, call: number, end: number) =>
    operation(`read ${version}`, call, end, (state) => (state.version === version ? state : undefined));
  const anomalyOf = (...history: Operation<State>[]) => findAnomaly({ version: 1, title: "new" }, history);

  it("accepts operations that overlap in either order", () => {
    expect(anomalyOf(write(3, 0, 9), read(2, 3, 4), write(2, 1, 8), read(1, 2, 5))).toBeUndefined();
  });

  it("finds a stale read, two writes of one version, and a read that goes back", () => {
    expect(anomalyOf(write(2, 0, 1), read(1, 2, 3))).toContain("but then not:\n  read 1");
    expect(anomalyOf(write(2, 0, 5), write(2, 1, 4))).toBeDefined();
    expect(anomalyOf(write(2, 0, 9), read(2, 1, 2), read(1, 3, 4))).toBeDefined();
  });
});
