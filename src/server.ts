import { dirname } from "node:path";
import { createApp } from "./app.ts";
import { cleanupsOf, createServices, createSessionsFor } from "./compose.ts";
import type { Config } from "./config.ts";
import type { DatabasePlace } from "./db/database.ts";
import { openDatabase } from "./db/open.ts";
import { AppError, CommandError } from "./errors.ts";
import { pathBelow, serveBelow } from "./http/base-path.ts";
import { createClientOf } from "./http/client.ts";
import { createCookies } from "./http/cookies.ts";
import { createHandler } from "./http/handler.ts";
import { displayUrl, listen } from "./http/listen.ts";
import { createRouteOf, type RouteOf } from "./http/route-of.ts";
import { startHousekeeping } from "./jobs/housekeeping.ts";
import { logCrashes } from "./ops/crash.ts";
import type { Phase } from "./ops/health.ts";
import { createLogger } from "./ops/logging.ts";
import { type Ask, askItself } from "./ops/questions.ts";

/** How long requests under way may take to finish on shutdown. */
const DRAIN_MS = 10_000;

export interface Server {
  /** The URL for people, with the port that was opened. */
  readonly url: string;
  readonly ask: Ask;
  /** Stops being ready, waits for the load balancer, finishes requests, closes the database; in this order. */
  stop(): Promise<void>;
}

/**
 * Starts everything and handles requests.
 * @throws CommandError; nothing keeps running then
 */
export async function startServer(config: Config, { sharePort = false } = {}): Promise<Server> {
  const logger = createLogger(config);
  logCrashes(logger);
  const tracing = config.traces && (await import("./ops/tracing/start.ts")).startTracing(config.traces, logger);
  const metrics = config.metrics && (await import("./ops/metrics/service.ts")).createServiceMetrics();
  const db = await openDatabase(config, (code) =>
    logger.error("the disk failed to store a change: writing has stopped; check the disk, then restart", {
      "error.code": code,
    }),
  );
  let phase: Phase = "starting";
  try {
    await db.check();
    const services = createServices(db, config);
    const cookies = createCookies(config);
    const clientOf = createClientOf(config, logger);
    const sessions = createSessionsFor(config, services, cookies, clientOf);
    const app = createApp({ config, logger, db, ...services, cookies, sessions, clientOf, phase: () => phase });
    const paths = app.routes.map(({ path }) => path);
    const handle = serveBelow(config.basePath, paths, (request) => app.handle(request));
    const routeBelow = createRouteOf(app.routes);
    const inside = pathBelow(config.basePath, paths);
    const routeOf: RouteOf = (method, path) => routeBelow(method, inside(path));
    const cleanups = cleanupsOf(services, logger);
    metrics?.follow(
      db,
      services.live,
      cleanups.map(({ name }) => name),
    );
    const handler = createHandler(handle, {
      config,
      logger,
      routeOf,
      observer: metrics?.requests,
      stopping: () => phase === "stopping",
    });
    const server = listen(config, tracing?.observeRequests(handler, routeOf) ?? handler, { sharePort });
    phase = "serving";
    const housekeeping = startHousekeeping(cleanups, logger);

    return {
      url: displayUrl(config.host, server.port) + config.basePath,
      ask: askItself({
        metrics: async () => (await metrics?.snapshot()) ?? [],
        diagnostics: async () => ({
          uptimeSeconds: Math.round(process.uptime()),
          logLevel: logger.level,
          traces: tracing !== undefined,
          recentErrors: logger.recentErrors(),
        }),
        async setLogLevel(level) {
          logger.level = level;
          return level;
        },
      }),
      async stop() {
        phase = "stopping";
        await Bun.sleep(config.shutdownDelay * 1000);
        housekeeping.stop();
        services.live.close();
        await Promise.race([server.stop(), Bun.sleep(DRAIN_MS)]);
        await server.stop(true);
        await db.close();
        await tracing?.stop();
      },
    };
  } catch (error) {
    await db.close();
    await tracing?.stop();
    if (error instanceof AppError && error.code === "unavailable") throw notWritable(config.database);
    throw error;
  }
}

const notWritable = (place: DatabasePlace) =>
  new CommandError(
    place.engine === "sqlite"
      ? `can't write ${dirname(place.file)}: the disk is full, failing or read-only; free some space or set DATA_DIR`
      : "can't write to the database of DATABASE_URL: it is full, read-only or was just disconnected",
  );
