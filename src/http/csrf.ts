import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import type { Logger } from "../ops/logging.ts";
import { requestedHost } from "./proxy.ts";

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];
const FROM_ELSEWHERE = "This request came from another site. Open TaskFlow and try again there.";

type SiteConfig = Pick<Config, "trustProxy" | "baseUrl">;

/**
 * Rejects a request that another site's page sent with the user's cookie. A bearer token is never sent by itself, so
 * requests that carry one may pass. Programs send neither header and hold no cookie of another person. OWASP Cross-Site
 * Request Forgery Prevention: Fetch Metadata, with Origin as the fallback.
 */
export const rejectCrossSite = (config: SiteConfig, logger: Logger) =>
  function rejectCrossSite({ request }: { request: Request }) {
    const { headers, method } = request;
    if (SAFE_METHODS.includes(method) || headers.has("authorization")) return;
    const site = headers.get("sec-fetch-site");
    if (site === "same-origin" || site === "none") return;
    if (site) throw new AppError("forbidden", FROM_ELSEWHERE);
    const origin = headers.get("origin");
    if (origin) assertOwnOrigin(request, origin, config, logger);
  };

/**
 * Compares Origin with the host that was asked for. Behind a proxy that replaces Host, every form looks like another
 * site's: the message says what to change.
 * @throws AppError `forbidden`
 */
function assertOwnOrigin(request: Request, origin: string, config: SiteConfig, logger: Logger): void {
  if (!URL.canParse(origin)) throw new AppError("forbidden", FROM_ELSEWHERE);
  const host = requestedHost(request, config) ?? "";
  const given = new URL(origin);
  if (given.host === host || given.origin === config.baseUrl?.origin) return;
  const fix = "the proxy must pass the Host header (nginx: proxy_set_header Host $http_host), or set BASE_URL";
  logger.warn("rejected: Origin does not match Host", {
    "request.id": request.headers.get("x-request-id") ?? "",
    "http.request.header.origin": given.origin,
    "http.request.header.host": host,
    fix,
  });
  throw new AppError(
    "forbidden",
    `This request came from ${given.origin}, but TaskFlow received Host ${host}. If you run this server: ${fix}.`,
  );
}
