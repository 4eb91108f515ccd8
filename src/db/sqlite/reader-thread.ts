import { type SQLQueryBindings, Database as Sqlite } from "bun:sqlite";
import { setPriority } from "node:os";

/** Runs the queries of one connection that only reads, on a thread of its own. */
declare const self: Worker;

export type Message = { open: string } | { sql: string; values: SQLQueryBindings[] } | "close";
export type Reply = { rows: unknown[][] } | { error: unknown } | "closed";

/** Below the thread that handles requests, for machines with one core. */
const PRIORITY = 5;

let connection: Sqlite | undefined;

self.onmessage = ({ data }: MessageEvent<Message>) => {
  try {
    self.postMessage(handle(data));
  } catch (error) {
    self.postMessage({ error } satisfies Reply);
  }
};

function handle(message: Message): Reply {
  if (message === "close") {
    connection?.close();
    return "closed";
  }
  if ("open" in message) {
    if (process.platform === "linux") setPriority(0, PRIORITY); // elsewhere it would apply to the whole process
    connection = new Sqlite(message.open, { readwrite: true, create: false });
    connection.run("PRAGMA busy_timeout = 10000");
    connection.run("PRAGMA query_only = ON");
    connection.run("PRAGMA cache_size = -16384"); // KiB
    return { rows: [] };
  }
  return { rows: connection?.query(message.sql).values(...message.values) ?? [] };
}
