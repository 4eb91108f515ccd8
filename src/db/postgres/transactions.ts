import type { SQL } from "bun";
import { drizzle } from "drizzle-orm/bun-sql";
import { AppError } from "../../errors.ts";
import { carryOn, isObserved, observed } from "../../observe.ts";
import type { Database, Writer } from "../database.ts";
import type { Schema } from "../schema/index.ts";
import { createClient } from "./client.ts";
import { isConflict, isConnectionError, postgresCode, translateError, UNIQUE_VIOLATION } from "./errors.ts";
import type { Pool } from "./pool.ts";

/** How long to retry conflicting units of work before the write fails. */
const RETRY_MS = 10_000;
/** The first half of the key of an advisory lock; the second half is a hash of the project. */
const CHANGE_LOG_LOCK = 0x7a5c;

type Work<Result> = (tx: Writer) => Result | Promise<Result>;

/**
 * Creates `Database.write`. Units of a project hold its lock from the first statement on, so that each sees the results of
 * the ones before it and none runs twice. Other units are serializable, and run again after a conflict.
 * @param onCommit called with the projects whose change logs a unit has locked
 */
export function createWrite(
  pool: Pool,
  schema: Schema,
  onCommit: (projectIds: ReadonlySet<string>) => void,
): Database["write"] {
  /** @param scopes sorted, so that units that share several never wait for each other in a circle */
  function lock(connection: SQL, scopes: readonly string[]) {
    const list = scopes.map((_, index) => `($${index + 2}::text)`).join();
    const query = `select pg_advisory_xact_lock($1, hashtext(scope)) from (values ${list}) as locked(scope)`;
    return observed({ kind: "query", name: "lock projects", statement: query, engine: "postgres" }, () =>
      pool.track(connection.unsafe(query, [CHANGE_LOG_LOCK, ...scopes])),
    );
  }

  /** The newest connection error. Units that wait behind the failed one fail with it, without a timeout of their own. */
  let connectionError: unknown;

  async function attempt<Result>(work: Work<Result>, scopes: readonly string[]) {
    const changed = new Set<string>();
    const carry = carryOn(); // the driver calls back from elsewhere
    let committing = false;
    const commit = Promise.withResolvers<void>();
    let finishRequest = pool.startRequest();
    try {
      const result = await pool.use(() =>
        pool.sql.begin(
          scopes.length === 0 ? "isolation level serializable" : "isolation level read committed",
          (connection) =>
            carry(async () => {
              finishRequest();
              if (scopes.length > 0) await lock(connection, scopes);
              const tx = drizzle({ client: createClient(pool, () => connection), schema }) as unknown as Writer;
              tx.lockChangeLog = async (projectId) => {
                if (scopes.length > 0 && !scopes.includes(projectId)) throw moved();
                if (scopes.length === 0 && !changed.has(projectId)) await lock(connection, [projectId]);
                changed.add(projectId);
              };
              const value = await work(tx);
              committing = true;
              if (isObserved())
                void observed({ kind: "commit", name: "commit", count: 1, engine: "postgres" }, () => commit.promise);
              finishRequest = pool.startRequest();
              return value;
            }),
        ),
      );
      if (changed.size > 0) onCommit(changed);
      return result as Result;
    } catch (error) {
      if (isConnectionError(error)) connectionError = error;
      throw isConflict(error) ? error : translateError(error, committing);
    } finally {
      finishRequest();
      commit.resolve();
    }
  }

  /** Units of one project wait here, so that they don't take all connections. */
  const queues = new Map<string, Promise<unknown>>();

  async function run<Result>(work: Work<Result>, given: readonly string[]): Promise<Result> {
    const scopes = [...new Set(given)].sort();
    if (scopes.length === 0) return retry(() => attempt(work, scopes));
    const previous = Promise.all(scopes.map((scope) => queues.get(scope)));
    const errorBefore = connectionError;
    const unit = previous.then(() => {
      if (connectionError !== errorBefore) throw translateError(connectionError);
      return retry(() => attempt(work, scopes));
    });
    const settled: Promise<unknown> = unit
      .catch(() => {})
      .then(() => {
        for (const scope of scopes) if (queues.get(scope) === settled) queues.delete(scope);
      });
    for (const scope of scopes) queues.set(scope, settled);
    return unit;
  }

  return (work, ...scopes) => observed({ kind: "write", name: "write", engine: "postgres" }, () => run(work, scopes));
}

const moved = () => new AppError("conflict", "The item was just moved to another project. Try again.");

/** Retries after conflicts. A duplicate key may be the unit's own fault, so it is retried only a few times. */
async function retry<Result>(attempt: () => Promise<Result>): Promise<Result> {
  const deadline = performance.now() + RETRY_MS;
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      const mayRetry = attempts < 5 || postgresCode(error) !== UNIQUE_VIOLATION;
      if (!isConflict(error) || performance.now() >= deadline || !mayRetry) throw translateError(error);
      await Bun.sleep(Math.random() * Math.min(4 * 2 ** attempts, 250));
    }
  }
}
