import { type Context, Elysia } from "elysia";
import type { Actor } from "../../actor.ts";
import { jsonBody } from "../../http/body.ts";
import { changeHeader } from "../../http/change-header.ts";
import { operation } from "../../http/openapi.ts";
import { cachedJson } from "../../http/response-cache.ts";
import type { Sessions } from "../../http/session.ts";
import { LabelName, LabelPatch } from "./model.ts";
import type { Tasks } from "./service.ts";
import { labelIn } from "./view.ts";

const tag = "Labels";

/** Returns the label in the address of a request. Proxies may decode its slashes. */
const nameIn = (request: Request) => labelIn(new URL(request.url).pathname.replace(/^\/api/, "")) ?? "";

interface LabelContext {
  readonly actor: Actor;
  readonly request: Request;
  readonly set: Context["set"];
}

export function labelsApi(tasks: Tasks, sessions: Sessions) {
  async function rename({ actor, request, set, body }: LabelContext & { readonly body: LabelPatch }) {
    const { label, change } = await tasks.renameLabel(actor, nameIn(request), body.name);
    Object.assign(set.headers, changeHeader(change));
    return label;
  }

  async function remove({ actor, request, set }: LabelContext) {
    const { change } = await tasks.deleteLabel(actor, nameIn(request));
    set.status = 204;
    Object.assign(set.headers, changeHeader(change));
  }

  return (
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
      .patch("/:name", ({ actor, request, set, body }) => rename({ actor, request, set, body }), {
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
      })
      .delete("/:name", ({ actor, request, set }) => remove({ actor, request, set }), {
        params: LabelName,
        detail: operation({
          tag,
          summary: "Remove a label",
          description: "Removes it from every task outside the trash that you may edit. The tasks stay.",
          status: 204,
          headers: ["TaskFlow-Change"],
          errors: [401, 403, 404, 409],
        }),
      })
      // A proxy has decoded a slash in the name.
      .patch("/*", ({ actor, request, set, body }) => rename({ actor, request, set, body }), {
        body: LabelPatch,
        detail: { hide: true },
      })
      .delete("/*", ({ actor, request, set }) => remove({ actor, request, set }), { detail: { hide: true } })
  );
}
