import { postgresDialect } from "../dialects.ts";
import { declareSchema } from "../schema/index.ts";

/** The tables as PostgreSQL has them, for drizzle-kit, which reads a module's exports. */
export const { users, sessions, heartbeat, tasks, changes, idempotencyKeys, copyProgress } =
  declareSchema(postgresDialect);
