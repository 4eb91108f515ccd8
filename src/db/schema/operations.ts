import type { Dialect } from "../sqlite/dialect.ts";

/** The tables that the program itself needs, whatever its features. */
export function declareOperations({ table, text, integer, instant, json, index, primaryKey }: Dialect) {
  /** One row, rewritten by the readiness check to test that a write reaches the disk. */
  const heartbeat = table("heartbeat", {
    id: integer("id").primaryKey(),
    beatAt: instant("beat_at").notNull(),
  });

  /** First responses to requests with an Idempotency-Key, for repeated requests. */
  const idempotencyKeys = table(
    "idempotency_keys",
    {
      /** Whose key it is. Two accounts may use the same one. */
      scope: text("scope").notNull(),
      key: text("key").notNull(),
      /** A hash of the request. */
      fingerprint: text("fingerprint").notNull(),
      answer: json("answer"),
      createdAt: instant("created_at").notNull(),
    },
    (each) => [
      primaryKey({ columns: [each.scope, each.key] }),
      index("idempotency_keys_by_creation").on(each.createdAt),
    ],
  );

  /** The progress of a copy into this database, one row per table; empty once the copy is complete. */
  const copyProgress = table("copy_progress", {
    table: text("table").primaryKey(),
    lastKey: json("last_key"),
    rows: integer("rows").notNull(),
  });

  /** Attempts that count toward a rate limit, one row for each that is counted. */
  const rateLimits = table(
    "rate_limits",
    {
      /** A hash, as what people type as their username may be their password. */
      key: text("key").primaryKey(),
      attempts: integer("attempts").notNull(),
      lastAt: instant("last_at").notNull(),
      /** When the attempts are forgotten. */
      expiresAt: instant("expires_at").notNull(),
    },
    (limit) => [index("rate_limits_by_expiry").on(limit.expiresAt)],
  );

  return { heartbeat, idempotencyKeys, copyProgress, rateLimits };
}
