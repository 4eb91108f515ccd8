import { Elysia } from "elysia";
import { changeHeader } from "../../http/change-header.ts";
import { etagOf } from "../../http/etag.ts";
import { repeatable } from "../../http/idempotency.ts";
import { operation } from "../../http/openapi.ts";
import type { Sessions } from "../../http/session.ts";
import { TaskId } from "./model.ts";
import type { Trash } from "./trash.ts";
import { TrashQuery } from "./trash-model.ts";

export const trashApi = (trash: Trash, sessions: Sessions) =>
  new Elysia({ name: "trash-api", prefix: "/api/trash" })
    .use(sessions.signedIn)
    .get("", ({ actor, query }) => trash.listTrash(actor, query), {
      query: TrashQuery,
      detail: operation({
        tag: "Tasks",
        summary: "List the trash",
        description: "What was deleted last comes first. After 30 days a task goes for good.",
        schema: "TrashPage",
        errors: [401, 422],
      }),
    })
    .post(
      "/:id/restore",
      async ({ actor, params, request, set }) => {
        const repeat = repeatable(request, actor.user.id, null);
        const { task, version, change } = await trash.restoreTask(actor, params.id, repeat);
        set.headers.etag = etagOf(version);
        Object.assign(set.headers, changeHeader(change));
        return task;
      },
      {
        params: TaskId,
        detail: operation({
          tag: "Tasks",
          summary: "Restore a task from the trash",
          schema: "Task",
          headers: ["ETag", "TaskFlow-Change"],
          repeatable: true,
          errors: [401, 404, 422],
        }),
      },
    );
