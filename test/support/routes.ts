import { createApp } from "../../src/app.ts";
import { createServices, createSessionsFor } from "../../src/compose.ts";
import { loadConfig } from "../../src/config.ts";
import { createClientOf } from "../../src/http/client.ts";
import { createCookies } from "../../src/http/cookies.ts";
import { createLogger } from "../../src/ops/logging.ts";
import { openServices } from "./members.ts";

/** Returns every route of the app but the static files, as in "GET /tasks/:id", on the data of a program. */
export async function routesOf(dataDir: string): Promise<string[]> {
  const config = loadConfig({ DATA_DIR: dataDir, LOG_LEVEL: "silent" });
  const { db, close } = await openServices(dataDir);
  const [logger, cookies] = [createLogger(config), createCookies(config)];
  const clientOf = createClientOf(config, logger);
  const services = createServices(db, config);
  const sessions = createSessionsFor(config, services, cookies, clientOf);
  const app = createApp({ config, logger, db, ...services, cookies, sessions, clientOf, phase: () => "serving" });
  const routes = app.routes.map(({ method, path }) => `${method} ${path}`);
  await close();
  return [...new Set(routes)].filter((route) => !route.includes(" /static/")).sort();
}
