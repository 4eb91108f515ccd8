import type { SQL } from "bun";
import { isObserved, observed } from "../../observe.ts";
import { queryName } from "../query-name.ts";
import { translateError } from "./errors.ts";
import type { Pool } from "./pool.ts";

/** Creates the client that Drizzle uses: each query has the pool's time limit, and its errors are translated. */
export function createClient(pool: Pool, connection: () => Pick<SQL, "unsafe">): SQL {
  const unsafe = (text: string, values: unknown[]) => {
    const current = connection();
    const query = current.unsafe(text, values);
    const track = (response: Promise<unknown>) =>
      pool.track(response).catch((error) => {
        throw translateError(error);
      });
    // Within a transaction, the transaction uses the connection.
    const respond = (response: Promise<unknown>) =>
      current === pool.sql ? pool.use(() => track(response)) : track(response);
    const run = (response: Promise<unknown>) =>
      isObserved()
        ? observed({ kind: "query", name: queryName(text), statement: text, engine: "postgres" }, () =>
            respond(response),
          )
        : respond(response);
    return {
      values: () => run(query.values()),
      // biome-ignore lint/suspicious/noThenProperty: Drizzle awaits the query, as it does Bun's own
      then: (resolve: (rows: unknown) => unknown, reject: (error: unknown) => unknown) =>
        run(query).then(resolve, reject),
    };
  };
  return { unsafe } as unknown as SQL;
}
