/** Returns the request id that a proxy set, if it is well-formed, or a new one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get("x-request-id") ?? "";
  return /^[\w.:-]{1,128}$/.test(given) ? given : Bun.randomUUIDv7();
}
