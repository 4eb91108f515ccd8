/** Below the ports that systems give to outgoing connections, so that none of them takes it in between. */
const FIRST = 10_000;
const LAST = 19_999;

/** Returns a port on which nothing listens. */
export function freePort(): number {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      return port;
    } catch {
      // In use: try another one.
    }
  }
}
