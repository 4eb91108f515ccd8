import { type Dialect, sqliteDialect } from "../dialects.ts";
import { declareAccounts } from "./accounts.ts";
import { declareChanges } from "./changes.ts";
import { declareOperations } from "./operations.ts";
import { declareTasks } from "./tasks.ts";

/** Declares every table, with the column builders of one engine. */
export function declareSchema(dialect: Dialect) {
  const accounts = declareAccounts(dialect);
  return {
    ...accounts,
    ...declareTasks(dialect, accounts.users),
    ...declareChanges(dialect, accounts.users),
    ...declareOperations(dialect),
  };
}

/** The tables of SQLite, which drizzle-kit reads as exports of this module. */
export const { users, sessions, heartbeat, tasks, changes, idempotencyKeys, copyProgress } =
  declareSchema(sqliteDialect);

export type Schema = ReturnType<typeof declareSchema>;
