import { isFragment } from "./htmx.ts";

/** Returns the path and query of a URL, or undefined if it can't be parsed. */
export function pathOf(url: string | null): string | undefined {
  if (!url || !URL.canParse(url)) return undefined;
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/** Returns the path if it leads to a page of this site, or `/tasks`: a link must not redirect to another site. */
export function safeNext(next: string | undefined): string {
  if (!next || !URL.canParse(next, "http://site.invalid")) return "/tasks";
  const { origin, pathname, search } = new URL(next, "http://site.invalid");
  const isPage = !pathname.startsWith("//") && !/^\/(login|logout|register)(\/|$)/.test(pathname);
  return origin === "http://site.invalid" && isPage ? pathname + search : "/tasks";
}

/** Redirects a browser after a form, and htmx, which would otherwise follow the redirect and swap the page in. */
export function seeOther(request: Request, location: string, cookies: string[] = []): Response {
  const headers = new Headers(cookies.map((cookie): [string, string] => ["set-cookie", cookie]));
  const fragment = isFragment(request);
  headers.set(fragment ? "hx-redirect" : "location", location);
  return new Response(null, { status: fragment ? 204 : 303, headers });
}
