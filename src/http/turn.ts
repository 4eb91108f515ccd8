import type { Actor } from "../actor.ts";
import type { Turn } from "../db/turns.ts";
import { isFragment } from "./htmx.ts";

/**
 * Returns the turn of a request's long reads: it ends when the client disconnects, and a newer request of the same open
 * page replaces it. Requests of programs replace none, as they may run in parallel.
 * @param name of what is read
 */
export function turnOf(request: Request, { sessionId }: Actor, name: string): Omit<Turn, "accountId"> {
  const page = isFragment(request) ? request.headers.get("hx-current-url") : null;
  return { signal: request.signal, key: page === null ? undefined : `${sessionId} ${name} ${page}` };
}
