import type { Config } from "../config.ts";

type ProxyConfig = Pick<Config, "trustProxy" | "baseUrl">;

/** Returns whether the client's own connection is encrypted, according to BASE_URL or the trusted proxies. */
export function isSecure(request: Request, { trustProxy, baseUrl }: ProxyConfig): boolean {
  if (baseUrl) return baseUrl.protocol === "https:";
  const protocol = trustProxy > 0 ? forwarded(request, "x-forwarded-proto", trustProxy) : undefined;
  return protocol === undefined ? request.url.startsWith("https:") : protocol === "https";
}

/**
 * Returns the client's address: the one that the outermost trusted proxy saw. Entries to the left of it can be forged.
 * @param peer address of the other end of the connection
 */
export function clientAddress(
  request: Request,
  peer: string | undefined,
  { trustProxy }: Pick<Config, "trustProxy">,
): string | undefined {
  const address = (trustProxy > 0 ? forwarded(request, "x-forwarded-for", trustProxy) : undefined) ?? peer;
  // A socket for IPv6 and IPv4 reports IPv4 addresses as ::ffff:192.0.2.1.
  return address?.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
}

/** Returns the host that the browser asked for, as far as the proxies report it. They may rewrite `Host`. */
export function requestedHost(request: Request, { trustProxy }: Pick<Config, "trustProxy">): string | null {
  const original = trustProxy > 0 ? forwarded(request, "x-forwarded-host", trustProxy) : undefined;
  return original ?? request.headers.get("host");
}

/** Returns the entry that the outermost of `hops` proxies added. A proxy that replaces the header leaves fewer. */
function forwarded(request: Request, header: string, hops: number): string | undefined {
  const entries =
    request.headers
      .get(header)
      ?.split(",")
      .map((entry) => entry.trim())
      .filter(Boolean) ?? [];
  return entries.at(-Math.min(hops, entries.length));
}
