import { and, eq, lt } from "drizzle-orm";
import { AppError } from "../errors.ts";
import type { Database, Writer } from "./database.ts";
import { deleteInBatches } from "./delete-in-batches.ts";

/** How long a result is kept for repeated requests. */
const RETENTION_MS = 24 * 60 * 60 * 1000;

/** A request that may be repeated: whose key it uses, the key, and a hash of the request. */
export interface Repeatable {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
}

/** Returns the error for a key that was already used with a different request. */
export function keyReused(): AppError {
  const message = "This Idempotency-Key was already used with a different request. Use a new key for each request.";
  return new AppError("invalid", message, [{ path: "", rule: "idempotencyKey", message }]);
}

export type Idempotency = ReturnType<typeof createIdempotency>;

/**
 * Keeps the result of a request in the same transaction as its changes, so that a repeated request does nothing twice.
 * Follows the IETF draft "The Idempotency-Key HTTP Header Field" (07).
 */
export function createIdempotency(db: Database) {
  const { idempotencyKeys: keys } = db.schema;

  return {
    /**
     * Runs work at most once for a key.
     * @param work its result must survive JSON
     * @returns the result of the work, now or the first time
     * @throws AppError `invalid` if the key was already used with a different request
     */
    async once<Result>(tx: Writer, repeat: Repeatable | undefined, work: () => Promise<Result>): Promise<Result> {
      if (!repeat) return work();
      const { scope, key, fingerprint } = repeat;
      const createdAt = new Date();
      const [kept] = await tx
        .select()
        .from(keys)
        .where(and(eq(keys.scope, scope), eq(keys.key, key)));
      if (kept && kept.createdAt.getTime() > createdAt.getTime() - RETENTION_MS) {
        if (kept.fingerprint === fingerprint) return kept.answer as Result;
        throw keyReused();
      }
      const answer = await work();
      await tx
        .insert(keys)
        .values({ ...repeat, answer, createdAt })
        .onConflictDoUpdate({ target: [keys.scope, keys.key], set: { fingerprint, answer, createdAt } });
      return answer;
    },

    /** Deletes results that are older than a day. */
    async deleteExpired(): Promise<void> {
      const old = lt(keys.createdAt, new Date(Date.now() - RETENTION_MS));
      await deleteInBatches(db, keys, [keys.scope, keys.key], old);
    },
  };
}
