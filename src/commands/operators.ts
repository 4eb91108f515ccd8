import type { Config } from "../config.ts";
import { CommandError } from "../errors.ts";
import { reachableHost } from "./url-option.ts";

const TIMEOUT_MS = 5000;

/**
 * Asks the running server, at the port of its metrics.
 * @throws CommandError if it does not respond, or if METRICS_PORT is not set
 */
export async function askServer({ metrics }: Config, path: string, init: RequestInit = {}): Promise<Response> {
  if (!metrics?.port) throw new CommandError("set METRICS_PORT, as for the server: it responds to this command there");
  const url = `http://${reachableHost(metrics.host)}:${metrics.port}`;
  const response = await fetch(url + path, {
    ...init,
    proxy: false,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  } as RequestInit).catch(() => undefined);
  if (!response)
    throw new CommandError(`${url} does not respond; is the server running, with METRICS_PORT=${metrics.port}?`);
  if (!response.ok) throw new CommandError((await response.text()).trim() || `${url} responds ${response.status}`);
  return response;
}
