import { SQL } from "bun";
import { drizzle } from "drizzle-orm/bun-sql";
import { type ChangeListener, type Database, type Reader, writeHeartbeat } from "../database.ts";
import { declareSchema } from "../schema/index.ts";
import { createTurns } from "../turns.ts";
import { createClient } from "./client.ts";
import { postgresDialect } from "./dialect.ts";
import { postgresFailure } from "./errors.ts";
import { listenTo } from "./listen.ts";
import { migratePostgres } from "./migrate.ts";
import { openPool, type Pool } from "./pool.ts";
import { serverStatus } from "./status.ts";
import { createWrite } from "./transactions.ts";

/** Connections per process. PostgreSQL allows a hundred by default, which all replicas share. */
const CONNECTIONS = 10;
/** Long reads that a process runs at the same time. */
const LONG_READS = 2;
/** The server's limit for one statement, a little shorter than this process waits for it (see `pool.ts`). */
const STATEMENT_MS = 5000;
/** The application name of serving connections, by which a restore finds out whether a server is running. */
export const APPLICATION = "taskflow";
const CHANNEL = "taskflow_changes";
/** A NOTIFY payload holds 8,000 bytes. */
const PROJECTS_PER_NOTIFY = 200;

export interface PostgresDatabase extends Database {
  /** Runs reads on one snapshot of the database, unaffected by later writes. */
  readSnapshot<Result>(work: (snapshot: Database) => Promise<Result>): Promise<Result>;
}

/**
 * Opens a PostgreSQL database and upgrades its schema.
 * @param url for queries: the server, or a pooler in front of it, also in transaction mode
 * @param directUrl for LISTEN, which needs a connection of its own: the server itself
 * @param application name of the connections
 * @param patient waits without limit, for long statements such as those of a copy
 * @throws CommandError if the database can't be used
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
          // Some poolers reject this parameter.
          ...(isDirect && !patient && { statement_timeout: STATEMENT_MS }),
        },
        // Behind a pooler the next transaction may use another connection, without the prepared statements.
        prepare: isDirect,
      }),
    patient,
  );
  const openListener = () =>
    new SQL({
      url: directUrl,
      adapter: "postgres",
      max: 1,
      connectionTimeout: 5,
      connection: { idle_session_timeout: 0, application_name: application },
    });
  try {
    await migratePostgres(pool.sql);
    return await createDatabase(pool, openListener);
  } catch (error) {
    await pool.close(0);
    throw postgresFailure(url, error);
  }
}

async function createDatabase(pool: Pool, openListener: () => SQL): Promise<PostgresDatabase> {
  const schema = declareSchema(postgresDialect);
  const listeners = new Set<ChangeListener>();
  const notifyListeners: ChangeListener = (projectIds) => {
    for (const listener of listeners) listener(projectIds);
  };
  const listening = await listenTo(
    CHANNEL,
    openListener,
    (channel) => pool.track(pool.sql.notify(channel)),
    // Notifications are lost while the connection is down, so any project may have changed.
    (projectIds) => notifyListeners(projectIds === undefined ? undefined : new Set(projectIds.split(","))),
  );

  /** Other processes are notified after the commit: a NOTIFY within transactions makes their commits wait for each other. */
  let pending = new Set<string>();
  let notifying: Promise<unknown> | undefined;
  function notifyProcesses(projectIds: ReadonlySet<string>) {
    for (const projectId of projectIds) pending.add(projectId);
    notifying ??= (async () => {
      while (pending.size > 0) {
        const batch = [...pending].slice(0, PROJECTS_PER_NOTIFY);
        pending = new Set([...pending].slice(PROJECTS_PER_NOTIFY));
        // Listeners also poll from time to time, so a lost notification only delays them.
        await pool.sql.notify(CHANNEL, batch.join()).catch(() => {});
      }
      notifying = undefined;
    })();
  }

  const readerOver = (connection: () => SQL) =>
    drizzle({ client: createClient(pool, connection), schema }) as unknown as Reader;
  const read = readerOver(() => pool.sql);
  const write = createWrite(pool, schema, (projectIds) => {
    notifyListeners(projectIds);
    notifyProcesses(projectIds);
  });

  const readLong = createTurns(Array<typeof read>(LONG_READS).fill(read));
  const database: Database = {
    engine: "postgres",
    schema,
    read,
    readLong,
    write,
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dataVersion: () => undefined,
    load() {
      const busy = Math.min(pool.used(), CONNECTIONS);
      const connections = { busy, idle: CONNECTIONS - busy, waiting: pool.used() - busy };
      return { connections, longReadsWaiting: readLong.waitingCount() };
    },
    status: () => serverStatus(pool),
    check: () => write(async (tx) => void (await writeHeartbeat(tx, schema))),
    async advanceCounters(skip = 0) {
      await pool.sql`select setval(pg_get_serial_sequence('changes', 'id'), (select coalesce(max(id), 1) from changes) + ${skip}::bigint)`;
    },
    async close() {
      await notifying;
      await Promise.all([pool.close(), listening.close()]);
    },
  };
  return {
    ...database,
    readSnapshot: (work) =>
      pool.sql.begin("isolation level repeatable read read only", (connection) =>
        work({ ...database, read: readerOver(() => connection) }),
      ),
  };
}
