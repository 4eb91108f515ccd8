import { isIP } from "node:net";
import { Problem } from "./script.ts";

/** Checks of the variables that Compose and the engine report poorly. The program checks its own. */
const RULES: Record<string, [isRight: (text: string) => boolean, what: string]> = {
  PORT: [(text) => /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535, "a whole number from 1 to 65535"],
  TASKFLOW_ADDRESS: [(text) => isIP(text) !== 0, "an IP address of this machine, such as 127.0.0.1"],
  TASKFLOW_CPUS: [(text) => /^\d+(\.\d+)?$/.test(text) && Number(text) > 0, "a number above 0"],
  COMPOSE_PROJECT_NAME: [
    (text) => /^[a-z0-9][a-z0-9_-]*$/.test(text),
    "lower-case letters, digits, - and _, and begin with a letter or digit",
  ],
  REPLICA_URL: [(text) => /^[a-z0-9]+:\/\/\S+$/.test(text), "an address such as s3://bucket.host/taskflow"],
};

/** An empty variable counts as unset. @throws Problem that names every wrong variable */
export function checkSettings(environment: Readonly<Record<string, string | undefined>>): void {
  const wrong = Object.entries(RULES).flatMap(([name, [isRight, what]]) => {
    const text = environment[name];
    return !text || isRight(text) ? [] : [`${name} must be ${what}, not “${text}”`];
  });
  if (wrong.length > 0) throw new Problem(wrong.join("; "), 2);
}
