import { type Environment, loadConfig } from "../config.ts";
import { usage } from "./usage.ts";

export interface Server {
  readonly url: URL;
  /** What a request to it is sent with: HTTP_PROXY, which engines hand to containers, is no way to one's own machine. */
  readonly route: { readonly proxy?: false };
}

/**
 * @param words what follows the command: nothing, or `--url URL`
 * @returns the server that it is about: by default the one that this configuration starts here
 * @throws CommandError
 */
export function serverOf(command: string, words: string[], environment: Environment): Server {
  const [option, given, ...rest] = words;
  if (words.length > 0 && (option !== "--url" || !given || !isWebAddress(given) || rest.length > 0))
    throw usage(`say: ${command} [--url URL], with a URL such as http://localhost:8000`);
  if (given) {
    const url = new URL(given);
    return { url, route: isThisMachine(url) ? { proxy: false } : {} };
  }
  const { host, port } = loadConfig(environment, { serving: false });
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  return { url: new URL(`http://${name}:${port}`), route: { proxy: false } };
}

const isWebAddress = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

const isThisMachine = ({ hostname }: URL) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
