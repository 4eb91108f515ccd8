import { type Environment, loadConfig } from "../config.ts";
import { usage } from "./words.ts";

/**
 * @param words what follows the command: nothing, or `--url URL`
 * @returns the server that it is about: by default the one that this configuration starts here
 * @throws AppError `startup`
 */
export function serverOf(command: string, words: string[], environment: Environment): URL {
  const [option, given, ...rest] = words;
  if (words.length > 0 && (option !== "--url" || !given || !URL.canParse(given) || rest.length > 0))
    throw usage(`say: ${command} [--url URL]`);
  if (given) return new URL(given);
  const { host, port } = loadConfig(environment, { serving: false });
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  return new URL(`http://${name}:${port}`);
}
