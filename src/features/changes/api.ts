import { Elysia } from "elysia";
import { AppError } from "../../errors.ts";
import { changeHeader } from "../../http/change-header.ts";
import { repeatable } from "../../http/idempotency.ts";
import { operation } from "../../http/openapi.ts";
import type { Sessions } from "../../http/session.ts";
import type { Tasks } from "../tasks/service.ts";
import { ChangeId, ChangeQuery, changeNumber } from "./model.ts";
import type { Changes } from "./service.ts";

const tag = "Changes";

export const changesApi = (changes: Changes, tasks: Tasks, sessions: Sessions) =>
  new Elysia({ name: "changes-api", prefix: "/api/changes" })
    .use(sessions.signedIn)
    .get("", ({ actor, query }) => changes.listChanges(actor, query), {
      query: ChangeQuery,
      detail: operation({
        tag,
        summary: "List what happened",
        description: "To your account and your tasks, newest first; with `task`, to that one.",
        schema: "ChangePage",
        errors: [401, 422],
      }),
    })
    .post(
      "/:id/undo",
      async ({ actor, params, request, set }) => {
        const id = changeNumber(params.id);
        if (id === undefined) throw new AppError("notFound", "There is no such change.");
        const done = await tasks.undo(actor, id, repeatable(request, actor.user.id, null));
        Object.assign(set.headers, changeHeader(done.change));
        return { affected: done.tasks.length };
      },
      {
        params: ChangeId,
        detail: operation({
          tag,
          summary: "Undo an action",
          description:
            "Everything that the action of this change did is taken back, or nothing when something newer would be overwritten. Undoing is a change itself, and can be undone.",
          schema: "BulkResult",
          headers: ["TaskFlow-Change"],
          repeatable: true,
          errors: [401, 404, 409, 422],
        }),
      },
    );
