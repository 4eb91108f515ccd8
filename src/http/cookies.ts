import type { Config } from "../config.ts";
import { isSecure } from "./proxy.ts";

/** Returns the value of a cookie that the request carries. */
export const cookieOf = (request: Request, name: string): string | null =>
  new Bun.CookieMap(request.headers.get("cookie") ?? "").get(name);

/**
 * Returns a `Set-Cookie` header for a cookie of this site only, invisible to scripts, and sent over https only where
 * the site is served over https.
 * @param maxAge in seconds; 0 deletes the cookie
 */
export function siteCookie(
  request: Request,
  config: Pick<Config, "trustProxy">,
  name: string,
  value: string,
  maxAge: number,
): string {
  return new Bun.Cookie(name, value, {
    httpOnly: true,
    sameSite: "lax",
    path: "/",
    maxAge,
    secure: isSecure(request, config),
  }).toString();
}
