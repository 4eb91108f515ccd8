import type { Config } from "../config.ts";
import { CommandError } from "../errors.ts";

/** How long a connection may be silent: a response may have to wait, as in the queue for hashing passwords. */
const IDLE_SECONDS = 60;
/** Every address of the machine; a socket for `::` accepts IPv4, too. */
const EVERY = ["::", "0.0.0.0"];
const LOOPBACK = ["127.0.0.1", "::1"];

type Fetch = (request: Request, server: Bun.Server<unknown>) => Promise<Response>;
type Open = (hostname: string, port: number) => Bun.Server<unknown>;

interface Options {
  /** Lets other processes of this program listen on the same port. */
  readonly sharePort?: boolean;
  /** The variables that errors name. */
  readonly variables?: { readonly host: string; readonly port: string };
}

export interface Listener {
  readonly port: number;
  /** Refuses new connections. Waits for those in use, unless `closeActiveConnections` is set. */
  stop(closeActiveConnections?: boolean): Promise<void>;
}

/**
 * Listens on the configured address. Without IPv6, `::` means every IPv4 address. `localhost` means both of its
 * addresses. Bodies have no limit here, as Bun's own 413 has no headers: `readBody` rejects large ones without reading
 * them.
 * @throws CommandError when it can't listen
 */
export function listen(
  { host, port }: Pick<Config, "host" | "port">,
  fetch: Fetch,
  { sharePort = false, variables = { host: "HOST", port: "PORT" } }: Options = {},
): Listener {
  const open: Open = (hostname, onPort) =>
    Bun.serve({
      hostname,
      port: onPort,
      fetch,
      development: false,
      idleTimeout: IDLE_SECONDS,
      reusePort: sharePort, // Bun shares the port by default when `development` is off
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    });
  const hosts = hostsOf(host, open);
  try {
    const servers = openAll(hosts, port, open);
    return {
      port: servers[0]?.port ?? port,
      stop: async (force) => void (await Promise.all(servers.map((server) => server.stop(force)))),
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES")
      throw new CommandError(`no permission to open port ${port}; set ${variables.port} to one above 1023`);
    if (code === "EADDRINUSE" && hosts.length > 0 && hosts.every((each) => isLocal(each, open)))
      throw new CommandError(
        `port ${port} is in use; stop the program that uses it, or set ${variables.port} to another one`,
      );
    throw new CommandError(`can't listen on ${variables.host} ${host}; set it to an address of this machine`);
  }
}

/** Returns the addresses that HOST stands for on this machine, which may lack IPv6. */
function hostsOf(host: string, open: Open): string[] {
  if (host === "localhost") return LOOPBACK.filter((each) => isLocal(each, open));
  return host === "::" ? EVERY.filter((each) => isLocal(each, open)).slice(0, 1) : [host];
}

/** Opens one port on all addresses. If it has to be a free one, it must be free on all of them. */
function openAll(hosts: readonly string[], port: number, open: Open): Bun.Server<unknown>[] {
  const servers: Bun.Server<unknown>[] = [];
  try {
    for (const host of hosts) servers.push(open(host, servers[0]?.port ?? port));
    return servers;
  } catch (error) {
    for (const server of servers) void server.stop(true);
    if (port === 0 && servers.length > 0) return openAll(hosts, port, open);
    throw error;
  }
}

/**
 * Opens the port and closes it again, before workers share it: they would not notice that another program uses it.
 * @returns the port, a free one if the configured port is 0
 * @throws CommandError when it can't be opened
 */
export async function reservePort(config: Pick<Config, "host" | "port">): Promise<number> {
  const { port, stop } = listen(config, async () => new Response(null, { status: 503 }));
  await stop(true);
  return port;
}

/** Returns whether any port can be opened on the host. Bun reports an unknown host as "in use", too. */
function isLocal(host: string, open: Open): boolean {
  try {
    void open(host, 0).stop(true);
    return true;
  } catch {
    return false;
  }
}

/** Returns the URL for people on this machine. An address that means "all interfaces" is shown as localhost. */
export function displayUrl(host: string, port: number): string {
  const name = [...EVERY, ...LOOPBACK].includes(host) ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
