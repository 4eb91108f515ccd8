import type { Config } from "../config.ts";

type ProxyConfig = Pick<Config, "trustProxy">;

/** Returns whether the client's own connection is encrypted, according to the trusted proxies. */
export function isSecure(request: Request, { trustProxy }: ProxyConfig): boolean {
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
  { trustProxy }: ProxyConfig,
): string | undefined {
  return (trustProxy > 0 ? forwarded(request, "x-forwarded-for", trustProxy) : undefined) ?? peer;
}

/** Returns the host that the browser asked for: proxies may rewrite `Host` and send the original along. */
export function publicHost(request: Request, { trustProxy }: ProxyConfig): string | null {
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
