import { expect } from "bun:test";
import { type Client, send } from "./client.ts";

/** A task as the API returns it. */
export interface Task {
  id: string;
  projectId: string;
  sectionId: string | null;
  parentId: string | null;
  title: string;
  description: string;
  priority: string;
  labels: string[];
  completed: boolean;
  dueDate: string | null;
  dueTime: string | null;
  timeZone: string | null;
  startDate: string | null;
  repeat: string | null;
  repeatFrom: string;
  assigneeId: string | null;
  commentCount: number;
  lastCompletedAt: string | null;
  completedAt: string | null;
  createdAt: string;
  updatedAt: string;
}

/** A change as the API returns it. */
export interface Change {
  id: number;
  projectId: string;
  at: string;
  actorId: string | null;
  through: string;
  entity: string;
  entityId: string;
  verb: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  actionId: number;
  undoes: number | null;
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** Sends requests for an account, with a token or a cookie. */
export type Sender = Pick<Client, "send">;

/** Creates a task. */
export async function createTask(client: Sender, input: string | object): Promise<Task> {
  const response = await client.send("/api/tasks", { json: typeof input === "string" ? { title: input } : input });
  expect(response.status).toBe(201);
  return (await response.json()) as Task;
}

/** Creates tasks sequentially. @returns them in this order */
export async function createTasks(client: Sender, count: number): Promise<Task[]> {
  const tasks: Task[] = [];
  for (let number = 1; number <= count; number++) tasks.push(await createTask(client, `Task ${number}`));
  return tasks;
}

/** Updates some fields of a task. */
export const patchTask = (client: Sender, { id }: { id: string }, json: object) =>
  client.send(`/api/tasks/${id}`, { method: "PATCH", json });

export const deleteTask = (client: Sender, { id }: { id: string }) =>
  client.send(`/api/tasks/${id}`, { method: "DELETE" });

export const restoreTask = (client: Sender, { id }: { id: string }) =>
  client.send(`/api/trash/${id}/restore`, { method: "POST" });

export const bulk = (client: Sender, tasks: readonly { id: string }[], action: string, more: object = {}) =>
  client.send("/api/tasks/bulk", { json: { ids: tasks.map(({ id }) => id), action, ...more } });

/** Moves tasks to a place, in this order. */
export const moveTasks = (client: Sender, tasks: readonly { id: string }[], to: object) =>
  bulk(client, tasks, "move", to);

/** Returns the open tasks of a project in manual order, a title a line, indented below their parents. */
export async function outlineOf(client: Sender, project: { id: string }, limit = 200): Promise<string[]> {
  const lines: string[] = [];
  const levels = new Map<string | null, number>([[null, 0]]);
  for (let cursor: string | null = ""; cursor !== null; ) {
    const query = `project=${project.id}&status=open&limit=${limit}${cursor && `&cursor=${cursor}`}`;
    const response = await client.send(`/api/tasks?${query}`);
    expect(response.status, await response.clone().text()).toBe(200);
    const page = (await response.json()) as Page<Task>;
    for (const { id, parentId, title } of page.items) {
      const level = levels.get(parentId);
      // A subtask comes after its parent, before anything that is not below it.
      expect(level, title).toBeDefined();
      for (const [key, own] of levels) if (own > (level ?? 0)) levels.delete(key);
      levels.set(id, (level ?? 0) + 1);
      lines.push(`${"  ".repeat(level ?? 0)}${title}`);
    }
    cursor = page.nextCursor;
  }
  return lines;
}

export const undo = (client: Sender, change: number | string) =>
  client.send(`/api/changes/${change}/undo`, { method: "POST" });

/** Returns the number of the change in a response, or undefined if it has none. */
export function changeOf(response: Response): number | undefined {
  const header = response.headers.get("taskflow-change");
  return header === null ? undefined : Number(header);
}

/** Expects a response to be a success. @returns the number of its change */
export async function changing(response: Response | Promise<Response>): Promise<number> {
  const answer = await response;
  expect(answer.status, await answer.clone().text()).toBeLessThan(300);
  return changeOf(answer) ?? Number.NaN;
}

/** Returns the changes of an account, newest first. */
export async function changesOf(client: Sender, query = ""): Promise<Change[]> {
  const response = await client.send(`/api/changes${query}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as Page<Change>).items;
}

/** Returns a task, or undefined if it does not exist. */
export async function readTask(client: Sender, { id }: { id: string }): Promise<Task | undefined> {
  const response = await client.send(`/api/tasks/${id}`);
  return response.ok ? ((await response.json()) as Task) : undefined;
}

/** Returns the trash of an account, last deleted first. */
export async function trashOf(client: Sender, query = ""): Promise<Page<Task & { deletedAt: string }>> {
  const response = await client.send(`/api/trash${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Page<Task & { deletedAt: string }>;
}

/** Signs in with the form, as a browser does. @returns a sender with the cookie instead of the token */
export async function inBrowser(url: string, { username, password }: Client): Promise<Sender & { cookie: string }> {
  const response = await send(url, "/login", { method: "POST", body: new URLSearchParams({ username, password }) });
  expect(response.status).toBe(303);
  const cookie = (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  return {
    cookie,
    send: (path, options = {}) =>
      send(url, path, { ...options, headers: { cookie, ...(options.headers as Record<string, string>) } }),
  };
}
