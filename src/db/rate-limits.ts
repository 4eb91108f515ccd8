import { eq, inArray, lt, sql } from "drizzle-orm";
import { AppError } from "../errors.ts";
import { countEvent } from "../observe.ts";
import type { Database, Writer } from "./database.ts";
import { deleteInBatches } from "./delete-in-batches.ts";

/** How many attempts something allows, and how long the next one has to wait. */
export interface Limit {
  /** What is limited, and for whom. */
  readonly key: readonly string[];
  /** Attempts without a delay. */
  readonly free: number;
  /** The delay after the last free attempt. It doubles with each further attempt. */
  readonly delayMs: number;
  readonly maxDelayMs: number;
  /** How long after the first attempt all are forgotten. */
  readonly windowMs: number;
}

export type RateLimits = ReturnType<typeof createRateLimits>;

/** Counts attempts in the database, so that all processes and replicas share the counts. */
export function createRateLimits(db: Database) {
  const { rateLimits } = db.schema;
  type Row = typeof rateLimits.$inferSelect;

  return {
    /**
     * Counts an attempt, before it is made: attempts at the same time count, too. Rejected attempts don't count.
     * @param group attempts of one group are counted one after the other
     * @param message what happens too often, such as "Too many sign-ups."
     * @throws AppError `tooManyRequests` while any of the limits requires to wait
     */
    async take(group: string, limits: readonly Limit[], message: string): Promise<void> {
      await db.write(async (tx) => {
        const now = Date.now();
        const keys = limits.map(({ key }) => hashOf(key));
        const rows = await tx.select().from(rateLimits).where(inArray(rateLimits.key, keys));
        const known = keys.map((key) => rows.find((row) => row.key === key && row.expiresAt.getTime() > now));
        const waitMs = Math.max(...limits.map((limit, index) => waitOf(limit, known[index], now)));
        if (waitMs > 0) {
          const retryAfter = Math.ceil(waitMs / 1000);
          countEvent("limited", limits[0]?.key[0] ?? "");
          throw new AppError("tooManyRequests", `${message} Try again in ${inWords(retryAfter)}.`, [], { retryAfter });
        }
        for (const [index, { windowMs }] of limits.entries()) {
          const times = { lastAt: new Date(now), expiresAt: known[index]?.expiresAt ?? new Date(now + windowMs) };
          // Added to what is stored by then: an attempt that is taken back at the same time waits for no group.
          const attempts = known[index] ? sql`${rateLimits.attempts} + 1` : 1;
          await tx
            .insert(rateLimits)
            .values({ key: keys[index] ?? "", attempts: 1, ...times })
            .onConflictDoUpdate({ target: rateLimits.key, set: { attempts, ...times } });
        }
      }, group);
    },

    /** Forgets all attempts. */
    async reset(tx: Writer, { key }: Limit): Promise<void> {
      await tx.delete(rateLimits).where(eq(rateLimits.key, hashOf(key)));
    },

    /** Takes back one attempt. */
    async giveBack(tx: Writer, { key }: Limit): Promise<void> {
      await tx
        .update(rateLimits)
        .set({ attempts: sql`${rateLimits.attempts} - 1` })
        .where(eq(rateLimits.key, hashOf(key)));
    },

    /** Deletes forgotten attempts. */
    async deleteExpired(): Promise<void> {
      await deleteInBatches(db, rateLimits, [rateLimits.key], lt(rateLimits.expiresAt, new Date()));
    },
  };

  /** Returns how long the next attempt has to wait, never longer than the delay even if the clock was set back. */
  function waitOf({ free, delayMs, maxDelayMs }: Limit, row: Row | undefined, now: number): number {
    if (!row || row.attempts < free) return 0;
    const delay = Math.min(delayMs * 2 ** (row.attempts - free), maxDelayMs);
    return Math.min(row.lastAt.getTime() + delay - now, row.expiresAt.getTime() - now, delay);
  }
}

const hashOf = (key: readonly string[]) => Bun.SHA256.hash(JSON.stringify(key), "base64");

/** Returns a time in words: seconds up to two minutes, then minutes. */
function inWords(seconds: number): string {
  const [count, unit] = seconds < 120 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
