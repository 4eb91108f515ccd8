import type { Logger } from "../ops/logging.ts";

interface Access {
  readonly method: string;
  /** Without what people have written: see `safePath`. */
  readonly path: string;
  readonly route: string | undefined;
  readonly status: number;
  /** `performance.now()` when the request arrived. */
  readonly started: number;
  readonly requestId: string;
  readonly address: () => string | undefined;
}

/** Returns whether a route is that of a probe or of a static file. */
export const isQuiet = (route: string | undefined) =>
  route !== undefined && /^\/(healthz|readyz|static\/:file)$/.test(route);

/**
 * Logs one line for a request: failures as errors, probes and static files only at the level `debug`.
 * @param sample the share of successful requests that are logged
 */
export function logAccess(logger: Logger, sample: number, access: Access): void {
  const { method, path, route, status, started, requestId, address } = access;
  const level = status >= 500 ? "error" : isQuiet(route) ? "debug" : "info";
  // Looking up the address costs a fifth of a small response.
  if (!logger.writes(level)) return;
  if (status < 400 && sample < 1 && Math.random() >= sample) return;
  logger[level]("request", {
    "http.request.method": method,
    "url.path": path,
    "http.route": route,
    "http.response.status_code": status,
    "http.server.request.duration": Math.round((performance.now() - started) * 10) / 10_000,
    "request.id": requestId,
    "client.address": address(),
  });
}
