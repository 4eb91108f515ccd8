import { createServices } from "../compose.ts";
import { type Environment, loadConfig } from "../config.ts";
import { openDatabase } from "../db/open.ts";
import { isThere } from "../db/sqlite/errors.ts";
import { CommandError } from "../errors.ts";

/**
 * Lets a command use the rooms, on the database that the configuration names.
 * @throws CommandError where there is no database yet, rather than make one; what the work throws
 */
export async function withServices<Result>(
  environment: Environment,
  work: (services: ReturnType<typeof createServices>) => Promise<Result>,
): Promise<Result> {
  const config = loadConfig(environment, { serving: false });
  const { database } = config;
  if (database.engine === "sqlite" && !isThere(database.file)) {
    throw new CommandError(`there is no database at ${database.file}; set DATA_DIR or DATABASE_URL as for the server`);
  }
  const db = await openDatabase(config);
  try {
    return await work(createServices(db));
  } finally {
    await db.close();
  }
}
