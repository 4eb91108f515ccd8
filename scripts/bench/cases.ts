import type { Account, Dataset, Table } from "./dataset.ts";
import { PASSWORD } from "./dataset.ts";
import { randomNumbers, WORDS } from "./task-rows.ts";

/** A kind of request, asked over and over. */
export interface Case {
  readonly name: string;
  readonly says: string;
  /** Part of `--quick`. */
  readonly core: boolean;
  readonly connections: number;
  readonly table: Table;
  readonly status: number;
  /** Times the usual time, for what is slow. */
  readonly longer?: number;
  /**
   * @param ask sends a request to the very server that will be measured
   * @returns whole requests, or why there is nothing to measure
   */
  requests(dataset: Dataset, asset: string, ask: Ask): Promise<string[] | { skipped: string }> | string[];
}

export type Ask = (path: string, headers: Record<string, string>) => Promise<Response>;

const CROWD = 16;
const usual = { core: true, connections: CROWD, table: "base", status: 200 } as const;

export const CASES: readonly Case[] = [
  {
    ...usual,
    name: "list",
    says: "a list of 50, never the same twice",
    requests: ({ readers }) => lists(readers),
  },
  {
    ...usual,
    name: "list-again",
    says: "the same list again, nothing changed",
    requests: ({ readers: [reader] }) => [get("/api/tasks", reader)],
  },
  {
    ...usual,
    name: "list-304",
    says: "the same list again, asked with its ETag",
    core: false,
    status: 304,
    async requests({ readers: [reader] }, _, ask) {
      const etag = (await ask("/api/tasks", authorization(reader))).headers.get("etag");
      return etag ? [get("/api/tasks", reader, `If-None-Match: ${etag}\r\n`)] : { skipped: "no ETag" };
    },
  },
  {
    ...usual,
    name: "one",
    says: "one task",
    requests: ({ readers }) =>
      shuffled(readers.flatMap((reader) => reader.ids.map((id) => get(`/api/tasks/${id}`, reader)))),
  },
  {
    ...usual,
    name: "search",
    says: "a search for two words",
    core: false,
    requests: ({ readers }) =>
      shuffled(
        readers.flatMap((reader) =>
          WORDS.flatMap((one, at) =>
            WORDS.slice(at + 1, at + 12).map((two) => get(`/api/tasks?q=${one}+${two}`, reader)),
          ),
        ),
      ),
  },
  {
    ...usual,
    name: "create",
    says: "create, one client, on disk when answered",
    connections: 1,
    status: 201,
    requests: creations,
  },
  {
    ...usual,
    name: "create-64",
    says: "create, 64 clients at once",
    connections: 64,
    status: 201,
    requests: creations,
  },
  {
    ...usual,
    name: "toggle",
    says: "complete and reopen, one client",
    core: false,
    connections: 1,
    requests: ({ writer }) =>
      // All of them are open at first, so that no request asks for what is so already.
      [true, false].flatMap((completed) =>
        writer.ids.map((id) => send("PATCH", `/api/tasks/${id}`, { completed }, writer)),
      ),
  },
  {
    ...usual,
    name: "page",
    says: "the list as a page",
    requests: ({ readers }) =>
      readers.map((reader) => request("GET", "/tasks", `Cookie: taskflow=${reader.token}\r\n`)),
  },
  {
    ...usual,
    name: "file",
    says: "a style sheet",
    core: false,
    requests: (_, asset) => [request("GET", asset)],
  },
  {
    ...usual,
    name: "sign-in",
    says: "sign in, bcrypt with a cost of 12",
    core: false,
    connections: 4,
    longer: 1.5,
    requests: ({ readers }) =>
      readers.map(({ username }) => send("POST", "/api/login", { username, password: PASSWORD })),
  },
  {
    ...usual,
    name: "list-1k",
    says: "list, 1,000 tasks in the table",
    core: false,
    table: "small",
    requests: ({ readers: [reader] }) => lists([reader]),
  },
  {
    ...usual,
    name: "list-1m",
    says: "list, 1,000,000 tasks in the table",
    core: false,
    table: "large",
    requests: ({ readers: [reader] }) => lists([reader]),
  },
];

/** Many accounts, sortings and lengths (50 in the mean), in an order that leaves no cache a chance. */
function lists(readers: readonly Account[]): string[] {
  const limits = Array.from({ length: 41 }, (_, more) => 30 + more);
  return shuffled(
    readers.flatMap((reader) =>
      ["createdAt", "updatedAt", "title", "priority"].flatMap((sort) =>
        ["asc", "desc"].flatMap((order) =>
          ["open", "completed", "all"].flatMap((status) =>
            limits.map((limit) =>
              get(`/api/tasks?sort=${sort}&order=${order}&status=${status}&limit=${limit}`, reader),
            ),
          ),
        ),
      ),
    ),
  );
}

function creations({ writer }: Dataset): string[] {
  return WORDS.map((word, at) =>
    send("POST", "/api/tasks", { title: `Write the ${word} number ${at}`, description: `About the ${word}.` }, writer),
  );
}

export const authorization = ({ token }: Account) => ({ authorization: `Bearer ${token}` });

export function get(path: string, account: Account, headers = ""): string {
  return request("GET", path, `Authorization: Bearer ${account.token}\r\n${headers}`);
}

export function send(method: string, path: string, body: unknown, account?: Account): string {
  const text = JSON.stringify(body);
  const who = account ? `Authorization: Bearer ${account.token}\r\n` : "";
  return `${request(method, path, `${who}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`)}${text}`;
}

function request(method: string, path: string, headers = ""): string {
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n${headers}\r\n`;
}

function shuffled<Item>(items: Item[]): Item[] {
  const random = randomNumbers(11);
  return items
    .map((item) => [random(), item] as const)
    .sort(([one], [other]) => one - other)
    .map(([, item]) => item);
}
