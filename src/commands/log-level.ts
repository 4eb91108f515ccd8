import { type Environment, LOG_LEVELS, type LogLevel, loadConfig } from "../config.ts";
import { askServer } from "./operators.ts";
import { usage } from "./usage.ts";

/** `taskflow log-level LEVEL`: changes what the running server logs, until it is restarted. @throws CommandError */
export async function logLevelCommand(args: string[], environment: Environment): Promise<void> {
  const [level, ...rest] = args;
  if (rest.length > 0 || !LOG_LEVELS.includes(level as LogLevel))
    throw usage(`usage: taskflow log-level LEVEL, with one of ${LOG_LEVELS.join(", ")}`);
  const response = await askServer(loadConfig(environment, { serving: false }), "/log-level", {
    method: "PUT",
    body: level as LogLevel,
  });
  console.log((await response.text()).trim());
}
