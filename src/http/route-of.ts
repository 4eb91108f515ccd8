import { Memoirist } from "memoirist";

export type RouteOf = (method: string, path: string) => string | undefined;

/**
 * Returns a function that tells the template of a request's route, such as `/api/tasks/:id`, from the method and the path
 * below the root. Undefined if there is no such route. It is Elysia's own router: asking Elysia itself would take a hook in
 * each request, and know nothing of those that fail before it.
 */
export function createRouteOf(routes: readonly { readonly method: string; readonly path: string }[]): RouteOf {
  const router = new Memoirist<string>();
  for (const { method, path } of routes) router.add(method, path, path);
  const find = (method: string, path: string) => router.find(method, path)?.store;
  return function routeOf(method, path): string | undefined {
    const found = find(method, path) ?? (method === "HEAD" ? find("GET", path) : undefined);
    // Elysia accepts a slash at the end.
    return found ?? (path.length > 1 && path.endsWith("/") ? routeOf(method, path.slice(0, -1)) : undefined);
  };
}
