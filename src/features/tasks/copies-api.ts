import { Elysia } from "elysia";
import { changeHeader } from "../../http/change-header.ts";
import { etagOf } from "../../http/etag.ts";
import { idempotencyKey } from "../../http/idempotency-key.ts";
import { operation } from "../../http/openapi.ts";
import type { Sessions } from "../../http/session.ts";
import { ProjectId } from "../projects/model.ts";
import type { ProjectCopies } from "./copies.ts";
import { TaskId } from "./model.ts";
import type { Tasks } from "./service.ts";

/** What both routes document in common. */
const createOperation = (
  more: Pick<Parameters<typeof operation>[0], "tag" | "summary" | "description" | "schema" | "errors">,
) => operation({ ...more, status: 201, headers: ["Location", "ETag", "TaskFlow-Change"], repeatable: true });

export const copiesApi = (copies: ProjectCopies, tasks: Tasks, sessions: Sessions) =>
  new Elysia({ name: "copies-api", prefix: "/api" })
    .use(sessions.signedIn)
    .post(
      "/tasks/:id/duplicate",
      async ({ actor, params, request, set }) => {
        const repeat = idempotencyKey(request, actor.user.id, null);
        const { task, version, change } = await tasks.duplicateTask(actor, params.id, repeat);
        set.status = 201;
        const location = `/api/tasks/${task.id}`;
        Object.assign(set.headers, { location, etag: etagOf(version) }, changeHeader(change));
        return task;
      },
      {
        params: TaskId,
        detail: createOperation({
          tag: "Tasks",
          summary: "Duplicate a task",
          description:
            "The copy comes directly after the task, with copies of its open subtasks: 1,000 tasks at most. It is open, and has no comments.",
          schema: "Task",
          errors: [401, 403, 404, 409, 422],
        }),
      },
    )
    .post(
      "/projects/:id/duplicate",
      async ({ actor, params, request, set }) => {
        const repeat = idempotencyKey(request, actor.user.id, null);
        const { project, version, change } = await copies.duplicateProject(actor, params.id, repeat);
        set.status = 201;
        const location = `/api/projects/${project.id}`;
        Object.assign(set.headers, { location, etag: etagOf(version) }, changeHeader(change));
        return project;
      },
      {
        params: ProjectId,
        detail: createOperation({
          tag: "Projects",
          summary: "Duplicate a project",
          description:
            "The copy has the sections and open tasks of the project, 5,000 at most. You are its only member: assignees are removed unless they are you, and comments stay with the original. Undoing the change moves the copy to the trash.",
          schema: "Project",
          errors: [401, 404, 409, 422],
        }),
      },
    );
