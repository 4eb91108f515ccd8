import { SQL } from "bun";
import { drizzle } from "drizzle-orm/bun-sql";
import { beat, type ChangeListener, type Database, type Reader, type Writer } from "../database.ts";
import { postgresDialect } from "../dialects.ts";
import { declareSchema } from "../schema/index.ts";
import { codeOf, failureOf, guarded, isLost, postgresFailure } from "./errors.ts";
import { listenTo } from "./listen.ts";
import { migratePostgres } from "./migrate.ts";
import { openPool, type Pool } from "./pool.ts";

/** Connections of one process. PostgreSQL allows a hundred unless told otherwise, and replicas share them. */
const CONNECTIONS = 10;
/** How long units that get in each other's way are run again before their caller is told to try later. */
const RETRY_MS = 10_000;
/** How long a server may work on one statement: a little less than it is waited for (see `postgres-pool.ts`). */
const STATEMENT_MS = 5000;
/** How our connections call themselves, so that a restore can tell whether anybody still serves. */
export const APPLICATION = "taskflow";
const CHANNEL = "taskflow_changes";
/** The first half of the advisory locks that are ours; the second names the account. */
const FEED_LOCK = 0x7a5c;

export interface PostgresDatabase extends Database {
  /** Reads everything as it is at one moment, whatever is written meanwhile. */
  atOneMoment<Result>(work: (moment: Database) => Promise<Result>): Promise<Result>;
}

/**
 * Opens a PostgreSQL, the schema brought up to date.
 * @param url where queries go: the server, or a pooler in front of it, in transaction mode too
 * @param directUrl where LISTEN goes, as that needs a connection that stays: the server itself
 * @param application how its connections call themselves
 * @param patient for work whose statements take long, such as a copy: a server that does not answer is waited for
 * @throws CommandError with what to do when it can't be used
 */
export async function openPostgres(
  url: string,
  directUrl = url,
  { application = APPLICATION, patient = false } = {},
): Promise<PostgresDatabase> {
  const isDirect = directUrl === url;
  const pool = openPool(
    () =>
      new SQL({
        url,
        adapter: "postgres",
        max: CONNECTIONS,
        connectionTimeout: 5,
        connection: {
          application_name: application,
          // A pooler may know no such parameter. What is asked for longer than this has been given up here.
          ...(isDirect && !patient && { statement_timeout: STATEMENT_MS }),
        },
        // Behind a pooler the next transaction may be on another connection, which knows no statement prepared before.
        prepare: isDirect,
      }),
    patient,
  );
  const openListening = () =>
    new SQL({
      url: directUrl,
      adapter: "postgres",
      max: 1,
      connectionTimeout: 5,
      connection: { idle_session_timeout: 0, application_name: application },
    });
  try {
    await migratePostgres(pool.sql);
    return await databaseOver(pool, openListening);
  } catch (error) {
    await pool.close(0);
    throw postgresFailure(url, error);
  }
}

async function databaseOver(pool: Pool, openListening: () => SQL): Promise<PostgresDatabase> {
  const schema = declareSchema(postgresDialect);
  const listeners = new Set<ChangeListener>();
  const tell: ChangeListener = (accountIds) => {
    for (const listener of listeners) listener(accountIds);
  };
  const listening = await listenTo(
    CHANNEL,
    openListening,
    (channel) => pool.awaited(pool.sql.notify(channel)),
    // Nothing is told while the connection is away: whoever watches has to look.
    (accountIds) => tell(accountIds === undefined ? undefined : new Set(accountIds.split(","))),
  );

  /** Other processes are told after the commit, several accounts at once: a NOTIFY inside makes commits wait for each other. */
  let untold = new Set<string>();
  let telling: Promise<unknown> | undefined;
  function tellOthers(accountIds: ReadonlySet<string>) {
    for (const accountId of accountIds) untold.add(accountId);
    telling ??= (async () => {
      while (untold.size > 0) {
        const some = [...untold].slice(0, 200); // a payload holds 8,000 bytes
        untold = new Set([...untold].slice(200));
        // What gets lost is found when the listeners look by themselves, as they do from time to time.
        await pool.sql.notify(CHANNEL, some.join()).catch(() => {});
      }
      telling = undefined;
    })();
  }

  const lock = (connection: SQL, accountId: string) =>
    pool.awaited(connection.unsafe("select pg_advisory_xact_lock($1, hashtext($2))", [FEED_LOCK, accountId]));

  /**
   * Units of one account hold its lock from the first statement on, so that each sees what the ones before it did and
   * none has to run twice. Others are serializable, and do run again when another came between.
   */
  async function attempt<Result>(work: (tx: Writer) => Result | Promise<Result>, accountId: string | undefined) {
    const announced = new Set<string>();
    let finished = false;
    let answered = pool.ask();
    try {
      const result = await pool.sql.begin(
        accountId === undefined ? "isolation level serializable" : "isolation level read committed",
        async (connection) => {
          answered();
          if (accountId !== undefined) await lock(connection, accountId);
          const queries = drizzle({ client: guarded(() => connection, pool.ask), schema }) as unknown as Writer;
          queries.announce = async (changed) => {
            announced.add(changed);
            if (changed !== accountId) await lock(connection, changed);
          };
          const value = await work(queries);
          finished = true;
          answered = pool.ask();
          return value;
        },
      );
      if (announced.size > 0) {
        tell(announced);
        tellOthers(announced);
      }
      return result as Result;
    } catch (error) {
      if (isLost(error)) lost = error;
      throw isCollision(error) ? error : failureOf(error, finished);
    } finally {
      answered();
    }
  }

  /** How the newest unit failed that found no server: who waits behind it need not find out the same, one by one. */
  let lost: unknown;

  /** Units of one account wait here, not on a connection each, which others need. */
  const inTurn = new Map<string, Promise<unknown>>();
  async function write<Result>(work: (tx: Writer) => Result | Promise<Result>, accountId?: string): Promise<Result> {
    if (accountId === undefined) return retried(() => attempt(work, accountId));
    const before = inTurn.get(accountId) ?? Promise.resolve();
    const known = lost;
    const unit = before.then(() => {
      if (lost !== known) throw failureOf(lost);
      return retried(() => attempt(work, accountId));
    });
    const settled: Promise<unknown> = unit
      .catch(() => {})
      .then(() => inTurn.get(accountId) === settled && inTurn.delete(accountId));
    inTurn.set(accountId, settled);
    return unit;
  }

  const database: Database = {
    engine: "postgres",
    schema,
    read: drizzle({ client: guarded(() => pool.sql, pool.ask), schema }) as unknown as Reader,
    write,
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stamp: () => undefined,
    check: () => write(async (tx) => void (await beat(tx, schema))),
    async settleCounters(ahead = 0) {
      await pool.sql`select setval(pg_get_serial_sequence('changes', 'id'), (select coalesce(max(id), 1) from changes) + ${ahead}::bigint)`;
    },
    async close() {
      await telling;
      await Promise.all([pool.close(), listening.close()]);
    },
  };
  return {
    ...database,
    atOneMoment: (work) =>
      pool.sql.begin("isolation level repeatable read read only", (connection) =>
        work({
          ...database,
          read: drizzle({ client: guarded(() => connection, pool.ask), schema }) as unknown as Reader,
        }),
      ),
  };
}

/** Another unit came between: serialization failure, deadlock, or both wrote the same new key (PostgreSQL, appendix A). */
const isCollision = (error: unknown) => ["40001", "40P01", "23505"].includes(codeOf(error));

/** Runs a unit again when another came between. The same new key can also be its own fault: that is not tried for long. */
async function retried<Result>(attempt: () => Promise<Result>): Promise<Result> {
  const giveUp = performance.now() + RETRY_MS;
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      const again = isCollision(error) && performance.now() < giveUp && (codeOf(error) !== "23505" || attempts < 5);
      if (!again) throw failureOf(error);
      await Bun.sleep(Math.random() * Math.min(4 * 2 ** attempts, 250));
    }
  }
}
