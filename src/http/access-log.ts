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

/** Logs one line for a request: failures as errors, probes and static files only at the level `debug`. */
export function logAccess(logger: Logger, { method, path, status, started, requestId, address }: Access): void {
  const level = status >= 500 ? "error" : /^\/(healthz|readyz|static\/)/.test(path) ? "debug" : "info";
  // Looking up the address costs a fifth of a small response.
  if (!logger.writes(level)) return;
  const ms = Math.round((performance.now() - started) * 10) / 10;
  logger[level]("request", { method, path, status, ms, requestId, address: address() });
}
