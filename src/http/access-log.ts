import type { Logger } from "../ops/logging.ts";

interface Access {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** `performance.now()` when the request arrived. */
  readonly started: number;
  readonly requestId: string;
  readonly address: () => string | undefined;
}

/** Probes and static files, also below the path of BASE_URL. */
const QUIET = /\/((healthz|readyz)$|static\/)/;

/** The secret in a link to join a project. */
const SECRET = /(\/invites\/link\/)[^/]+/;

/** Logs one line for a request: failures as errors, probes and static files only at the level `debug`. */
export function logAccess(logger: Logger, { method, path, status, started, requestId, address }: Access): void {
  const level = status >= 500 ? "error" : QUIET.test(path) ? "debug" : "info";
  // Looking up the address costs a fifth of a small response.
  if (!logger.writes(level)) return;
  const ms = Math.round((performance.now() - started) * 10) / 10;
  logger[level]("request", { method, path: path.replace(SECRET, "$1…"), status, ms, requestId, address: address() });
}
