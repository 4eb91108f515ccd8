import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { publicHost } from "./proxy.ts";

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/**
 * Rejects a request that another site's page sent with the user's cookie. A bearer token is never sent by itself, so
 * requests that carry one may pass.
 */
export const rejectCrossSite = (config: Pick<Config, "trustProxy">) =>
  function rejectCrossSite({ request }: { request: Request }) {
    if (!request.headers.has("authorization") && isCrossSite(request, config)) {
      throw new AppError("forbidden", "This request came from another site. Open TaskFlow and try again there.");
    }
  };

/**
 * Returns whether a browser sent this from another site's page. Programs send neither header and hold no cookie of
 * another person. OWASP Cross-Site Request Forgery Prevention: Fetch Metadata, with Origin as the fallback.
 */
function isCrossSite(request: Request, config: Pick<Config, "trustProxy">): boolean {
  if (SAFE_METHODS.includes(request.method)) return false;
  const site = request.headers.get("sec-fetch-site");
  if (site) return site !== "same-origin" && site !== "none";
  const origin = request.headers.get("origin");
  if (!origin) return false;
  return !URL.canParse(origin) || new URL(origin).host !== publicHost(request, config);
}
