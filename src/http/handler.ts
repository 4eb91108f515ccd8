import type { Server } from "bun";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { describeError, type Logger } from "../ops/logging.ts";
import { logAccess } from "./access-log.ts";
import { setPeer } from "./client.ts";
import { compress, streamLarge } from "./compression.ts";
import { pathOf } from "./path.ts";
import { problemResponse } from "./problem.ts";
import { clientAddress } from "./proxy.ts";
import { requestIdOf } from "./request-id.ts";
import { type RouteOf, safePath } from "./route-of.ts";
import { setSecurityHeaders } from "./security-headers.ts";

/** Four heartbeats of a live stream: a client that has not read by then is cut off. */
const STREAM_IDLE_SECONDS = 60;

/** Told about requests, for metrics. */
export interface RequestObserver {
  started(): void;
  /** @param route the template of its route; undefined if there is none */
  finished(method: string, route: string | undefined, status: number, milliseconds: number): void;
  /** Called instead if the response is a live stream, which has no duration. */
  streams(): void;
}

interface Options {
  config: Pick<Config, "trustProxy" | "baseUrl" | "hstsMaxAge" | "database" | "logSample">;
  logger: Logger;
  routeOf: RouteOf;
  observer?: RequestObserver | undefined;
  /** Returns true while the process shuts down: clients are asked to open their next connection elsewhere. */
  stopping: () => boolean;
}

/** Responds to a request that a listener received. */
export type Respond = (request: Request, server?: Server<unknown>) => Promise<Response>;

/**
 * Wraps the app in what every response needs, whoever made it: request id, security headers, compression, a log line.
 * Stands outside Elysia, whose hooks see another status than the one that is sent.
 */
export function createHandler(
  handle: (request: Request) => Response | Promise<Response>,
  { config, logger, routeOf, observer, stopping }: Options,
): Respond {
  return async function respond(received, server) {
    const request = withReadableUrl(received);
    const started = performance.now();
    observer?.started();
    const requestId = requestIdOf(request);
    request.headers.set("x-request-id", requestId);
    const peer = () => server?.requestIP(received)?.address;
    setPeer(request, peer);

    let response: Response;
    try {
      // Nothing has such an id or name, and PostgreSQL accepts none in a query.
      if (pathOf(request.url).includes("%00")) response = problemResponse(nothingThere(), request);
      else response = await compress(request, await handle(request));
      if (config.database.engine === "postgres") response = await streamLarge(request, response);
    } catch (error) {
      logger.error("request failed", { "request.id": requestId, ...describeError(error) });
      response = problemResponse(
        new AppError("internal", "Something went wrong on our side. Try again in a moment."),
        request,
      );
    }

    const { headers, status } = response;
    headers.set("x-request-id", requestId);
    setSecurityHeaders(headers, request, config);
    const isStream = headers.get("content-type") === "text/event-stream";
    if (isStream) server?.timeout(received, STREAM_IDLE_SECONDS);
    if (stopping()) headers.set("connection", "close");
    const path = pathOf(request.url);
    const route = routeOf(request.method, path);
    logAccess(logger, config.logSample, {
      method: request.method,
      path,
      safePath: () => safePath(routeOf, path, route),
      route,
      status,
      started,
      requestId,
      address: () => clientAddress(request, peer(), config),
    });
    if (isStream) observer?.streams();
    else observer?.finished(request.method, route, status, performance.now() - started);
    return response;
  };
}

const nothingThere = () => new AppError("notFound", "There is nothing at this address.");

/** Replaces a URL that can't be parsed, as after a malformed or missing `Host` header, by one on `localhost`. */
function withReadableUrl(request: Request): Request {
  if (URL.canParse(request.url)) return request;
  const path = request.url.replace(/^https?:\/\/[^/]*/, "");
  return new Request(
    URL.canParse(path, "http://localhost") ? new URL(path, "http://localhost") : "http://localhost/",
    request,
  );
}
