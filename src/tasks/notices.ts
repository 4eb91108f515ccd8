import type { Config } from "../config.ts";
import { siteCookie } from "../http/pages.ts";
import type { Undo } from "./service.ts";

const COOKIE = "notice";

export interface Notice {
  message: string;
  undo?: Undo | undefined;
}

/** A message that has to live through a redirect, for browsers without JavaScript: a cookie for the one next page. */
export function notices(config: Pick<Config, "trustProxy">) {
  return {
    write: (request: Request, message: string, undo?: Undo) =>
      siteCookie(
        request,
        config,
        COOKIE,
        Buffer.from(JSON.stringify([message, undo?.action, undo?.at.getTime()])).toString("base64url"),
        60,
      ),

    clear: (request: Request) => siteCookie(request, config, COOKIE, "", 0),

    /** Believes nothing but text and a known action: a cookie can be made up. */
    read(request: Request): Notice | undefined {
      const value = new Bun.CookieMap(request.headers.get("cookie") ?? "").get(COOKIE);
      if (!value) return undefined;
      try {
        const [message, action, at] = JSON.parse(Buffer.from(value, "base64url").toString());
        if (typeof message !== "string") return undefined;
        const known = (action === "complete" || action === "delete") && Number.isSafeInteger(at);
        return { message: message.slice(0, 200), undo: known ? { action, at: new Date(at) } : undefined };
      } catch {
        return undefined;
      }
    },
  };
}
