import type { Config } from "../config.ts";
import { isSecure, publicHost } from "./proxy.ts";

/** With the prefix `__Host-` a browser accepts a cookie only if it is Secure, host-only and for the whole site. */
const SECURE_PREFIX = "__Host-";

export type Cookies = ReturnType<typeof createCookies>;

/**
 * Returns how cookies of this site are read and written. Browsers share cookies between the ports of a host, so the port
 * is part of the name: two instances on one host don't overwrite each other's.
 */
export function createCookies(config: Pick<Config, "trustProxy">) {
  function nameFor(request: Request, name: string): string {
    const [, port] = /:(\d+)$/.exec(publicHost(request, config) ?? "") ?? [];
    return `${isSecure(request, config) ? SECURE_PREFIX : ""}${name}${port ? `-${port}` : ""}`;
  }

  return {
    /** Returns the value of a cookie that the request carries. */
    read: (request: Request, name: string): string | null =>
      new Bun.CookieMap(request.headers.get("cookie") ?? "").get(nameFor(request, name)),

    /**
     * Returns a `Set-Cookie` header for a cookie that scripts can't read, sent over https only if the site is.
     * @param maxAge in seconds; 0 deletes the cookie
     */
    write: (request: Request, name: string, value: string, maxAge: number): string =>
      new Bun.Cookie(nameFor(request, name), value, {
        httpOnly: true,
        sameSite: "lax",
        path: "/",
        maxAge,
        secure: isSecure(request, config),
      }).toString(),
  };
}
