import { Elysia } from "elysia";
import { accountApi, signInApi } from "./accounts/api.ts";
import { accountPages, signInPages } from "./accounts/pages.tsx";
import type { Accounts } from "./accounts/service.ts";
import { changesApi } from "./changes/api.ts";
import { changePages } from "./changes/pages.tsx";
import type { Changes } from "./changes/service.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import { staticFiles } from "./http/assets.ts";
import { readBody } from "./http/body.ts";
import { docs } from "./http/docs.tsx";
import { errorAnswers, type Route } from "./http/error-answers.tsx";
import { refuseCrossSite } from "./http/same-origin.ts";
import type { Sessions } from "./http/session.ts";
import { liveApi } from "./live/api.ts";
import type { Live } from "./live/service.ts";
import { health, type Phase } from "./ops/health.ts";
import type { Logger } from "./ops/logging.ts";
import { tasksApi } from "./tasks/api.ts";
import { taskPages } from "./tasks/pages.tsx";
import type { Tasks } from "./tasks/service.ts";
import { trashApi } from "./trash/api.ts";
import { trashPages } from "./trash/pages.tsx";
import type { Trash } from "./trash/service.ts";

export interface Dependencies {
  config: Config;
  logger: Logger;
  db: Database;
  accounts: Accounts;
  changes: Changes;
  tasks: Tasks;
  trash: Trash;
  live: Live;
  sessions: Sessions;
  phase: () => Phase;
}

/** Every room, in the order that a request meets what they share. */
export function createApp(dependencies: Dependencies) {
  const { config, logger, db, accounts, changes, tasks, trash, live, sessions, phase } = dependencies;
  const api = new Elysia({ name: "api", normalize: false })
    .use(signInApi(accounts, sessions))
    .use(accountApi(accounts, sessions))
    .use(tasksApi(tasks, sessions))
    .use(trashApi(trash, sessions))
    .use(changesApi(changes, tasks, sessions))
    .use(liveApi(live, sessions));

  const routes: Route[] = [];
  // Elysia looks for the path from the eleventh character on unless told that a host name can be as short as "nas".
  const app = new Elysia({ normalize: false, handler: { standardHostname: false } })
    .use(errorAnswers(logger, routes))
    .onRequest(refuseCrossSite(config))
    .onParse(({ request }) => readBody(request))
    .use(health(db, phase))
    .use(staticFiles)
    .use(api)
    .use(docs(api))
    .use(signInPages(accounts, sessions))
    .use(accountPages(accounts, sessions, config))
    .use(taskPages(tasks, sessions, config))
    .use(trashPages(trash, sessions, config))
    .use(changePages(changes, tasks, sessions, config));
  routes.push(...app.routes);
  return app;
}

/** For typed clients: `treaty<App>(url)` from `@elysiajs/eden`. */
export type App = ReturnType<typeof createApp>;
