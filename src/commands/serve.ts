import { dirname } from "node:path";
import { createApp } from "../app.ts";
import { cleanupsOf, createServices, createSessionsFor } from "../compose.ts";
import { type Config, type Environment, loadConfig } from "../config.ts";
import type { DatabasePlace } from "../db/database.ts";
import { openDatabase } from "../db/open.ts";
import { AppError, CommandError } from "../errors.ts";
import { createCookies } from "../http/cookies.ts";
import { createHandler } from "../http/handler.ts";
import { displayUrl, listen, reservePort } from "../http/server.ts";
import { startHousekeeping } from "../jobs/housekeeping.ts";
import type { Phase } from "../ops/health.ts";
import { createLogger } from "../ops/logging.ts";
import { startWorkers, type WorkerMessage } from "../ops/workers.ts";
import { onSignal } from "./signals.ts";
import { usage } from "./usage.ts";

/** How long requests under way may take to finish on shutdown. */
const DRAIN_MS = 10_000;
/** How long a start may take to reach a point where it can end, once a signal asks for it. */
const START_MS = 2000;
const MAX_WORKERS = 64;

/** The internal option of a process that shares its port with others. */
const WORKER = "--worker";

interface Running {
  /** The URL for people, with the port that was opened. */
  readonly url: string;
  /** Stops being ready, waits for the load balancer, finishes requests, closes the database; in this order. */
  stop(): Promise<void>;
}

/** `taskflow [serve] [--workers N]`: handles requests until a signal ends it. @throws CommandError */
export async function serveCommand(args: string[], environment: Environment): Promise<void> {
  const config = loadConfig(environment);
  if (args.join() === WORKER) return startWorker(config);
  const count = workerCount(args);
  const running = await untilSignal(async () =>
    count === 1
      ? serve(config)
      : startWorkers(count, workerCommand(), { ...environment, PORT: String(await reservePort(config)) }),
  );
  const message = `TaskFlow is running at ${running.url}`;
  console.log(config.production ? JSON.stringify({ time: new Date().toISOString(), level: "info", message }) : message);
}

/**
 * Starts everything and handles requests.
 * @throws CommandError; nothing keeps running then
 */
async function serve(config: Config, { sharePort = false } = {}): Promise<Running> {
  const logger = createLogger(config);
  const db = await openDatabase(config);
  let phase: Phase = "starting";
  try {
    await db.check();
    const services = createServices(db);
    const cookies = createCookies(config);
    const sessions = createSessionsFor(config, services, cookies);
    const app = createApp({ config, logger, db, ...services, cookies, sessions, phase: () => phase });
    const handler = createHandler((request) => app.handle(request), {
      config,
      logger,
      stopping: () => phase === "stopping",
    });
    const server = listen(config, handler, sharePort);
    phase = "serving";
    const housekeeping = startHousekeeping(cleanupsOf(services, logger), logger);

    return {
      url: displayUrl(config.host, server.port),
      async stop() {
        phase = "stopping";
        await Bun.sleep(config.shutdownDelay * 1000);
        housekeeping.stop();
        services.live.close();
        await Promise.race([server.stop(), Bun.sleep(DRAIN_MS)]);
        await server.stop(true);
        await db.close();
      },
    };
  } catch (error) {
    await db.close();
    if (error instanceof AppError && error.code === "unavailable") throw notWritable(config.database);
    throw error;
  }
}

const notWritable = (place: DatabasePlace) =>
  new CommandError(
    place.engine === "sqlite"
      ? `can't write ${dirname(place.file)}: the disk is full or read-only; free some space or set DATA_DIR`
      : "can't write to the database of DATABASE_URL: it is full, read-only or was just disconnected",
  );

/** Runs as one of several processes on a port: reports to its parent, and ends when the parent does. */
async function startWorker(config: Config) {
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  const running = await untilSignal(() => serve(config, { sharePort: true }));
  process.send?.({ ready: running.url } satisfies WorkerMessage);
}

/** Returns the command that starts this program again: from source with its file, compiled without. */
const workerCommand = () => [process.execPath, ...(Bun.main.startsWith("/$bunfs/") ? [] : [Bun.main]), "serve", WORKER];

function workerCount(args: string[]): number {
  if (args.length === 0) return 1;
  const [count] = /^--workers[= ](\d+)$/.exec(args.join(" "))?.slice(1) ?? [];
  const number = Number(count);
  if (number >= 1 && number <= MAX_WORKERS) return number;
  throw usage(`usage: taskflow serve [--workers N], with N from 1 to ${MAX_WORKERS}`);
}

/**
 * Starts something that a signal ends in good order, with exit code 0, even during the start. The database rolls back
 * what was half done, such as an upgrade.
 * @throws what the start throws, unless a signal came first
 */
async function untilSignal(start: () => Promise<Running>): Promise<Running> {
  const signal = Promise.withResolvers<undefined>();
  onSignal(() => signal.resolve(undefined));
  const starting = start();
  const running = await Promise.race([starting, signal.promise]);
  if (!running) {
    const started = await Promise.race([starting.catch(() => undefined), Bun.sleep(START_MS)]);
    await started?.stop();
    process.exit(0);
  }
  void signal.promise.then(async () => {
    await running.stop();
    process.exit(0);
  });
  return running;
}
