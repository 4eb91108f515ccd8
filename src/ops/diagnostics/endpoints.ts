import { LOG_LEVELS, type LogLevel } from "../../config.ts";
import type { Endpoint } from "../metrics/server.ts";
import type { Ask } from "../questions.ts";

const LOOPBACK = ["127.0.0.1", "::1", "::ffff:127.0.0.1"];
const LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Returns the endpoints that the commands `diagnose` and `log-level` use.
 * @param ask returns what asks the processes that run at the time
 * @param setLogLevel makes processes that start later log at the level, too
 */
export const diagnosticEndpoints = (
  ask: () => Ask,
  setLogLevel: (level: LogLevel) => void,
): Readonly<Record<string, Endpoint>> => ({
  "GET /diagnostics": onlyLocal(async () => {
    const replies = await ask()("diagnostics");
    return Response.json(
      replies.map(({ pid, value }) => ({ pid, ...(value ?? { missing: "no answer in a second" }) })),
    );
  }),
  "PUT /log-level": onlyLocal(async (request) => {
    const level = (await request.text()).trim() as LogLevel;
    if (!LOG_LEVELS.includes(level)) return plain(`The level must be one of ${LOG_LEVELS.join(", ")}.`, 422);
    setLogLevel(level);
    const replies = await ask()("setLogLevel", level);
    const missing = replies.filter(({ value }) => value === undefined).length;
    if (missing > 0) return plain(`${missing} of ${replies.length} processes did not answer. Try again.`, 503);
    return plain(`The log level is ${level}.`, 200);
  }),
});

const plain = (text: string, status: number) =>
  new Response(`${text}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8" } });

/**
 * Restricts an endpoint to programs on this machine: not to what a proxy here forwards, nor to a page in a browser here
 * that has another name for this address.
 */
const onlyLocal =
  (endpoint: Endpoint): Endpoint =>
  (request, server) => {
    const { headers, url } = request;
    const isLocal =
      LOOPBACK.includes(server.requestIP(request)?.address ?? "") &&
      LOCAL_NAMES.includes(new URL(url).hostname) &&
      !["x-forwarded-for", "forwarded", "origin"].some((name) => headers.has(name));
    return isLocal ? endpoint(request, server) : plain("Only programs on the machine of the server may do this.", 403);
  };
