import { Elysia } from "elysia";
import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import { accountApi, signInApi } from "./features/accounts/api.ts";
import { accountPages, signInPages } from "./features/accounts/pages.tsx";
import type { Accounts } from "./features/accounts/service.ts";
import { changesApi } from "./features/changes/api.ts";
import { liveApi } from "./features/changes/events-api.ts";
import type { Live } from "./features/changes/live.ts";
import { changePages } from "./features/changes/pages.tsx";
import type { Changes } from "./features/changes/service.ts";
import { tasksApi } from "./features/tasks/api.ts";
import { taskPages } from "./features/tasks/pages.tsx";
import type { Tasks } from "./features/tasks/service.ts";
import type { Trash } from "./features/tasks/trash.ts";
import { trashApi } from "./features/tasks/trash-api.ts";
import { trashPages } from "./features/tasks/trash-pages.tsx";
import { staticFiles } from "./http/assets.ts";
import { readBody } from "./http/body.ts";
import { refuseCrossSite } from "./http/csrf.ts";
import { docs } from "./http/docs.tsx";
import { errorAnswers, type Route } from "./http/error-handler.tsx";
import type { Sessions } from "./http/session.ts";
import { health, type Phase } from "./ops/health.ts";
import type { Logger } from "./ops/logging.ts";

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
