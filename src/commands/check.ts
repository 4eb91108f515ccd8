import type { Environment } from "../config.ts";
import { CommandError } from "../errors.ts";
import { type Server, serverOf } from "./server.ts";

const PATIENCE_MS = 10_000;

interface Task {
  readonly id: string;
}

/**
 * `taskflow check [--url URL]`: tries on a server what its users rely on, through whatever stands in front of it, as
 * somebody who signs up for it: the short form of test/contract for where only the image is (`helm test`). The account
 * stays behind, with an empty list and signed out.
 * @throws CommandError that names the first promise that is not kept
 */
export async function checkCommand(words: string[], environment: Environment): Promise<void> {
  const server = serverOf("check", words, environment);
  const ask = asker(server);
  const held = (promise: string) => console.log(`ok    ${promise}`);

  await ask("GET", "/readyz", 200);
  await ask("GET", "/docs/json", 200);
  held("it is ready, and documents its API");

  const username = `check-${crypto.randomUUID().slice(0, 13)}`;
  const person = { username, email: `${username}@example.org`, password: crypto.randomUUID() };
  const wrong = await ask("POST", "/api/register", 422, { json: { ...person, email: "nobody" } });
  const { errors = [] } = await read<{ errors?: { path: string }[] }>(wrong);
  if (errors[0]?.path !== "/email") throw broken("POST /api/register does not name the field that is wrong");
  await ask("POST", "/api/register", 201, { json: person });
  await ask("GET", "/api/tasks", 401);
  const { email: _, ...credentials } = person;
  const { accessToken: token } = await read<{ accessToken: string }>(
    await ask("POST", "/api/login", 200, { json: credentials }),
  );
  held("people sign up and in, and nobody else gets in");

  const key = { "idempotency-key": crypto.randomUUID() };
  const create = async () =>
    read<Task>(await ask("POST", "/api/tasks", 201, { token, headers: key, json: { title: "Try TaskFlow" } }));
  const task = await create();
  if ((await create()).id !== task.id) throw broken("a request that was sent twice has made two tasks");
  const { items } = await read<{ items: Task[] }>(await ask("GET", "/api/tasks", 200, { token }));
  if (items?.map(({ id }) => id).join() !== task.id) throw broken("GET /api/tasks does not list the one task");
  await ask("PATCH", `/api/tasks/${task.id}`, 200, { token, json: { completed: true } });
  held("a task is created once, listed and completed");

  await live(await ask("GET", "/api/events?after=0", 200, { token }), task.id);
  held("what happens is told as it happens");

  const deleted = await ask("DELETE", `/api/tasks/${task.id}`, 204, { token });
  await ask("GET", `/api/tasks/${task.id}`, 404, { token });
  const change = deleted.headers.get("taskflow-change");
  await ask("POST", `/api/changes/${change}/undo`, 200, { token });
  await ask("DELETE", `/api/tasks/${task.id}`, 204, { token });
  held("what is deleted is gone, and comes back with undo");

  await ask("POST", "/api/logout", 204, { token });
  await ask("GET", "/api/tasks", 401, { token });
  held("who has signed out is out");
  console.log(`${server.url.origin} keeps its promises; the account ${username} stays behind`);
}

const broken = (what: string) => new CommandError(what);

interface Question {
  readonly token?: string;
  readonly json?: object;
  readonly headers?: Record<string, string>;
}

function asker({ url, options }: Server) {
  return async (method: string, path: string, status: number, { token, json, headers }: Question = {}) => {
    const response = await fetch(new URL(path, url), {
      ...options,
      method,
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: {
        ...headers,
        ...(token && { authorization: `Bearer ${token}` }),
        ...(json && { "content-type": "application/json" }),
      },
      body: json && JSON.stringify(json),
    }).catch(() => undefined);
    if (!response) throw broken(`${method} ${path}: ${url.origin} does not answer`);
    if (response.status !== status) throw broken(`${method} ${path} answers ${response.status} instead of ${status}`);
    return response;
  };
}

/** @throws AppError when it is no JSON */
async function read<Body>(response: Response): Promise<Body> {
  return response.json().catch(() => {
    throw broken(`${new URL(response.url).pathname} does not answer in JSON: is this TaskFlow?`);
  }) as Promise<Body>;
}

/** Reads a live feed until it tells of a task. @throws AppError when that does not come, as behind a proxy that buffers */
async function live(response: Response, id: string): Promise<void> {
  try {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes(id)) return;
    }
  } catch {
    // Timed out: what follows says so.
  }
  throw broken("GET /api/events tells nothing: does a proxy in front of it hold answers back?");
}
