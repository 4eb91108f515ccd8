import { copyPeer } from "./client.ts";

type Handle = (request: Request) => Response | Promise<Response>;

/**
 * The attributes in which views write addresses of this site. Kita writes every attribute with double quotes and escapes
 * them in text, so this matches attributes only.
 */
const ADDRESSES =
  / (href|src|action|formaction|data-feed|hx-(?:get|post|put|patch|delete|push-url|replace-url))="(?=\/)/g;
const RESPONSE_HEADERS = ["location", "hx-location", "hx-redirect", "hx-push-url", "hx-replace-url"];
/** Request headers in which the browser names the page that it shows. */
const PAGE_HEADERS = ["referer", "hx-current-url"];

/**
 * Serves an app below a path. Only this file and `static/ui/address.js` know the path: routes, views and services use
 * addresses from the root, which get the path in the response.
 * @param basePath such as `/tasks`; empty at the root, where the app is returned as it is
 * @param routes the paths of the app's routes
 */
export function serveBelow(basePath: string, routes: readonly string[], handle: Handle): Handle {
  if (basePath === "") return handle;
  const removePath = pathRemover(basePath, routes);

  /** Returns the request that would have been sent to the root. */
  function inside(request: Request): Request {
    const url = new URL(request.url);
    url.pathname = removePath(url.pathname);
    const result = new Request(url, request);
    copyPeer(request, result);
    for (const name of PAGE_HEADERS) {
      const page = result.headers.get(name);
      if (page && URL.canParse(page)) result.headers.set(name, pageInside(new URL(page)));
    }
    // A page is compressed once it is rewritten.
    if (!/^\/(api|static)\//.test(url.pathname)) result.headers.delete("accept-encoding");
    return result;
  }

  function pageInside(page: URL): string {
    if (page.pathname === basePath || page.pathname.startsWith(`${basePath}/`))
      page.pathname = page.pathname.slice(basePath.length);
    return page.href;
  }

  return async function handleBelow(request) {
    const response = await handle(inside(request));
    const { headers, status } = response;
    for (const name of RESPONSE_HEADERS) {
      const address = headers.get(name);
      if (address?.startsWith("/")) headers.set(name, basePath + address);
    }
    if (!headers.get("content-type")?.startsWith("text/html")) return response;
    headers.delete("content-length");
    const html = await response.text();
    return new Response(
      html.replace(ADDRESSES, ` $1="${basePath}`).replace("<body", `<body data-base-path="${basePath}"`),
      { status, headers },
    );
  };
}

/** Returns a function that returns the path that a route knows: without the path of BASE_URL. */
export const pathBelow = (basePath: string, routes: readonly string[]): ((path: string) => string) =>
  basePath === "" ? (path) => path : pathRemover(basePath, routes);

/**
 * Returns a function that removes the path from the path of a request. Some proxies have removed it already. A path such
 * as `/tasks` is also the start of routes, so a request is recognized by what comes after it: `/tasks/login` has the path,
 * `/tasks/019aab2c-…` is a route.
 */
function pathRemover(basePath: string, routes: readonly string[]) {
  const firstWord = (path: string) => path.split("/")[1] ?? "";
  const words = new Set(routes.map(firstWord));
  const isRouteToo = words.has(firstWord(basePath));
  return function removePath(path: string): string {
    // As a route it is a page that links lead to. As the root it was typed.
    if (path === basePath) return routes.includes(basePath) ? path : "/";
    if (!path.startsWith(`${basePath}/`)) return path;
    const rest = path.slice(basePath.length);
    return isRouteToo && !words.has(firstWord(rest)) ? path : rest;
  };
}
