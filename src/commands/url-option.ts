import { type Environment, loadConfig } from "../config.ts";
import { usage } from "./usage.ts";

export interface Server {
  readonly url: URL;
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
    const url = new URL(given);
    return { url, options: isThisMachine(url) ? { proxy: false } : {} };
  }
  const { host, port } = loadConfig(environment, { serving: false });
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  return { url: new URL(`http://${name}:${port}`), options: { proxy: false } };
}

const isWebAddress = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

const isThisMachine = ({ hostname }: URL) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
