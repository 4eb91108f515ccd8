import { type Environment, loadConfig } from "../config.ts";
import { CommandError } from "../errors.ts";
import { serverOf } from "./server.ts";

const PATIENCE_MS = 5000;

/**
 * `taskflow health [--url URL]`: whether a server is ready, by default the one of this configuration; for the health
 * checks of containers, which hold no other program. Where HEALTH_CHECK is `backup`, as in the backup service, it is
 * whether the newest backup is new enough: an image has one health check, and that service answers no requests.
 * @throws CommandError when it is not
 */
export async function healthCommand(words: string[], environment: Environment): Promise<void> {
  if (words.length === 0 && loadConfig(environment, { serving: false }).healthCheck === "backup")
    return (await import("./backup.ts")).backupCommand(["--check"], environment);
  const { url, route } = serverOf("health", words, environment);
  let status: number;
  try {
    ({ status } = await fetch(new URL("/readyz", url), { ...route, signal: AbortSignal.timeout(PATIENCE_MS) }));
  } catch {
    throw new CommandError(`${url.origin} does not answer`);
  }
  if (status !== 200) throw new CommandError(`${url.origin} is not ready: it answers ${status}`);
  console.log("ready");
}
