import { type Environment, loadConfig } from "../config.ts";
import { CommandError } from "../errors.ts";
import { serverOf } from "./url-option.ts";

const TIMEOUT_MS = 5000;

/**
 * `taskflow health [--url URL]`: reports whether a server is ready, for the health check of containers, which contain no
 * other program. With HEALTH_CHECK=backup it reports whether the newest backup is recent: an image has one health check,
 * and the backup service handles no requests.
 * @throws CommandError if not
 */
export async function healthCommand(args: string[], environment: Environment): Promise<void> {
  if (args.length === 0 && loadConfig(environment, { serving: false }).healthCheck === "backup")
    return (await import("./backup.ts")).backupCommand(["--check"], environment);
  const { url, options } = serverOf("health", args, environment);
  let status: number;
  try {
    ({ status } = await fetch(`${url}/readyz`, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }));
  } catch {
    throw new CommandError(`${url} does not respond`);
  }
  if (status !== 200) throw new CommandError(`${url} is not ready: it responds ${status}`);
  console.log("ready");
}
