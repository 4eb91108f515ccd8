import { type Environment, loadConfig } from "../config.ts";
import { usage } from "./usage.ts";

export interface Server {
  /** Where the server is reached, without a slash at the end. */
  readonly url: string;
  readonly origin: string;
  /** Options for `fetch`: container engines set HTTP_PROXY, through which this machine can't be reached. */
  readonly options: { readonly proxy?: false };
}

/**
 * Reads the option `--url`.
 * @returns the server to ask: by default the one that this configuration starts here
 * @throws CommandError
 */
export function serverOf(command: string, args: string[], environment: Environment): Server {
  const [option, given, ...rest] = args;
  if (args.length > 0 && (option !== "--url" || !given || !isWebAddress(given) || rest.length > 0))
    throw usage(`usage: taskflow ${command} [--url URL], with a URL such as http://localhost:8000`);
  if (given) {
    const { origin, pathname, hostname } = new URL(given);
    return {
      url: origin + pathname.replace(/\/+$/, ""),
      origin,
      options: isThisMachine(hostname) ? { proxy: false } : {},
    };
  }
  const { host, port, basePath } = loadConfig(environment, { serving: false });
  const origin = `http://${reachableHost(host)}:${port}`;
  return { url: origin + basePath, origin, options: { proxy: false } };
}

/** Returns where a server that listens on a host is reached from here. Without IPv6 it listens on IPv4 only. */
export const reachableHost = (host: string) =>
  ["::", "0.0.0.0", "localhost"].includes(host) ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;

const isWebAddress = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

const isThisMachine = (hostname: string) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
