import { Elysia } from "elysia";
import type { Services } from "./compose.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import { accountApi, signInApi } from "./features/accounts/api.ts";
import { SessionList, Token, User } from "./features/accounts/model.ts";
import { accountPages, signInPages } from "./features/accounts/pages.tsx";
import { changesApi } from "./features/changes/api.ts";
import { eventsApi } from "./features/changes/events-api.ts";
import { ChangePage } from "./features/changes/model.ts";
import { changePages } from "./features/changes/pages.tsx";
import { commentsApi } from "./features/comments/api.ts";
import { Comment, CommentPage } from "./features/comments/model.ts";
import { commentPages } from "./features/comments/pages.tsx";
import { projectsApi } from "./features/projects/api.ts";
import { Project, ProjectList } from "./features/projects/model.ts";
import { projectPages } from "./features/projects/pages.tsx";
import { invitesApi, membersApi } from "./features/sharing/api.ts";
import { InviteList, MemberList, NewInvite, PendingInviteList } from "./features/sharing/model.ts";
import { sharingPages } from "./features/sharing/pages.tsx";
import { tasksApi, trashApi } from "./features/tasks/api.ts";
import { boxPages } from "./features/tasks/box-pages.tsx";
import { bulkPages } from "./features/tasks/bulk-pages.tsx";
import { copiesApi } from "./features/tasks/copies-api.ts";
import { copiesPages } from "./features/tasks/copies-pages.tsx";
import { duePages } from "./features/tasks/due-pages.tsx";
import { labelPages } from "./features/tasks/label-pages.tsx";
import { labelsApi } from "./features/tasks/labels-api.ts";
import { createListUpdates } from "./features/tasks/list-updates.tsx";
import { BulkResult, Label, LabelList, Task, TaskPage, TrashPage } from "./features/tasks/model.ts";
import { orderPages } from "./features/tasks/order-pages.tsx";
import { taskPages } from "./features/tasks/pages.tsx";
import { sectionsApi } from "./features/tasks/section-api.ts";
import { Section, SectionList } from "./features/tasks/section-model.ts";
import { sectionPages } from "./features/tasks/section-pages.tsx";
import { shownPages } from "./features/tasks/shown-pages.tsx";
import { trashPages } from "./features/tasks/trash-pages.tsx";
import { staticFiles } from "./http/assets.ts";
import { readBody } from "./http/body.ts";
import type { ClientOf } from "./http/client.ts";
import type { Cookies } from "./http/cookies.ts";
import { rejectCrossSite } from "./http/csrf.ts";
import { docs } from "./http/docs.tsx";
import { errorHandler, type Route } from "./http/error-handler.tsx";
import { createPages } from "./http/pages.ts";
import type { Sessions } from "./http/session.ts";
import { createNavigation } from "./navigation.ts";
import { health, type Phase } from "./ops/health.ts";
import type { Logger } from "./ops/logging.ts";

export interface Dependencies extends Services {
  config: Config;
  logger: Logger;
  db: Database;
  cookies: Cookies;
  sessions: Sessions;
  clientOf: ClientOf;
  phase: () => Phase;
}

/** The schemas that the API document names. */
const SCHEMAS = {
  ...{
    Project,
    ProjectList,
    Section,
    SectionList,
    MemberList,
    InviteList,
    NewInvite,
    PendingInviteList,
    Task,
    TaskPage,
    TrashPage,
    BulkResult,
    Label,
    LabelList,
    ChangePage,
    Comment,
    CommentPage,
  },
  ...{ User, Token, SessionList },
};

/** Returns the app: every route, after what they share. Elysia's hooks apply only to what is declared after them. */
export function createApp(dependencies: Dependencies) {
  const {
    config,
    logger,
    db,
    accounts,
    changes,
    projects,
    sections,
    sharing,
    tasks,
    comments,
    copies,
    live,
    cookies,
    sessions,
    clientOf,
    phase,
  } = dependencies;
  const pages = createPages(cookies, createNavigation(dependencies));
  const api = new Elysia({ name: "api", normalize: false })
    .use(signInApi(accounts, sessions, clientOf))
    .use(accountApi(accounts, sessions, clientOf))
    .use(projectsApi(projects, sessions))
    .use(sectionsApi(sections, sessions))
    .use(membersApi(sharing, sessions, clientOf))
    .use(invitesApi(sharing, projects, sessions))
    .use(tasksApi(tasks, sessions))
    .use(copiesApi(copies, tasks, sessions))
    .use(trashApi(tasks, sessions))
    .use(commentsApi(comments, sessions))
    .use(labelsApi(tasks, sessions))
    .use(changesApi(changes, sessions))
    .use(eventsApi(live, sessions, clientOf));

  // One part of the chain: TypeScript gives up on a longer one.
  const taskForms = new Elysia({ name: "task-forms", normalize: false })
    .use(boxPages(dependencies, sessions, pages))
    .use(duePages(dependencies, sessions, pages))
    .use(orderPages(dependencies, sessions, pages))
    .use(bulkPages(dependencies, sessions, pages))
    .use(copiesPages(dependencies, sessions, pages));
  const routes: Route[] = [];
  // By default Elysia expects host names of at least four characters, and would not find "http://nas/tasks".
  const app = new Elysia({ normalize: false, handler: { standardHostname: false } })
    .use(errorHandler(logger, routes, cookies))
    .onRequest(rejectCrossSite(config, logger))
    .onParse(({ request }) => readBody(request))
    .use(health(db, phase))
    .use(staticFiles)
    .use(api)
    .use(docs(api, SCHEMAS, { basePath: config.basePath, sessions, pages }))
    .use(signInPages(accounts, sessions, pages, clientOf))
    .use(accountPages(accounts, sessions, pages, clientOf))
    .use(projectPages(projects, sessions, pages))
    .use(sharingPages(sharing, projects, sessions, pages, clientOf))
    .use(commentPages(dependencies, sessions, pages))
    .use(shownPages(dependencies, sessions, pages))
    .use(taskPages(dependencies, sessions, pages))
    .use(taskForms)
    .use(sectionPages(dependencies, sessions, pages))
    .use(labelPages(tasks, sessions, pages))
    .use(trashPages(tasks, projects, sessions, pages))
    .use(changePages(changes, projects.namesOf, sessions, pages, createListUpdates(dependencies, pages).undoView));
  routes.push(...app.routes);
  return app;
}

/** For typed clients: `treaty<App>(url)` from `@elysiajs/eden`. */
export type App = ReturnType<typeof createApp>;
