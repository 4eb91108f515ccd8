import { type Environment, loadConfig } from "../config.ts";
import { openDatabase } from "../db/open.ts";
import { usage } from "./usage.ts";

/** `taskflow migrate`: brings the schema up to date, as the start does too. @throws CommandError */
export async function migrateCommand(words: string[], environment: Environment): Promise<void> {
  if (words.length > 0) throw usage("say: migrate");
  const db = await openDatabase(loadConfig(environment, { serving: false }));
  await db.close();
  console.log("The database is up to date.");
}
