import { Elysia } from "elysia";
import { jsonBody } from "../../http/body.ts";
import { changeHeader } from "../../http/change-header.ts";
import { etagOf, ifMatch } from "../../http/etag.ts";
import { repeatable } from "../../http/idempotency.ts";
import { operation } from "../../http/openapi.ts";
import { keptJson } from "../../http/response-cache.ts";
import type { Sessions } from "../../http/session.ts";
import { BulkInput, TaskId, TaskInput, TaskPatch, TaskQuery } from "./model.ts";
import type { Tasks } from "./service.ts";

const tag = "Tasks";

export const tasksApi = (tasks: Tasks, sessions: Sessions) =>
  new Elysia({ name: "tasks-api", prefix: "/api/tasks" })
    .use(sessions.signedIn)
    .use(jsonBody)
    .get(
      "",
      ({ actor, query, request }) =>
        keptJson(request, actor, async () => ({ body: await tasks.listTasks(actor, query) })),
      {
        query: TaskQuery,
        detail: operation({
          tag,
          summary: "List tasks",
          headers: ["ETag"],
          conditional: "If-None-Match",
          description:
            "A page of the tasks that match. `nextCursor` leads to the next one; tasks that come or go meanwhile make nothing repeat and nothing skip. `totals` counts what matches `q` and `priority`, whatever the `status`.",
          schema: "TaskPage",
          errors: [401, 422],
        }),
      },
    )
    .post(
      "",
      async ({ actor, body, request, set }) => {
        const repeat = repeatable(request, actor.user.id, body);
        const { task, version, change } = await tasks.createTask(actor, body, repeat);
        set.status = 201;
        set.headers.location = `/api/tasks/${task.id}`;
        set.headers.etag = etagOf(version);
        Object.assign(set.headers, changeHeader(change));
        return task;
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
          errors: [400, 401, 413, 415, 422],
        }),
      },
    )
    .post(
      "/bulk",
      async ({ actor, body, request, set }) => {
        const done = await tasks.bulk(actor, body, repeatable(request, actor.user.id, body));
        Object.assign(set.headers, changeHeader(done.change));
        return { affected: done.tasks.length };
      },
      {
        body: BulkInput,
        detail: operation({
          tag,
          summary: "Change many tasks at once",
          description: "All of them, or none when one can't be found.",
          schema: "BulkResult",
          headers: ["TaskFlow-Change"],
          repeatable: true,
          errors: [400, 401, 404, 413, 415, 422],
        }),
      },
    )
    .get(
      "/:id",
      ({ actor, params, request }) =>
        keptJson(request, actor, async () => {
          const { task, version } = await tasks.getTask(actor, params.id);
          return { body: task, etag: etagOf(version) };
        }),
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
      async ({ actor, params, body, request, set }) => {
        const { task, version, change } = await tasks.replaceTask(actor, params.id, body, ifMatch(request));
        set.headers.etag = etagOf(version);
        Object.assign(set.headers, changeHeader(change));
        return task;
      },
      {
        params: TaskId,
        body: TaskInput,
        detail: operation({
          tag,
          summary: "Replace a task",
          description: "Fields that are left out get their defaults.",
          schema: "Task",
          headers: ["ETag", "TaskFlow-Change"],
          conditional: "If-Match",
          errors: [400, 401, 404, 412, 413, 415, 422],
        }),
      },
    )
    .patch(
      "/:id",
      async ({ actor, params, body, request, set }) => {
        const { task, version, change } = await tasks.updateTask(actor, params.id, body, ifMatch(request));
        set.headers.etag = etagOf(version);
        Object.assign(set.headers, changeHeader(change));
        return task;
      },
      {
        params: TaskId,
        body: TaskPatch,
        detail: operation({
          tag,
          summary: "Change a task",
          description: "Fields that are left out stay as they are.",
          schema: "Task",
          headers: ["ETag", "TaskFlow-Change"],
          conditional: "If-Match",
          errors: [400, 401, 404, 412, 413, 415, 422],
        }),
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
          description: "It goes to the trash, where it can be restored for 30 days.",
          status: 204,
          headers: ["TaskFlow-Change"],
          conditional: "If-Match",
          errors: [401, 404, 412, 422],
        }),
      },
    );
