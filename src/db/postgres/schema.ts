import { postgresDialect } from "../dialects.ts";
import { declareSchema } from "../schema/index.ts";

/** The tables of PostgreSQL, which drizzle-kit reads as exports of this module. */
export const { users, sessions, heartbeat, tasks, changes, idempotencyKeys, copyProgress } =
  declareSchema(postgresDialect);
