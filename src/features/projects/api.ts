import { type Context, Elysia } from "elysia";
import { jsonBody } from "../../http/body.ts";
import { changeHeader } from "../../http/change-header.ts";
import { etagOf, ifMatch } from "../../http/etag.ts";
import { idempotencyKey } from "../../http/idempotency-key.ts";
import { operation } from "../../http/openapi.ts";
import { cachedJson } from "../../http/response-cache.ts";
import type { Sessions } from "../../http/session.ts";
import { ProjectId, ProjectInput, ProjectPatch, ProjectQuery } from "./model.ts";
import type { ChangedProject, Projects } from "./service.ts";

const tag = "Projects";

/** Sets the headers that a changed project is returned with. */
function changedProject(set: Context["set"], { project, version, change }: ChangedProject) {
  set.headers.etag = etagOf(version);
  Object.assign(set.headers, changeHeader(change));
  return project;
}

export const projectsApi = (projects: Projects, sessions: Sessions) =>
  new Elysia({ name: "projects-api", prefix: "/api/projects" })
    .use(sessions.signedIn)
    .post(
      "/:id/restore",
      async ({ actor, params, request, set }) =>
        changedProject(
          set,
          await projects.restoreProject(actor, params.id, idempotencyKey(request, actor.user.id, null)),
        ),
      {
        params: ProjectId,
        detail: operation({
          tag,
          summary: "Restore a project from the trash",
          schema: "Project",
          headers: ["ETag", "TaskFlow-Change"],
          repeatable: true,
          errors: [401, 403, 404, 422],
        }),
      },
    )
    .use(jsonBody) // of the routes after it
    .get("", ({ actor, query, request }) => cachedJson(request, actor, () => projects.listProjects(actor, query)), {
      query: ProjectQuery,
      detail: operation({
        tag,
        summary: "List projects",
        description: "The projects that you see, in your own order. The first one is your Inbox.",
        schema: "ProjectList",
        headers: ["ETag"],
        conditional: "If-None-Match",
        errors: [401, 422],
      }),
    })
    .post(
      "",
      async ({ actor, body, request, set }) => {
        const created = await projects.createProject(actor, body, idempotencyKey(request, actor.user.id, body));
        set.status = 201;
        set.headers.location = `/api/projects/${created.project.id}`;
        return changedProject(set, created);
      },
      {
        body: ProjectInput,
        detail: operation({
          tag,
          summary: "Create a project",
          description: "You become its owner. An account can have 200 projects, including archived and deleted ones.",
          status: 201,
          schema: "Project",
          headers: ["Location", "ETag", "TaskFlow-Change"],
          repeatable: true,
          errors: [400, 401, 409, 413, 415, 422],
        }),
      },
    )
    .get(
      "/:id",
      async ({ actor, params, set }) => {
        const { project, version } = await projects.getProject(actor, params.id);
        set.headers.etag = etagOf(version);
        return project;
      },
      {
        params: ProjectId,
        detail: operation({ tag, summary: "Read a project", schema: "Project", headers: ["ETag"], errors: [401, 404] }),
      },
    )
    .patch(
      "/:id",
      async ({ actor, params, body, request, set }) =>
        changedProject(set, await projects.updateProject(actor, params.id, body, ifMatch(request))),
      {
        params: ProjectId,
        body: ProjectPatch,
        detail: operation({
          tag,
          summary: "Change a project",
          description:
            "Fields that you leave out stay as they are. Only an owner can change a project, but every member can change its position, which is their own. The Inbox can't be changed.",
          schema: "Project",
          headers: ["ETag", "TaskFlow-Change"],
          conditional: "If-Match",
          errors: [400, 401, 403, 404, 409, 412, 413, 415, 422],
        }),
      },
    )
    .delete(
      "/:id",
      async ({ actor, params, request, set }) => {
        const { change } = await projects.deleteProject(actor, params.id, ifMatch(request));
        set.status = 204;
        Object.assign(set.headers, changeHeader(change));
      },
      {
        params: ProjectId,
        detail: operation({
          tag,
          summary: "Delete a project",
          description:
            "Moves it to the trash with everything in it, where an owner can restore it for 30 days. The Inbox can't be deleted.",
          status: 204,
          headers: ["TaskFlow-Change"],
          conditional: "If-Match",
          errors: [401, 403, 404, 409, 412, 422],
        }),
      },
    );
