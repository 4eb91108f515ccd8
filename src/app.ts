import { Elysia } from "elysia";
import type { Services } from "./compose.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import { accountApi, signInApi } from "./features/accounts/api.ts";
import { Token, User } from "./features/accounts/model.ts";
import { accountPages, signInPages } from "./features/accounts/pages.tsx";
import { changesApi } from "./features/changes/api.ts";
import { eventsApi } from "./features/changes/events-api.ts";
import { ChangePage } from "./features/changes/model.ts";
import { changePages } from "./features/changes/pages.tsx";
import { tasksApi, trashApi } from "./features/tasks/api.ts";
import { createListUpdates } from "./features/tasks/list-updates.tsx";
import { BulkResult, Task, TaskPage, TrashPage } from "./features/tasks/model.ts";
import { taskPages } from "./features/tasks/pages.tsx";
import { trashPages } from "./features/tasks/trash-pages.tsx";
import { staticFiles } from "./http/assets.ts";
import { readBody } from "./http/body.ts";
import type { Cookies } from "./http/cookies.ts";
import { rejectCrossSite } from "./http/csrf.ts";
import { docs } from "./http/docs.tsx";
import { errorHandler, type Route } from "./http/error-handler.tsx";
import { createPages } from "./http/pages.ts";
import type { Sessions } from "./http/session.ts";
import { health, type Phase } from "./ops/health.ts";
import type { Logger } from "./ops/logging.ts";

export interface Dependencies extends Services {
  config: Config;
  logger: Logger;
  db: Database;
  cookies: Cookies;
  sessions: Sessions;
  phase: () => Phase;
}

/** The schemas that the API document names. */
const SCHEMAS = { Task, TaskPage, TrashPage, BulkResult, ChangePage, User, Token };

/** Returns the app: every route, after what they share. Elysia's hooks apply only to what is declared after them. */
export function createApp(dependencies: Dependencies) {
  const { config, logger, db, accounts, changes, tasks, live, cookies, sessions, phase } = dependencies;
  const pages = createPages(cookies);
  const api = new Elysia({ name: "api", normalize: false })
    .use(signInApi(accounts, sessions))
    .use(accountApi(accounts, sessions))
    .use(tasksApi(tasks, sessions))
    .use(trashApi(tasks, sessions))
    .use(changesApi(changes, sessions))
    .use(eventsApi(live, sessions));

  const routes: Route[] = [];
  // By default Elysia expects host names of at least four characters, and would not find "http://nas/tasks".
  const app = new Elysia({ normalize: false, handler: { standardHostname: false } })
    .use(errorHandler(logger, routes, cookies))
    .onRequest(rejectCrossSite(config))
    .onParse(({ request }) => readBody(request))
    .use(health(db, phase))
    .use(staticFiles)
    .use(api)
    .use(docs(api, SCHEMAS))
    .use(signInPages(accounts, sessions, pages))
    .use(accountPages(accounts, sessions, pages))
    .use(taskPages(tasks, sessions, pages))
    .use(trashPages(tasks, sessions, pages))
    .use(changePages(changes, sessions, pages, createListUpdates(tasks).undoView));
  routes.push(...app.routes);
  return app;
}

/** For typed clients: `treaty<App>(url)` from `@elysiajs/eden`. */
export type App = ReturnType<typeof createApp>;
