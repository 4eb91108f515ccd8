import type { Config } from "../config.ts";
import { siteCookie } from "./pages.ts";

const COOKIE = "notice";

export interface Notice {
  message: string;
  /** The change that it tells of, and that Undo takes back. */
  undo?: number | undefined;
}

/** A message that has to live through a redirect, for browsers without JavaScript: a cookie for the one next page. */
export function notices(config: Pick<Config, "trustProxy">) {
  return {
    write: (request: Request, message: string, undo?: number) =>
      siteCookie(request, config, COOKIE, Buffer.from(JSON.stringify([message, undo])).toString("base64url"), 60),

    clear: (request: Request) => siteCookie(request, config, COOKIE, "", 0),

    /** Believes nothing but text and a number: a cookie can be made up. */
    read(request: Request): Notice | undefined {
      const value = new Bun.CookieMap(request.headers.get("cookie") ?? "").get(COOKIE);
      if (!value) return undefined;
      try {
        const [message, undo] = JSON.parse(Buffer.from(value, "base64url").toString());
        if (typeof message !== "string") return undefined;
        return { message: message.slice(0, 200), undo: Number.isSafeInteger(undo) ? undo : undefined };
      } catch {
        return undefined;
      }
    },
  };
}
