import { Elysia } from "elysia";
import { AppError } from "../../errors.ts";
import { changeHeader } from "../../http/change-header.ts";
import { idempotencyKey } from "../../http/idempotency-key.ts";
import { operation } from "../../http/openapi.ts";
import type { Sessions } from "../../http/session.ts";
import { ChangeId, ChangeQuery, changeId } from "./model.ts";
import type { Changes } from "./service.ts";

const tag = "Changes";

export const changesApi = (changes: Changes, sessions: Sessions) =>
  new Elysia({ name: "changes-api", prefix: "/api/changes" })
    .use(sessions.signedIn)
    .get("", ({ actor, query }) => changes.listChanges(actor, query), {
      query: ChangeQuery,
      detail: operation({
        tag,
        summary: "List changes",
        description:
          "All changes to your account and in the projects that you see, newest first; with `task` or `project`, those to one of them. Moving a task is a change in both projects.",
        schema: "ChangePage",
        errors: [401, 404, 422],
      }),
    })
    .post(
      "/:id/undo",
      async ({ actor, params, request, set }) => {
        const id = changeId(params.id);
        if (id === undefined) throw new AppError("notFound", "There is no such change.");
        const { ids, change } = await changes.undo(actor, id, idempotencyKey(request, actor.user.id, null));
        Object.assign(set.headers, changeHeader(change));
        return { affected: ids.length };
      },
      {
        params: ChangeId,
        detail: operation({
          tag,
          summary: "Undo an action",
          description:
            "Undoes everything that the action of this change did, or nothing if that would overwrite something newer, or if you may not change one of its projects. An undo is a change too, and can be undone.",
          schema: "BulkResult",
          headers: ["TaskFlow-Change"],
          repeatable: true,
          errors: [401, 403, 404, 409, 422],
        }),
      },
    );
