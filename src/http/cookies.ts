import type { Config } from "../config.ts";
import { isSecure, requestedHost } from "./proxy.ts";

export type Cookies = ReturnType<typeof createCookies>;

/**
 * Returns how cookies of this site are read and written. Browsers share cookies between the ports of a host, and send
 * those of the root to every path, so port and path are part of the name: two instances on one host don't read each
 * other's.
 */
export function createCookies(config: Pick<Config, "trustProxy" | "baseUrl" | "basePath">) {
  const { baseUrl, basePath } = config;

  function nameFor(request: Request, name: string): string {
    const host = baseUrl?.host ?? requestedHost(request, config) ?? "";
    const [, port] = /:(\d+)$/.exec(host) ?? [];
    // With `__Host-` a browser accepts a cookie only if it is Secure, host-only and for the whole site.
    const prefix = basePath ? "__Secure-" : "__Host-";
    return `${isSecure(request, config) ? prefix : ""}${name}${port ? `-${port}` : ""}${basePath.replaceAll("/", "-")}`;
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
        path: basePath || "/",
        maxAge,
        secure: isSecure(request, config),
      }).toString(),
  };
}
