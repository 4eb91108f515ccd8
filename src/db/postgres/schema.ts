import { declareSchema } from "../schema/index.ts";
import { postgresDialect } from "./dialect.ts";

/** The tables of PostgreSQL, which drizzle-kit reads as exports of this module. */
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
} = declareSchema(postgresDialect);
