import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { createApp } from "./app.ts";
import type { Config } from "./config.ts";
import type { Database, DatabasePlace } from "./db/database.ts";
import { chownAdvice, isWritable } from "./db/file-permissions.ts";
import { createIdempotency } from "./db/idempotency.ts";
import { openSqlite } from "./db/sqlite/database.ts";
import { assertWhole } from "./db/transfer/copy.ts";
import { AppError, CommandError } from "./errors.ts";
import { createAccounts } from "./features/accounts/service.ts";
import { createLive } from "./features/changes/live.ts";
import { createChanges } from "./features/changes/service.ts";
import { createTasks } from "./features/tasks/service.ts";
import { createTrash } from "./features/tasks/trash.ts";
import { envelope } from "./http/envelope.ts";
import { createSessions } from "./http/session.ts";
import { signingSecret } from "./http/signing-secret.ts";
import { keepHouse } from "./jobs/housekeeping.ts";
import type { Phase } from "./ops/health.ts";
import { createLogger } from "./ops/logging.ts";

/** How long requests under way may take to finish once the process is told to go. */
const DRAIN_MS = 10_000;

/** How long a connection may be silent: an answer may have to wait, as for a queue of passwords to be hashed. */
const IDLE_SECONDS = 60;

export interface Running {
  /** Where people reach it, with the port that was really taken. */
  readonly url: string;
  /** Not ready, a pause for the balancer, what is under way, the database, in this order. */
  stop(): Promise<void>;
}

/**
 * Opens the database that the configuration names, making its folder on the first start.
 * @throws CommandError
 */
export async function openDatabase(config: Config): Promise<Database> {
  try {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const advice = /^(EACCES|EPERM|EROFS)$/.test(code) ? chownAdvice(config.dataDir) : "create it for this user";
    throw new CommandError(
      `can't create the data folder ${config.dataDir} (${code}): ${advice}; or set DATA_DIR to a folder that this user can write`,
    );
  }
  const { database, dataDir } = config;
  if (database.engine === "sqlite" && dirname(database.file) === dataDir && !isWritable(dataDir))
    throw new CommandError(
      `can't write ${database.file}: ${chownAdvice(dataDir, { set: true })}; or set DATA_DIR to another folder`,
    );
  const db = await openPlace(config.database);
  try {
    await assertWhole(db);
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** @throws CommandError */
export const openPlace = async (place: DatabasePlace): Promise<Database> =>
  place.engine === "sqlite"
    ? openSqlite(place.file)
    : (await import("./db/postgres/database.ts")).openPostgres(place.url, place.directUrl);

/** Every room's rules, over one database. */
export function createServices(db: Database) {
  const changes = createChanges(db);
  const idempotency = createIdempotency(db);
  const accounts = createAccounts(db, changes, idempotency);
  const tasks = createTasks(db, changes, idempotency);
  const trash = createTrash(db, changes, idempotency);
  return { changes, idempotency, accounts, tasks, trash, live: createLive(db, changes, accounts) };
}

/**
 * Starts everything and takes requests.
 * @param sharePort lets other processes of this program take requests on the same port
 * @throws CommandError; nothing is left running then
 */
export async function serve(config: Config, { sharePort = false } = {}): Promise<Running> {
  const logger = createLogger(config);
  const db = await openDatabase(config);
  let phase: Phase = "starting";
  try {
    await db.check();
    const services = createServices(db);
    const { accounts, live } = services;
    const sessions = createSessions(config.jwtSecret ?? signingSecret(config.dataDir), accounts, config);
    const app = createApp({ config, logger, db, ...services, sessions, phase: () => phase });
    const server = listen(
      config,
      envelope((request) => app.handle(request), { config, logger, stopping: () => phase === "stopping" }),
      sharePort,
    );
    phase = "serving";
    const housekeeping = keepHouse(services, logger);

    return {
      url: `http://${displayHost(config.host)}:${server.port}`,
      async stop() {
        phase = "stopping";
        await Bun.sleep(config.shutdownDelay * 1000);
        housekeeping.stop();
        live.close();
        await Promise.race([server.stop(), Bun.sleep(DRAIN_MS)]);
        await server.stop(true);
        await db.close();
      },
    };
  } catch (error) {
    await db.close();
    if (error instanceof AppError && error.code === "unavailable") {
      throw new CommandError(
        config.database.engine === "sqlite"
          ? `can't write ${dirname(config.database.file)}: the disk is full or read-only; make room or set DATA_DIR`
          : `can't write to the database of DATABASE_URL: it is full, only reads, or has just gone`,
      );
    }
    throw error;
  }
}

/** Bodies have no bound here, as Bun's own answer to a large one is bare: `readBody` refuses them, unread. */
function listen(
  config: Config,
  fetch: (request: Request, server: Bun.Server<unknown>) => Promise<Response>,
  sharePort = false,
) {
  const open = (port: number) =>
    Bun.serve({
      hostname: config.host,
      port,
      fetch,
      development: false,
      idleTimeout: IDLE_SECONDS,
      reusePort: sharePort, // said aloud, as Bun shares the port otherwise when `development` is off
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    });
  try {
    return open(config.port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES") {
      throw new CommandError(`this user may not open port ${config.port}; set PORT to one above 1023`);
    }
    if (code === "EADDRINUSE" && leadsHere(open)) {
      throw new CommandError(`port ${config.port} is in use; stop the program that has it, or set PORT to another`);
    }
    throw new CommandError(`can't listen on HOST ${config.host}; set it to an address of this machine`);
  }
}

/**
 * Takes the port and lets it go, before workers share it: another program's use of it would go unnoticed then.
 * @returns the port, a free one where the configuration leaves the choice
 * @throws CommandError when it can't be had
 */
export async function reservePort(config: Config): Promise<number> {
  const server = listen(config, async () => new Response(null, { status: 503 }));
  const { port = config.port } = server;
  await server.stop(true);
  return port;
}

/** Whether any port at all can be opened on the host: Bun says "in use" of a name that leads nowhere, too. */
function leadsHere(open: (port: number) => Bun.Server<unknown>): boolean {
  try {
    open(0).stop(true);
    return true;
  } catch {
    return false;
  }
}

/** An address that means "everywhere" is nothing to type into a browser. */
function displayHost(host: string): string {
  if (["0.0.0.0", "::", "127.0.0.1", "::1", "localhost"].includes(host)) return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
