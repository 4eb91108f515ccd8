import { type Environment, loadConfig } from "../config.ts";
import { openDatabase } from "../db/open.ts";
import { usage } from "./usage.ts";

/** `taskflow migrate`: brings the schema up to date, as a start does. @throws CommandError */
export async function migrateCommand(args: string[], environment: Environment): Promise<void> {
  if (args.length > 0) throw usage("usage: taskflow migrate");
  const db = await openDatabase(loadConfig(environment, { serving: false }));
  await db.close();
  console.log("The database is up to date.");
}
