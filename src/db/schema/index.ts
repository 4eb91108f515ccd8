import { type Dialect, sqliteDialect } from "../sqlite/dialect.ts";
import { declareAccounts } from "./accounts.ts";
import { declareChanges } from "./changes.ts";
import { declareOperations } from "./operations.ts";
import { declareProjects } from "./projects.ts";
import { declareTasks } from "./tasks.ts";

/** Declares every table, with the column builders of one engine. */
export function declareSchema(dialect: Dialect) {
  const accounts = declareAccounts(dialect);
  const projects = declareProjects(dialect, accounts.users);
  return {
    ...accounts,
    ...projects,
    ...declareTasks(dialect, projects.projects),
    ...declareChanges(dialect, projects.projects),
    ...declareOperations(dialect),
  };
}

/** The tables of SQLite, which drizzle-kit reads as exports of this module. */
export const {
  users,
  sessions,
  projects,
  members,
  invites,
  sections,
  heartbeat,
  tasks,
  taskCounts,
  taskLabels,
  labelCounts,
  completions,
  comments,
  changes,
  idempotencyKeys,
  copyProgress,
  rateLimits,
} = declareSchema(sqliteDialect);

export type Schema = ReturnType<typeof declareSchema>;
