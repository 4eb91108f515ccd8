import { type Environment, loadConfig } from "../config.ts";
import { AppError } from "../errors.ts";
import { usage } from "./words.ts";

const PATIENCE_MS = 5000;

/**
 * `taskflow health [--url URL]`: whether a server is ready, by default the one of this configuration; for the health
 * checks of containers, which hold no other program. Where HEALTH_CHECK is `backup`, as in the backup service, it is
 * whether the newest backup is new enough: an image has one health check, and that service answers no requests.
 * @throws AppError `startup` when it is not
 */
export async function healthCommand(words: string[], environment: Environment): Promise<void> {
  const [option, given, ...rest] = words;
  if (words.length > 0 && (option !== "--url" || !given || !URL.canParse(given) || rest.length > 0))
    throw usage("say: health [--url URL]");
  if (environment.HEALTH_CHECK === "backup" && !given)
    return (await import("./backup.ts")).backupCommand(["--check"], environment);
  const { host, port } = loadConfig(environment, { serving: false });
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  const url = new URL("/readyz", given ?? `http://${name}:${port}`);
  let status: number;
  try {
    ({ status } = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) }));
  } catch {
    throw new AppError("startup", `${url.origin} does not answer`);
  }
  if (status !== 200) throw new AppError("startup", `${url.origin} is not ready: it answers ${status}`);
  console.log("ready");
}
