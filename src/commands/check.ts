import { parseArgs } from "node:util";
import type { Environment } from "../config.ts";
import { AppError, CommandError } from "../errors.ts";
import { withServices } from "./services.ts";
import { type Server, serverOf } from "./url-option.ts";
import { usage } from "./usage.ts";

const TIMEOUT_MS = 30_000;
const SYNTAX = "check [--url URL] [--account NAME] [--remove]";

interface Task {
  readonly id: string;
}

interface Account {
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

/**
 * `taskflow check [--url URL] [--account NAME] [--remove]`: checks what users rely on, through whatever proxy is in
 * front, as a new account. The account is deleted afterwards from the database that is configured here. With `--url`
 * that may be another server's database, so it takes `--remove`.
 * @throws CommandError that names the first check that failed
 */
export async function checkCommand(words: string[], environment: Environment): Promise<void> {
  const { account: username, remove, url } = optionsOf(words);
  const server = serverOf("check", url === undefined ? [] : ["--url", url], environment);
  const account = { username, email: `${username}@example.org`, password: crypto.randomUUID() };
  let registers = false;
  try {
    await checkServer(server, account, () => {
      registers = true;
    });
  } finally {
    if (registers && (remove || url === undefined)) await removeAccount(username, environment);
    else if (registers)
      console.log(`The account ${username} remains. Delete it with: taskflow user delete ${username}`);
  }
  console.log(`${server.url} passed every check.`);
}

/** @throws UsageError */
function optionsOf(words: string[]) {
  const options = { url: { type: "string" }, account: { type: "string" }, remove: { type: "boolean" } } as const;
  try {
    const { url, account, remove = false } = parseArgs({ args: words, options }).values;
    return { url, account: account || `check-${crypto.randomUUID().slice(0, 13)}`, remove };
  } catch {
    throw usage(`usage: taskflow ${SYNTAX}, with a URL such as http://localhost:8000`);
  }
}

/** Deletes the account, if it was created. */
async function removeAccount(username: string, environment: Environment): Promise<void> {
  await withServices(environment, ({ accounts }) => accounts.remove(username)).catch((error: unknown) => {
    if (!(error instanceof AppError && error.code === "notFound")) throw error;
  });
}

/**
 * @param beforeRegistering called before the request that creates the account
 * @throws CommandError
 */
async function checkServer(server: Server, account: Account, beforeRegistering: () => void): Promise<void> {
  const ask = asker(server);
  const passed = (check: string) => console.log(`ok    ${check}`);

  await ask("GET", "/readyz", 200);
  await ask("GET", "/docs/json", 200);
  passed("the server is ready and documents its API");

  const [style] = /\/[^"]+\.css/.exec(await (await ask("GET", "/register", 200)).text()) ?? [];
  if (!style) throw failed("GET /register does not return TaskFlow's page");
  await ask("GET", new URL(style, server.origin), 200).catch(({ message }: CommandError) => {
    throw failed(`${message}. If a proxy serves TaskFlow below a path, set BASE_URL to ${server.url}`);
  });
  passed("a page and its files load");

  const wrong = await ask("POST", "/api/register", 422, { json: { ...account, email: "invalid" } });
  const { errors = [] } = await read<{ errors?: { path: string }[] }>(wrong);
  if (errors[0]?.path !== "/email") throw failed("POST /api/register does not name the invalid field");
  beforeRegistering();
  await ask("POST", "/api/register", 201, { json: account });
  await ask("GET", "/api/tasks", 401);
  const { email: _, ...credentials } = account;
  const { accessToken: token } = await read<{ accessToken: string }>(
    await ask("POST", "/api/login", 200, { json: credentials }),
  );
  passed("registration, sign-in and authentication work");

  const key = { "idempotency-key": crypto.randomUUID() };
  const create = async () =>
    read<Task>(await ask("POST", "/api/tasks", 201, { token, headers: key, json: { title: "Try TaskFlow" } }));
  const task = await create();
  if ((await create()).id !== task.id) throw failed("a repeated request created a second task");
  const { items } = await read<{ items: Task[] }>(await ask("GET", "/api/tasks", 200, { token }));
  if (items?.map(({ id }) => id).join() !== task.id) throw failed("GET /api/tasks does not list the one task");
  await ask("PATCH", `/api/tasks/${task.id}`, 200, { token, json: { completed: true } });
  passed("a task is created once, listed and completed");

  await awaitLiveUpdate(await ask("GET", "/api/events?after=0", 200, { token }), task.id);
  passed("live updates arrive");

  const deleted = await ask("DELETE", `/api/tasks/${task.id}`, 204, { token });
  await ask("GET", `/api/tasks/${task.id}`, 404, { token });
  const change = deleted.headers.get("taskflow-change");
  await ask("POST", `/api/changes/${change}/undo`, 200, { token });
  await ask("DELETE", `/api/tasks/${task.id}`, 204, { token });
  passed("a deleted task is gone, and undo restores it");

  await ask("POST", "/api/logout", 204, { token });
  await ask("GET", "/api/tasks", 401, { token });
  passed("signing out ends the session");
}

const failed = (what: string) => new CommandError(what);

interface Question {
  readonly token?: string;
  readonly json?: object;
  readonly headers?: Record<string, string>;
}

/** Returns what sends requests, with the Origin that a browser sends: a proxy that replaces Host fails as for people. */
function asker({ url, origin, options }: Server) {
  return async (method: string, path: string | URL, status: number, { token, json, headers }: Question = {}) => {
    const response = await fetch(typeof path === "string" ? url + path : path, {
      ...options,
      method,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...headers,
        ...(method !== "GET" && { origin }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...(json && { "content-type": "application/json" }),
      },
      body: json && JSON.stringify(json),
    }).catch(() => undefined);
    if (!response) throw failed(`${method} ${path}: ${url} does not respond`);
    if (response.status !== status)
      throw failed(`${method} ${path} returned ${response.status}, expected ${status}${await reasonOf(response)}`);
    return response;
  };
}

/** Returns what TaskFlow says about a rejected request. */
async function reasonOf(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => undefined)) as { detail?: unknown } | null | undefined;
  return typeof problem?.detail === "string" ? `. ${problem.detail}` : "";
}

/** @throws CommandError when the response is not JSON */
async function read<Body>(response: Response): Promise<Body> {
  return response.json().catch(() => {
    throw failed(`${new URL(response.url).pathname} does not return JSON. Is this TaskFlow?`);
  }) as Promise<Body>;
}

/** Reads a live stream until it names the task. @throws CommandError when it does not, as behind a proxy that buffers */
async function awaitLiveUpdate(response: Response, id: string): Promise<void> {
  try {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes(id)) return;
    }
  } catch {
    // Timed out. The error below says so.
  }
  throw failed("GET /api/events sends nothing. Does a proxy in front of TaskFlow buffer responses?");
}
