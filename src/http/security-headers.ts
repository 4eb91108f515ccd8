import type { Config } from "../config.ts";
import { isSecure } from "./proxy.ts";

const SECURITY_HEADERS = Object.entries({
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // Forms without JavaScript return to the view that they came from, which this site may know.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
});

/** Sets the headers that every response carries, and keeps private responses out of caches. */
export function setSecurityHeaders(
  headers: Headers,
  request: Request,
  config: Pick<Config, "trustProxy" | "baseUrl" | "hstsMaxAge">,
): void {
  for (const [name, value] of SECURITY_HEADERS) headers.set(name, value);
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  // Off by default: it would apply to every other port and path of the host, which belong to other programs.
  if (config.hstsMaxAge > 0 && isSecure(request, config))
    headers.set("strict-transport-security", `max-age=${config.hstsMaxAge}`);
}
