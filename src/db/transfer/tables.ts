import type { Database } from "../database.ts";
import type { Schema } from "../schema/index.ts";

/** The tables that are copied, referenced ones first, with the columns that order their rows. */
export const TABLES = [
  ["users", ["id"]],
  ["sessions", ["id"]],
  ["projects", ["id"]],
  ["members", ["projectId", "accountId"]],
  ["invites", ["id"]],
  ["sections", ["projectId", "id"]],
  ["tasks", ["projectId", "id"]],
  ["taskCounts", ["projectId", "priority"]],
  ["taskLabels", ["projectId", "labelKey", "taskId"]],
  ["labelCounts", ["projectId", "labelKey"]],
  ["completions", ["projectId", "completedAt", "taskId"]],
  ["comments", ["projectId", "id"]],
  ["changes", ["id"]],
  ["idempotencyKeys", ["scope", "key"]],
] as const satisfies [keyof Schema, string[]][];

export type TableName = (typeof TABLES)[number][0];

/** Returns a table, typed as one of them so that the code is the same for all. */
export const tableOf = ({ schema }: Pick<Database, "schema">, name: TableName) => schema[name] as Schema["users"];
