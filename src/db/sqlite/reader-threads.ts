import type { SQLQueryBindings } from "bun:sqlite";
import { drizzle } from "drizzle-orm/sqlite-proxy";
import { isObserved, observed } from "../../observe.ts";
import type { Reader } from "../database.ts";
import { queryName } from "../query-name.ts";
import * as schema from "../schema/index.ts";
// As text, so that a compiled program contains it.
// @ts-expect-error TypeScript ignores the type of an import.
import source from "./reader-thread.ts" with { type: "text" };
import type { Message, Reply } from "./reader-thread.ts";

interface ReaderThread {
  readonly reader: Reader;
  close(): Promise<void>;
}

/** Returns a reader whose queries run on a thread of its own, so that they don't block the event loop. */
export function createReaderThread(file: string): ReaderThread {
  let worker: Worker | undefined;
  const replies: PromiseWithResolvers<Reply>[] = [];

  function start(): Worker {
    const url = URL.createObjectURL(new Blob([source], { type: "application/typescript" }));
    const started = new Worker(url, { ref: false }); // does not keep the process alive
    started.onmessage = ({ data }: MessageEvent<Reply>) => replies.shift()?.resolve(data);
    started.onerror = ({ message }) => {
      worker = undefined; // the next query starts another one
      for (const reply of replies.splice(0)) reply.reject(new Error(message));
    };
    return started;
  }

  /** A worker replies in order. */
  function post(to: Worker, message: Message): Promise<Reply> {
    const reply = Promise.withResolvers<Reply>();
    replies.push(reply);
    to.postMessage(message);
    return reply.promise;
  }

  async function query(sql: string, values: SQLQueryBindings[]): Promise<{ rows: unknown[][] }> {
    if (!worker) {
      worker = start();
      post(worker, { open: file }).catch(() => {}); // the query fails as well
    }
    const reply = await post(worker, { sql, values });
    if (reply === "closed") throw new Error("the database is closed");
    if ("error" in reply) throw reply.error;
    return reply;
  }

  const observedQuery = (statement: string, values: SQLQueryBindings[]) =>
    observed({ kind: "query", name: queryName(statement), statement, engine: "sqlite" }, () =>
      query(statement, values),
    );

  return {
    reader: drizzle(isObserved() ? observedQuery : query, { schema }) as unknown as Reader,
    async close() {
      if (!worker) return;
      await post(worker, "close").catch(() => {});
      worker?.terminate();
      worker = undefined;
    },
  };
}
