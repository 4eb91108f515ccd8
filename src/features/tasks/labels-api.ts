import { Elysia } from "elysia";
import { jsonBody } from "../../http/body.ts";
import { changeHeader } from "../../http/change-header.ts";
import { operation } from "../../http/openapi.ts";
import { cachedJson } from "../../http/response-cache.ts";
import type { Sessions } from "../../http/session.ts";
import { LabelName, LabelPatch } from "./model.ts";
import type { Tasks } from "./service.ts";

const tag = "Labels";

export const labelsApi = (tasks: Tasks, sessions: Sessions) =>
  new Elysia({ name: "labels-api", prefix: "/api/labels" })
    .use(sessions.signedIn)
    .use(jsonBody)
    .get(
      "",
      ({ actor, request }) => cachedJson(request, actor, async () => ({ items: await tasks.listLabels(actor) })),
      {
        detail: operation({
          tag,
          summary: "List labels",
          description:
            "The labels of your tasks, from A to Z. A label exists while a task outside the trash has it. Archived projects are left out. An account can have 1,000 labels.",
          schema: "LabelList",
          headers: ["ETag"],
          conditional: "If-None-Match",
          errors: [401],
        }),
      },
    )
    .patch(
      "/:name",
      async ({ actor, params, body, set }) => {
        const { label, change } = await tasks.renameLabel(actor, params.name, body.name);
        Object.assign(set.headers, changeHeader(change));
        return label;
      },
      {
        params: LabelName,
        body: LabelPatch,
        detail: operation({
          tag,
          summary: "Rename a label",
          description:
            "Renames it on every task outside the trash that you may edit. If the new name is a label already, the two become one.",
          schema: "Label",
          headers: ["TaskFlow-Change"],
          errors: [400, 401, 403, 404, 409, 413, 415, 422],
        }),
      },
    )
    .delete(
      "/:name",
      async ({ actor, params, set }) => {
        const { change } = await tasks.deleteLabel(actor, params.name);
        set.status = 204;
        Object.assign(set.headers, changeHeader(change));
      },
      {
        params: LabelName,
        detail: operation({
          tag,
          summary: "Remove a label",
          description: "Removes it from every task outside the trash that you may edit. The tasks stay.",
          status: 204,
          headers: ["TaskFlow-Change"],
          errors: [401, 403, 404, 409],
        }),
      },
    );
