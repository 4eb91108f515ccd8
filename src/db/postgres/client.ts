import type { SQL } from "bun";
import { translateError } from "./errors.ts";
import type { Pool } from "./pool.ts";

/** Creates the client that Drizzle uses: each query has the pool's time limit, and its errors are translated. */
export function createClient(pool: Pool, connection: () => Pick<SQL, "unsafe">): SQL {
  const unsafe = (text: string, values: unknown[]) => {
    const query = connection().unsafe(text, values);
    const run = (response: Promise<unknown>) =>
      pool.track(response).catch((error) => {
        throw translateError(error);
      });
    return {
      values: () => run(query.values()),
      // biome-ignore lint/suspicious/noThenProperty: Drizzle awaits the query, as it does Bun's own
      then: (resolve: (rows: unknown) => unknown, reject: (error: unknown) => unknown) =>
        run(query).then(resolve, reject),
    };
  };
  return { unsafe } as unknown as SQL;
}
