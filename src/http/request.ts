import type { Config } from "../config.ts";

/** Whether an answer goes to a program, to htmx inside a page, or to a browser that shows a page. */
export type Surface = "api" | "fragment" | "page";

export function surfaceOf(request: Request): Surface {
  const { pathname } = new URL(request.url);
  if (/^\/(api|docs\/json|healthz|readyz)(\/|$)/.test(pathname)) return "api";
  return isFragment(request) ? "fragment" : "page";
}

/** Whether htmx asks for a part of a page. On the way back through the history it asks for a whole one. */
export function isFragment({ headers }: Request): boolean {
  return headers.get("hx-request") === "true" && headers.get("hx-history-restore-request") !== "true";
}

/** Whether the client's own connection is encrypted, as the proxies that are trusted tell it. */
export function isSecure(request: Request, { trustProxy }: Pick<Config, "trustProxy">): boolean {
  const told = trustProxy > 0 ? forwarded(request, "x-forwarded-proto", trustProxy) : undefined;
  return told === undefined ? request.url.startsWith("https:") : told === "https";
}

/** The client's address: the one that the outermost trusted proxy saw, as anything left of it can be made up. */
export function clientAddress(
  request: Request,
  peer: string | undefined,
  { trustProxy }: Pick<Config, "trustProxy">,
): string | undefined {
  return (trustProxy > 0 ? forwarded(request, "x-forwarded-for", trustProxy) : undefined) ?? peer;
}

/** The entry that the outermost of `hops` proxies added. Some proxies set the header anew: then there are fewer. */
function forwarded(request: Request, header: string, hops: number): string | undefined {
  const entries =
    request.headers
      .get(header)
      ?.split(",")
      .map((entry) => entry.trim())
      .filter(Boolean) ?? [];
  return entries.at(-Math.min(hops, entries.length));
}

/**
 * Whether a browser sent this from another site's page. Programs send neither header, and are let through: they hold
 * no cookie of somebody else's. OWASP Cross-Site Request Forgery Prevention: Fetch Metadata, Origin as the fallback.
 */
export function isCrossSite(request: Request, config: Pick<Config, "trustProxy">): boolean {
  if (["GET", "HEAD", "OPTIONS"].includes(request.method)) return false;
  const site = request.headers.get("sec-fetch-site");
  if (site) return site !== "same-origin" && site !== "none";
  const origin = request.headers.get("origin");
  if (!origin) return false;
  const host =
    (config.trustProxy > 0 ? forwarded(request, "x-forwarded-host", config.trustProxy) : undefined) ??
    request.headers.get("host");
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
