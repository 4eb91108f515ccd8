import type { Logger } from "../ops/logging.ts";

interface Access {
  readonly method: string;
  readonly path: string;
  /** Returns the path without what people have written. */
  readonly safePath: () => string;
  readonly route: string | undefined;
  readonly status: number;
  /** `performance.now()` when the request arrived. */
  readonly started: number;
  readonly requestId: string;
  readonly address: () => string | undefined;
}

/** Returns whether a path is that of a probe or of a static file, also below the path of BASE_URL. */
export const isQuiet = (path: string) => /\/((healthz|readyz)$|static\/)/.test(path);

/**
 * Logs one line for a request: failures as errors, probes and static files only at the level `debug`.
 * @param sample the share of successful requests that are logged
 */
export function logAccess(logger: Logger, sample: number, access: Access): void {
  const { method, path, safePath, route, status, started, requestId, address } = access;
  const level = status >= 500 ? "error" : isQuiet(path) ? "debug" : "info";
  // Looking up the address costs a fifth of a small response.
  if (!logger.writes(level)) return;
  if (status < 400 && sample < 1 && Math.random() >= sample) return;
  logger[level]("request", {
    "http.request.method": method,
    "url.path": safePath(),
    "http.route": route,
    "http.response.status_code": status,
    "http.server.request.duration": Math.round((performance.now() - started) * 10) / 10_000,
    "request.id": requestId,
    "client.address": address(),
  });
}
