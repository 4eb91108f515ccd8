import { type Context, Elysia } from "elysia";
import { jsonBody } from "../../http/body.ts";
import { changeHeader } from "../../http/change-header.ts";
import { etagOf, ifMatch, itemResponse } from "../../http/etag.ts";
import { idempotencyKey } from "../../http/idempotency-key.ts";
import { operation } from "../../http/openapi.ts";
import { cachedJson } from "../../http/response-cache.ts";
import type { Sessions } from "../../http/session.ts";
import { turnOf } from "../../http/turn.ts";
import { isByDate } from "./due-lists.ts";
import { BulkInput, type ChangedTask, TaskId, TaskInput, TaskPatch, TaskQuery, TrashQuery } from "./model.ts";
import type { Tasks } from "./service.ts";

const tag = "Tasks";

/** Sets the headers that a changed task is returned with. */
function changedTask(set: Context["set"], { task, version, change }: ChangedTask) {
  set.headers.etag = etagOf(version, task.commentCount);
  Object.assign(set.headers, changeHeader(change));
  return task;
}

/** What `PUT` and `PATCH` document in common. */
const changeOperation = (summary: string, description: string) =>
  operation({
    tag,
    summary,
    description,
    schema: "Task",
    headers: ["ETag", "TaskFlow-Change"],
    conditional: "If-Match",
    errors: [400, 401, 403, 404, 409, 412, 413, 415, 422],
  });

export const tasksApi = (tasks: Tasks, sessions: Sessions) =>
  new Elysia({ name: "tasks-api", prefix: "/api/tasks" })
    .use(sessions.signedIn)
    .use(jsonBody)
    .get(
      "",
      ({ actor, query, request }) =>
        cachedJson(
          request,
          actor,
          () => tasks.listTasks(actor, query, actor.access.position, turnOf(request, actor, "list")),
          // By date, a list depends on the minute in the reader's time zone.
          query.sort === "dueDate" || isByDate(query) ? `${actor.timeZone} ${Math.floor(Date.now() / 60_000)}` : "",
        ),
      {
        query: TaskQuery,
        detail: operation({
          tag,
          summary: "List tasks",
          headers: ["ETag"],
          conditional: "If-None-Match",
          description:
            "Returns a page of the tasks that match, by default in all your projects that are not archived. `nextCursor` leads to the next page; tasks that are added or deleted in between cause no repeats and no gaps. `totals` counts what matches `q` and `priority`, whatever the `status`.",
          schema: "TaskPage",
          errors: [401, 404, 422],
        }),
      },
    )
    .post(
      "",
      async ({ actor, body, request, set }) => {
        const changed = await tasks.createTask(actor, body, idempotencyKey(request, actor.user.id, body));
        set.status = 201;
        set.headers.location = `/api/tasks/${changed.task.id}`;
        return changedTask(set, changed);
      },
      {
        body: TaskInput,
        detail: operation({
          tag,
          summary: "Create a task",
          status: 201,
          schema: "Task",
          headers: ["Location", "ETag", "TaskFlow-Change"],
          repeatable: true,
          errors: [400, 401, 403, 404, 409, 413, 415, 422],
        }),
      },
    )
    .post(
      "/bulk",
      async ({ actor, body, request, set }) => {
        const { changed, change } = await tasks.bulk(actor, body, idempotencyKey(request, actor.user.id, body));
        Object.assign(set.headers, changeHeader(change));
        return { affected: changed };
      },
      {
        body: BulkInput,
        detail: operation({
          tag,
          summary: "Change many tasks at once",
          description: "Changes all of them, or none if one does not exist.",
          schema: "BulkResult",
          headers: ["TaskFlow-Change"],
          repeatable: true,
          errors: [400, 401, 403, 404, 409, 413, 415, 422],
        }),
      },
    )
    .get(
      "/:id",
      async ({ actor, params, request }) => {
        const { task, version } = await tasks.getTask(actor, params.id);
        return itemResponse(request, task, version, task.commentCount);
      },
      {
        params: TaskId,
        detail: operation({
          tag,
          summary: "Read a task",
          schema: "Task",
          headers: ["ETag"],
          conditional: "If-None-Match",
          errors: [401, 404],
        }),
      },
    )
    .put(
      "/:id",
      async ({ actor, params, body, request, set }) =>
        changedTask(set, await tasks.replaceTask(actor, params.id, body, ifMatch(request))),
      {
        params: TaskId,
        body: TaskInput,
        detail: changeOperation(
          "Replace a task",
          "Fields that you leave out get their defaults; the task stays in its project.",
        ),
      },
    )
    .patch(
      "/:id",
      async ({ actor, params, body, request, set }) =>
        changedTask(set, await tasks.updateTask(actor, params.id, body, ifMatch(request))),
      {
        params: TaskId,
        body: TaskPatch,
        detail: changeOperation(
          "Change a task",
          "Fields that you leave out stay as they are. With `If-Match`, an edit is rejected only if the same field has changed since: other edits are kept, and those of different lines of the notes are merged. With another `projectId`, the task moves there: a change in both projects.",
        ),
      },
    )
    .delete(
      "/:id",
      async ({ actor, params, request, set }) => {
        const { change } = await tasks.deleteTask(actor, params.id, ifMatch(request));
        set.status = 204;
        Object.assign(set.headers, changeHeader(change));
      },
      {
        params: TaskId,
        detail: operation({
          tag,
          summary: "Delete a task",
          description: "Moves it to the trash, where it can be restored for 30 days.",
          status: 204,
          headers: ["TaskFlow-Change"],
          conditional: "If-Match",
          errors: [401, 403, 404, 409, 412, 422],
        }),
      },
    );

export const trashApi = (tasks: Tasks, sessions: Sessions) =>
  new Elysia({ name: "trash-api", prefix: "/api/trash" })
    .use(sessions.signedIn)
    .get("", ({ actor, query }) => tasks.listTrash(actor, query), {
      query: TrashQuery,
      detail: operation({
        tag,
        summary: "List the trash",
        description: "The last deleted task comes first. Tasks are removed for good after 30 days.",
        schema: "TrashPage",
        errors: [401, 422],
      }),
    })
    .post(
      "/:id/restore",
      async ({ actor, params, request, set }) =>
        changedTask(set, await tasks.restoreTask(actor, params.id, idempotencyKey(request, actor.user.id, null))),
      {
        params: TaskId,
        detail: operation({
          tag,
          summary: "Restore a task from the trash",
          schema: "Task",
          headers: ["ETag", "TaskFlow-Change"],
          repeatable: true,
          errors: [401, 403, 404, 409, 422],
        }),
      },
    );
