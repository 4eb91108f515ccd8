import { createServices } from "../compose.ts";
import { type Environment, loadConfig } from "../config.ts";
import { openDatabase } from "../db/open.ts";
import { fileExists } from "../db/sqlite/errors.ts";
import { CommandError } from "../errors.ts";

/**
 * Runs work with the services, on the configured database.
 * @throws CommandError if there is no database yet; what the work throws
 */
export async function withServices<Result>(
  environment: Environment,
  work: (services: ReturnType<typeof createServices>) => Promise<Result>,
): Promise<Result> {
  const config = loadConfig(environment, { serving: false });
  const { database } = config;
  if (database.engine === "sqlite" && !fileExists(database.file)) {
    throw new CommandError(`there is no database at ${database.file}; set DATA_DIR or DATABASE_URL as for the server`);
  }
  const db = await openDatabase(config);
  try {
    return await work(createServices(db, config));
  } finally {
    await db.close();
  }
}
