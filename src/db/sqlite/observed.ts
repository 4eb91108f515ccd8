import type { SQLQueryBindings, Database as Sqlite } from "bun:sqlite";
import { isObserved, observed, type Work } from "../../observe.ts";
import { queryName } from "../query-name.ts";

type Bound = SQLQueryBindings[];

/** Observes the queries that Drizzle prepares on a connection. */
export function observedConnection(connection: Sqlite): Sqlite {
  if (!isObserved()) return connection;
  const prepare = (text: string) => {
    const statement = connection.prepare<unknown, Bound>(text);
    const work: Work = { kind: "query", name: queryName(text), statement: text, engine: "sqlite" };
    return {
      all: (...values: Bound) => observed(work, () => statement.all(...values)),
      run: (...values: Bound) => observed(work, () => statement.run(...values)),
      values: (...values: Bound) => observed(work, () => statement.values(...values)),
    };
  };
  return { prepare } as unknown as Sqlite;
}
