/** Who reads the response: a program, htmx inside a page, or a browser that shows a page. */
export type Surface = "api" | "fragment" | "page";

export function surfaceOf(request: Request): Surface {
  const { pathname } = new URL(request.url);
  if (/^\/(api|docs\/json|healthz|readyz)(\/|$)/.test(pathname)) return "api";
  return isFragment(request) ? "fragment" : "page";
}

/** Returns whether htmx asks for a part of a page. Restoring the history asks for a whole one. */
export function isFragment({ headers }: Request): boolean {
  return headers.get("hx-request") === "true" && headers.get("hx-history-restore-request") !== "true";
}
