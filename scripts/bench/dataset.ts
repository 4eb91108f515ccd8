import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "./server.ts";
import { withScopes } from "./sqlite.ts";
import { taskflowCommand } from "./starters.ts";
import type { Row } from "./store.ts";

const TASKS = 1000;

/** Returns some of 60 words: they look random, but are the same in every run. */
export const randomWords = (seed: string | number, count: number) =>
  Array.from({ length: count }, (_, at) => `word${10 + (Bun.hash.crc32(`${seed} ${at}`) % 60)}`).join(" ");

/**
 * Fills a database over TaskFlow's own API, in the folder `seed`.
 * @throws Error when TaskFlow does not start or refuses a request
 */
export async function createDataset(run: string, readers: number) {
  const [seed, secret] = [join(run, "seed"), crypto.randomUUID()];
  mkdirSync(seed);
  const { origin, stop } = await startServer(taskflowCommand(seed, secret), "/healthz");
  const created = [await createAccount(origin, "crowd", 1), await createAccount(origin, "writer", TASKS)];
  for (let index = 0; index < readers; index++) created.push(await createAccount(origin, `reader${index}`, TASKS));
  const writers = await Promise.all(Array.from({ length: 19 }, (_, at) => createAccount(origin, `writer${at}`, 50)));
  const planner = await createPlanner(origin);
  const { headers } = created[1] as Account;
  const html = await request(`${origin}/tasks`, { headers });
  const { items }: { items: Row[] } = JSON.parse(await request(`${origin}/api/tasks?limit=200`, { headers }));
  await stop();
  const [crowd, writer, ...others] = withScopes(seed, created) as [Account, Account, Account];
  return {
    ...{ secret, crowd, writer, planner, readers: others, writers: [writer, ...withScopes(seed, writers)] },
    /** A task in TaskFlow's JSON. Fields and columns come from TaskFlow, so that new ones need no change here. */
    example: items.find((item) => item.completed) ?? {},
    page: cutPage(html, items),
  };
}

export type Dataset = Awaited<ReturnType<typeof createDataset>>;

/** Creates an account with 20 projects of 500 dated, labelled and assigned tasks. A tenth of them are due by today. */
async function createPlanner(origin: string) {
  const account = await createAccount(origin, "planner", 0);
  const { id: assigneeId } = JSON.parse(await request(`${origin}/api/me`, { headers: account.headers }));
  const projects: string[] = [];
  for (let at = 0; at < 20; at++)
    projects.push((await post(origin, "/api/projects", { name: `Project ${at}` }, account.headers)).id);
  const tasks = projects.flatMap((projectId) =>
    Array.from({ length: 500 }, (_, at) => {
      const [labels, days] = [randomWords(at, 2).split(" "), (at % 100) - 9];
      const dueDate = Temporal.Now.plainDateISO("UTC").add({ days });
      return { title: randomWords(at, 4), projectId, labels, dueDate, assigneeId };
    }),
  );
  await Promise.all(tasks.map((task) => post(origin, "/api/tasks", task, account.headers)));
  return { ...account, projects };
}

async function post(origin: string, path: string, body: unknown, authorization = {}) {
  const headers = { "content-type": "application/json", ...authorization };
  return JSON.parse(await request(`${origin}${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** Creates an account with tasks, every second of them completed. */
async function createAccount(origin: string, username: string, tasks: number) {
  const password = crypto.randomUUID();
  await post(origin, "/api/register", { username, email: `${username}@example.org`, password });
  const token: string = (await post(origin, "/api/login", { username, password })).accessToken;
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  const createTask = async (_: unknown, index: number) => {
    const [title, description] = [randomWords(`${username} ${index}`, 4), randomWords(`${index} ${username}`, 10)];
    return post(origin, "/api/tasks", { title: `${title} ${index}`, description, completed: index % 2 === 1 }, headers);
  };
  const created: { id: string; completed: boolean }[] = await Promise.all(Array.from({ length: tasks }, createTask));
  const openIds = created.filter(({ completed }) => !completed).map(({ id }) => id);
  return { token, headers, openIds, /** Of its tasks: the value of their first key column. */ scope: "" };
}

export type Account = Awaited<ReturnType<typeof createAccount>>;

async function request(url: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`TaskFlow responded to ${url} with ${response.status}: ${await response.text()}`);
  return response.text();
}

/** Cuts TaskFlow's list page: each row is `literals[0] + row[names[0]] + literals[1] + …`. */
function cutPage(html: string, items: readonly Row[]) {
  const rows = html.match(/<li\b[^>]* id="task-.*?<\/li>/gs) ?? [];
  const [first = "", last = ""] = [rows[0], rows.at(-1)];
  const item = items.find(({ id }) => first.includes(`id="task-${id}"`));
  if (!item) throw new Error("The list page shows no task. Adapt cutPage in scripts/bench/dataset.ts.");
  const values = new Map(["id", "title", "description"].map((name) => [`${item[name]}`, name]));
  const parts = first.split(new RegExp(`(${[...values.keys()].join("|")})`));
  return {
    head: html.slice(0, html.indexOf(first)),
    literals: parts.filter((part) => !values.has(part)),
    names: parts.flatMap((part) => values.get(part) ?? []),
    tail: html.slice(html.lastIndexOf(last) + last.length),
  };
}
