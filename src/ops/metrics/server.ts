import type { Config } from "../../config.ts";
import { AppError } from "../../errors.ts";
import { displayUrl, type Listener, listen } from "../../http/listen.ts";
import { pathOf } from "../../http/path.ts";
import { statusOf } from "../../http/problem.ts";
import { setSecurityHeaders } from "../../http/security-headers.ts";
import { describeError, type Logger } from "../logging.ts";

export type Endpoint = (request: Request, server: Bun.Server<unknown>) => Response | Promise<Response>;

const VARIABLES = { host: "METRICS_HOST", port: "METRICS_PORT" };

const plain = (text: string, status: number, headers: Record<string, string> = {}) =>
  new Response(`${text}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });

/**
 * Listens for operators and their tools, on a port of its own: what it shows is not for the public.
 * @param endpoints by method and path, such as `GET /metrics`
 * @throws CommandError that names METRICS_PORT or METRICS_HOST
 */
export function listenForOperators(
  address: NonNullable<Config["metrics"]>,
  endpoints: Readonly<Record<string, Endpoint>>,
  logger: Logger,
): Listener & { readonly url: string } {
  async function respond(request: Request, server: Bun.Server<unknown>): Promise<Response> {
    const path = pathOf(request.url).replace(/^\/static\/.*/, "/static/*");
    const method = request.method === "HEAD" ? "GET" : request.method;
    const key = `${method} ${path}`;
    const endpoint = Object.hasOwn(endpoints, key) ? endpoints[key] : undefined;
    const response = await (async () => endpoint?.(request, server) ?? missing(path))().catch(failed);
    setSecurityHeaders(response.headers, request, { trustProxy: 0, baseUrl: undefined, hstsMaxAge: 0 });
    return response;
  }

  function missing(path: string): Response {
    const methods = Object.keys(endpoints).map((key) => key.split(" ") as [string, string]);
    const allowed = methods.filter(([, known]) => known === path).map(([method]) => method);
    if (allowed.length > 0) return plain(`Use ${allowed.join(" or ")}.`, 405, { allow: allowed.join(", ") });
    return plain(`There is nothing at this address. Try ${methods.map(([, known]) => known).join(", ")}.`, 404);
  }

  function failed(error: unknown): Response {
    if (error instanceof AppError) return plain(error.message, statusOf(error));
    logger.error("request failed", describeError(error));
    return plain("Something went wrong. The log says what.", 500);
  }

  const listener = listen(address, respond, { variables: VARIABLES });
  return { ...listener, url: displayUrl(address.host, listener.port) };
}
