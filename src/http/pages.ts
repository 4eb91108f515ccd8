import { html } from "@elysiajs/html";
import type { Config } from "../config.ts";
import { isFragment, isSecure } from "./request.ts";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** Page rooms answer with `html(<Page />)`. Only what says so is HTML: text that looks like markup stays text. */
export const pages = html({ autoDetect: false, contentType: "text/html; charset=utf-8" });

/** What the person chose, or "auto" to follow the system. */
export function themeOf(request: Request): Theme {
  const chosen = new Bun.CookieMap(request.headers.get("cookie") ?? "").get("theme");
  return THEMES.find((theme) => theme === chosen) ?? "auto";
}

/**
 * A cookie for this site only, out of reach of scripts, over https only where https is.
 * @param maxAge in seconds; 0 forgets it
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

/** @returns path and query of an address, or undefined when it has none that can be read */
export function pathOf(address: string | null): string | undefined {
  if (!address || !URL.canParse(address)) return undefined;
  const { pathname, search } = new URL(address);
  return pathname + search;
}

/** @returns the path when it leads to a page of this site; where else a stranger's link wants to lead is nobody's next page */
export function safeNext(next: string | undefined): string {
  if (!next || !URL.canParse(next, "http://site.invalid")) return "/tasks";
  const { origin, pathname, search } = new URL(next, "http://site.invalid");
  const isPage = !pathname.startsWith("//") && !/^\/(login|logout|register)(\/|$)/.test(pathname);
  return origin === "http://site.invalid" && isPage ? pathname + search : "/tasks";
}

/** Leads a browser on after a form, and htmx too, which would otherwise follow quietly and swap the page in. */
export function seeOther(request: Request, location: string, cookies: string[] = []): Response {
  const headers = new Headers(cookies.map((cookie): [string, string] => ["set-cookie", cookie]));
  const fragment = isFragment(request);
  headers.set(fragment ? "hx-redirect" : "location", location);
  return new Response(null, { status: fragment ? 204 : 303, headers });
}
