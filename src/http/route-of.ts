import { Memoirist } from "memoirist";

/** The method that stands for all of them. */
const ANY = "*";
/** A number, or a UUID. */
const ID = /^(\d{1,15}|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12})$/;
/** Part of a wrong address, or of one that a program tries. Secrets are longer. */
const WORD = /^[\w.-]{1,20}$/;

interface Route {
  readonly method: string;
  readonly path: string;
}

export type RouteOf = (method: string, path: string) => string | undefined;

/**
 * Returns a function that tells the template of a request's route, such as `/api/tasks/:id`, from the method and the path
 * below the root. Undefined if there is no such route. It is Elysia's own router: asking Elysia itself would take a hook in
 * each request, and know nothing of those that fail before it.
 */
export function createRouteOf(routes: readonly Route[]): RouteOf {
  let router: Memoirist<string> | undefined;
  function find(method: string, path: string): string | undefined {
    router ??= routerOf(routes); // with the first request: a start should not wait for it
    return router.find(method, path)?.store;
  }
  return function routeOf(method, path): string | undefined {
    const found = find(method, path) ?? (method === "HEAD" ? find("GET", path) : undefined);
    // Elysia accepts a slash at the end.
    return found ?? (path.length > 1 && path.endsWith("/") ? routeOf(method, path.slice(0, -1)) : undefined);
  };
}

function routerOf(routes: readonly Route[]): Memoirist<string> {
  const router = new Memoirist<string>();
  for (const { method, path } of routes)
    for (const each of [method, ANY]) router.add(each, path, path, { ignoreHistory: true });
  return router;
}

/**
 * Returns a path without what people have written, such as the name of a label or the secret of a link: of the parts
 * that vary, only ids remain.
 * @param path with the path of BASE_URL, if it has it
 */
export function safePath(routeOf: RouteOf, path: string, route = routeOf(ANY, path)): string {
  if (route === "/") return path;
  const parts = path.split("/");
  const words = route?.split("/") ?? [];
  // A wildcard stands for any number of parts.
  const start = route?.endsWith("*")
    ? parts.indexOf(words[1] ?? "") - 1
    : parts.length - words.length - (path.endsWith("/") ? 1 : 0);
  const isSafe = (part: string, index: number) =>
    part === "" ||
    ID.test(part) ||
    (route === undefined ? WORD.test(part) : index < start || words[index - start] === part);
  return parts.map((part, index) => (isSafe(part, index) ? part : "…")).join("/");
}
