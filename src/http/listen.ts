import type { Config } from "../config.ts";
import { CommandError } from "../errors.ts";

/** How long a connection may be silent: a response may have to wait, as in the queue for hashing passwords. */
const IDLE_SECONDS = 60;

type Fetch = (request: Request, server: Bun.Server<unknown>) => Promise<Response>;

/**
 * Listens on the configured address. Bodies have no limit here, as Bun's own 413 has no headers: `readBody` rejects
 * large ones without reading them.
 * @param sharePort lets other processes of this program listen on the same port
 * @throws CommandError when it can't listen
 */
export function listen({ host, port }: Pick<Config, "host" | "port">, fetch: Fetch, sharePort = false) {
  const open = (onPort: number) =>
    Bun.serve({
      hostname: host,
      port: onPort,
      fetch,
      development: false,
      idleTimeout: IDLE_SECONDS,
      reusePort: sharePort, // Bun shares the port by default when `development` is off
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    });
  try {
    return open(port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES") throw new CommandError(`no permission to open port ${port}; set PORT to one above 1023`);
    if (code === "EADDRINUSE" && isLocal(open))
      throw new CommandError(`port ${port} is in use; stop the program that uses it, or set PORT to another one`);
    throw new CommandError(`can't listen on HOST ${host}; set it to an address of this machine`);
  }
}

/**
 * Opens the port and closes it again, before workers share it: they would not notice that another program uses it.
 * @returns the port, a free one if the configured port is 0
 * @throws CommandError when it can't be opened
 */
export async function reservePort(config: Pick<Config, "host" | "port">): Promise<number> {
  const server = listen(config, async () => new Response(null, { status: 503 }));
  const { port = config.port } = server;
  await server.stop(true);
  return port;
}

/** Returns whether any port can be opened on the host. Bun reports an unknown host as "in use", too. */
function isLocal(open: (port: number) => Bun.Server<unknown>): boolean {
  try {
    open(0).stop(true);
    return true;
  } catch {
    return false;
  }
}

/** Returns the URL for people. An address that means "all interfaces" is shown as localhost. */
export function displayUrl(host: string, port: number | undefined): string {
  if (["0.0.0.0", "::", "127.0.0.1", "::1", "localhost"].includes(host)) return `http://localhost:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
